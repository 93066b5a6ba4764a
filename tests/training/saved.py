"""Checkpoints to test with: of a model that has been trained a little."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.training.checkpoint import save_checkpoint
from engine.training.loop import LoopSettings, train
from engine.training.optim import adamw
from tests.training.tiny import loader, tiny_model

if TYPE_CHECKING:
    from pathlib import Path


def trained(seed: int = 1, make=adamw, **changes: object):
    """A model that has been trained a little, and its optimizer, which therefore remembers something."""
    model = tiny_model(seed, **changes)
    optimizer = make(model, 0.01)
    list(train(model, loader(), optimizer, LoopSettings(max_steps=2)))
    return model, optimizer


def save(folder: Path, seed: int = 1, **changes: object):
    model, optimizer = trained(seed, **changes)
    save_checkpoint(folder, model, optimizer, {"place": seed}, {"step": seed})
    return model, optimizer
