"""What the machine has, and models that do not fit into it."""

from __future__ import annotations

import platform
import shutil
from types import SimpleNamespace
from typing import TYPE_CHECKING

import psutil
import pytest
import torch

from engine import machine
from engine.config import GPT2_SIZES, POCKET_CONFIG
from engine.errors import WeightsError
from engine.machine import check_room, facts, memory, nearest
from engine.memory import bytes_text, running_memory
from engine.weights.pocket import empty_model

if TYPE_CHECKING:
    from pathlib import Path

XL = GPT2_SIZES["gpt2-xl (1558M)"]


def have(monkeypatch: pytest.MonkeyPatch, free: int, folder: Path) -> None:
    """A machine of 64 GB with so much free and no container around."""
    monkeypatch.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(total=64 * 10**9, available=free))
    monkeypatch.setattr(machine, "CGROUP", folder)


def test_what_a_loaded_gpt2_needs_by_hand() -> None:
    small = running_memory(GPT2_SIZES["gpt2-small (124M)"])
    assert small == {
        "weights": 4 * 124_439_808,
        "masks": 4 * 12 * 1024 * 1024,
        "kv_cache": 2 * 12 * 1024 * 768 * 4,
        "logits": 1024 * 50257 * 4,
    }


def test_a_model_that_does_not_fit_is_refused_with_the_figures(monkeypatch, tmp_path) -> None:
    needed = sum(running_memory(XL).values())
    have(monkeypatch, needed, tmp_path)
    check_room(XL)
    have(monkeypatch, needed - 1, tmp_path)
    with pytest.raises(
        WeightsError, match=r"1,557,611,200 parameters and needs 7\.27 GB of memory \(6\.23 GB .* 7\.27 GB"
    ):
        check_room(XL, name="gpt2-xl (1558M)")


def test_nothing_is_built_of_what_does_not_fit(monkeypatch, tmp_path) -> None:
    have(monkeypatch, 10**6, tmp_path)
    monkeypatch.setattr(torch.nn.Module, "to_empty", lambda *_, **__: pytest.fail("it was tried"))
    with pytest.raises(WeightsError, match="1 MB are free; end what else uses it, or choose a smaller model"):
        empty_model(POCKET_CONFIG)


def test_a_containers_limit_counts(monkeypatch, tmp_path) -> None:
    have(monkeypatch, 32 * 10**9, tmp_path)
    assert memory() == (64 * 10**9, 32 * 10**9)
    (tmp_path / "memory.max").write_text("max\n")
    assert memory() == (64 * 10**9, 32 * 10**9)
    (tmp_path / "memory.max").write_text("4000000000\n")
    (tmp_path / "memory.current").write_text("3000000000\n")
    (tmp_path / "memory.stat").write_text("anon 1\ninactive_file 500000000\nactive_file 7\n")
    assert memory() == (4_000_000_000, 1_500_000_000)
    (tmp_path / "memory.current").write_text("9000000000\n")
    assert memory() == (4_000_000_000, 0)


def test_facts_are_this_machines(tmp_path) -> None:
    found = facts(tmp_path / "not" / "yet")
    assert nearest(tmp_path / "not" / "yet") == tmp_path
    assert found["Python"].startswith(platform.python_version())
    assert found["PyTorch"] == torch.__version__
    assert found["Disk"].endswith(f"free of {bytes_text(shutil.disk_usage(tmp_path).total)}")
    assert found["Memory"].endswith(f"free of {bytes_text(memory()[0])}")
    assert "streamlit 1.67.0" in found["Libraries"]


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 bytes"),
        (999, "999 bytes"),
        (999.6, "1 kB"),
        (20_479, "20.5 kB"),
        (20_000_000, "20 MB"),
        (497_759_232, "498 MB"),
        (999_600_000, "1 GB"),
        (1_240_000_000_000, "1.24 TB"),
        (1_234_567_000_000_000, "1,230 TB"),
    ],
)
def test_bytes_for_people(size: int, text: str) -> None:
    assert bytes_text(size) == text
