"""Two processes with gloo train as one does with the same batches; one that is lost comes back."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
import torch

from engine.errors import InputError
from engine.training.distributed import Team, joined, team
from tests.test_cli import own_signals, run, same_place_everywhere
from tests.training.team import losses

__all__ = ["own_signals", "same_place_everywhere"]  # fixtures, used by their names
ROOT = Path(__file__).resolve().parents[2]
TINY = ("--context", "8", "--width", "8", "--layers", "1", "--heads", "2", "--batch-size", "4", "--steps", "201")
STORY = "Once there was a cat that sat on a mat and a dog that saw it and ran. " * 40


def torchrun(*args: str) -> subprocess.Popen[str]:
    """Two processes on this machine, and the one that watches over them."""
    return subprocess.Popen(
        [sys.executable, "-u", "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", *args],
        cwd=ROOT,
        env={**os.environ, "OMP_NUM_THREADS": "1", "GLASSBOX_DEVICE": "cpu", "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def test_two_processes_have_the_losses_of_one(tmp_path: Path) -> None:
    """Pretraining, small batches, LoRA on answers of unequal length, a classifier: loss, gradient, tokens."""
    process = torchrun("-m", "tests.training.team", str(tmp_path))
    before = torch.get_rng_state()
    (tmp_path / "alone").mkdir()
    alone = losses(tmp_path / "alone")
    torch.set_rng_state(before)
    out, _ = process.communicate(timeout=300)
    assert process.returncode == 0, out
    first, second = (json.loads((tmp_path / f"{rank}.json").read_text()) for rank in range(2))
    for name, one in alone.items():
        assert len(one["losses"]) >= 3
        for two in (first[name], second[name]):
            # Adam and, more so, Muon make small directions of a gradient as long as large ones: rounding shows.
            rel = {"adamw": 3e-4, "muon": 2e-3}.get(name, 1e-4)
            assert two["losses"] == pytest.approx(one["losses"], rel=rel), name
            assert two["norms"] == pytest.approx(one["norms"], rel=100 * rel), name
            assert two["tokens"] == one["tokens"], name
    assert first["muon"]["saved"] == alone["muon"]["saved"] > 0
    assert first["muon"]["evaluations"] == alone["muon"]["evaluations"] > 0
    assert (tmp_path / "job" / "responses.json").read_text() == (
        tmp_path / "alone" / "job" / "responses.json"
    ).read_text()
    assert second["muon"]["saved"] == second["muon"]["evaluations"] == 0, "only the first writes and tells"


def test_a_lost_process_comes_back_and_the_losses_continue(tmp_path: Path) -> None:
    """kill -9 of the second after step 50: torchrun starts both again, and the losses are those of one process."""
    story = tmp_path / "story.txt"
    story.write_text(STORY)
    command = ("-m", "engine", "pretrain", str(story), *TINY, "--optimizer", "adamw", "--to")
    process = torchrun("--max-restarts", "1", *command, str(tmp_path / "two"))
    shown = []
    for line in process.stdout:
        shown.append(line)
        if line.startswith("step 0:"):
            workers = psutil.Process(process.pid).children(recursive=True)
            second = next(w for w in workers if w.environ().get("LOCAL_RANK") == "1")
        if line.startswith("step 50:"):
            second.send_signal(signal.SIGKILL)
            break
    shown.append(process.communicate(timeout=300)[0])
    out = "".join(shown)
    assert process.returncode == 0, out
    assert out.count("step 0: train") == 1, "it does not begin anew"
    assert out.count("step 200: train") == 1
    alone = run(*command[2:], str(tmp_path / "one"), "--device", "cpu")
    assert evaluated(out, 200) == pytest.approx(evaluated(alone, 200), abs=0.02)
    assert (tmp_path / "two" / "model.safetensors").exists()


def evaluated(out: str, step: int) -> list[float]:
    """Both losses that were printed after a step."""
    found = re.search(rf"step {step}: train ([\d.]+), validation ([\d.]+)", out)
    return [float(number) for number in found.groups()]


def test_shares_of_a_batch() -> None:
    """Five windows for two: three and two. One window for two: the second computes it, and it does not count."""
    x, y = torch.arange(5), torch.arange(5) + 10
    (first, _), counts = Team(0, 2).share(x, y)
    assert (first.tolist(), counts) == ([0, 1, 2], 1)
    (second, targets), counts = Team(1, 2).share(x, y)
    assert (second.tolist(), targets.tolist(), counts) == ([3, 4], [13, 14], 1)
    (spare, _), counts = Team(1, 2).share(x[:1], y[:1])
    assert (spare.tolist(), counts) == ([0], 0)


def test_without_torchrun_nothing_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TORCHELASTIC_RUN_ID", raising=False)
    with joined("cpu") as device:
        assert device == "cpu"
        assert team() == Team(0, 1)
        assert team().sum(2.5) == 2.5


def test_more_processes_than_gpus_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TORCHELASTIC_RUN_ID", "x")
    monkeypatch.setenv("LOCAL_RANK", "1000")
    with pytest.raises(InputError, match="GPUs; give --nproc-per-node"), joined("cuda"):
        pass
