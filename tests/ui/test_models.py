from __future__ import annotations

import gc
from types import SimpleNamespace

import pytest
import torch

from engine.config import GPT2_SIZES
from engine.errors import WeightsError
from engine.memory import running_memory
from ui import models

CALLS: list[str] = []


def measure(loaded: models.LoadedModel, text: str, factor: int) -> dict[str, object]:
    CALLS.append(text)
    return {"grad": torch.is_grad_enabled(), "length": len(text) * factor, "model": loaded.name}


@pytest.fixture
def loaded():
    CALLS.clear()
    models._infer.clear()
    return models.LoadedModel("a", SimpleNamespace(), SimpleNamespace(), torch.device("cpu"))


def test_inference_is_cached_on_model_text_and_settings(loaded):
    first = models.infer(measure, loaded, "hello", factor=2)
    assert first == {"grad": False, "length": 10, "model": "a"}
    assert models.infer(measure, loaded, "hello", factor=2) is first
    assert models.infer(measure, loaded, "hello", factor=3)["length"] == 15
    other = models.LoadedModel("b", loaded.model, loaded.tokenizer, loaded.device)
    assert models.infer(measure, other, "hello", factor=2)["model"] == "b"
    assert len(CALLS) == 3


def failing(loaded: models.LoadedModel, text: str) -> None:
    raise ValueError(text)


def test_a_failure_gives_the_gate_back(loaded):
    for n in range(5):
        with pytest.raises(ValueError, match="no"):
            models.infer(failing, loaded, f"no {n}")
    assert models.GATE.acquire(blocking=False)
    models.GATE.release()


def test_installed_needs_the_files(monkeypatch, tmp_path):
    monkeypatch.setenv("GLASSBOX_DOWNLOADS", str(tmp_path))
    name = next(iter(GPT2_SIZES))
    assert models.installed("pocket")
    assert not models.installed(name)
    (tmp_path / "124M").mkdir()
    for file in ("config.json", "model.safetensors"):
        (tmp_path / "124M" / file).touch()
    assert models.installed(name)


def test_every_model_has_a_label():
    assert list(models.model_labels()) == list(models.configs())


# ---- memory: one copy, the least recently used goes, what does not fit is refused


@pytest.fixture
def tiny_models(monkeypatch, tmp_path):
    """Loading gives a model of 8 numbers; returns the names that were really loaded, in order."""
    import psutil

    from engine import machine
    from engine.weights import gpt2, pocket

    names: list[str] = []

    def make(name):
        names.append(name)
        return torch.nn.Linear(8, 1, bias=False)

    monkeypatch.setattr(gpt2, "load_gpt2", make)
    monkeypatch.setattr(pocket, "load_pocket", lambda device: (make("pocket"), SimpleNamespace()))
    free = {"bytes": 10**12}
    monkeypatch.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(total=10**13, available=free["bytes"]))
    monkeypatch.setattr(machine, "CGROUP", tmp_path)
    models._load.clear()
    gc.collect()
    yield SimpleNamespace(names=names, free=free)
    models._load.clear()
    gc.collect()


def test_one_copy_and_the_least_recently_used_is_released(tiny_models):
    small, medium = list(GPT2_SIZES)[:2]
    first = models.load("pocket")
    assert models.load("pocket") is first
    models.load(small)
    assert models.in_memory() == {"pocket": 32, small: 32}
    models.load("pocket")  # now the small one is the one not used for longest
    models.load(medium)
    assert models.in_memory() == {"pocket": 32, medium: 32}
    assert models.load("pocket") is first
    assert tiny_models.names == ["pocket", small, medium]


def test_released_means_gone_and_the_next_use_loads_it(tiny_models):
    models.load("pocket")
    models.release("pocket")
    assert models.in_memory() == {}
    models.load("pocket")
    assert tiny_models.names == ["pocket", "pocket"]


def test_what_does_not_fit_is_refused_before_it_is_tried_and_nothing_is_released_for_it(tiny_models):
    small, *_, largest = GPT2_SIZES
    models.load(small)
    tiny_models.free["bytes"] = 2 * 10**9
    with pytest.raises(WeightsError, match=r"gpt2-xl \(1558M\) has .* needs 7.27 GB of memory .* and 2 GB are free"):
        models.load(largest)
    assert tiny_models.names == [small]
    assert list(models.in_memory()) == [small]


def test_a_model_makes_way_for_one_that_fits_without_it(tiny_models, monkeypatch):
    small, *_, largest = GPT2_SIZES
    models.load(small)
    needed = sum(running_memory(GPT2_SIZES[largest]).values())
    tiny_models.free["bytes"] = needed - 16  # the small one's 32 bytes make up for it
    let_go = models.release

    def release(name):
        let_go(name)
        tiny_models.free["bytes"] += 32

    monkeypatch.setattr(models, "release", release)
    models.load(largest)
    assert list(models.in_memory()) == [largest]
