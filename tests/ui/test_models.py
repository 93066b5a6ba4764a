from __future__ import annotations

from types import SimpleNamespace

import pytest
import torch

from engine.config import GPT2_SIZES
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
