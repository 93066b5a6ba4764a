"""What happens in a training, as `train` yields it. Steps are optimizer steps, counted from 0."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class Step:
    """One optimizer step was made.

    loss               mean of its batches before the step, in the loss's own unit
    grad_norm          norm of all gradients together, before clipping
    tokens_seen        tokens (or examples' tokens) trained on so far
    tokens_per_second  of this step alone, without evaluations
    """

    step: int
    epoch: int
    loss: float
    learning_rate: float
    grad_norm: float
    tokens_seen: int
    tokens_per_second: float


@dataclass(frozen=True)
class Evaluation:
    """Losses without dropout, after this step."""

    step: int
    epoch: int
    tokens_seen: int
    train_loss: float
    val_loss: float


@dataclass(frozen=True)
class Sample:
    """What the model writes after this step."""

    step: int
    text: str


@dataclass(frozen=True)
class EpochEnd:
    """All batches of this epoch (counted from 0) have been used."""

    step: int
    epoch: int


@dataclass(frozen=True)
class Saved:
    """A checkpoint is on the disk."""

    step: int
    path: Path


@dataclass(frozen=True)
class Finished:
    """The training ended; stopped says that it was asked to, with data left."""

    step: int
    tokens_seen: int
    seconds: float
    stopped: bool


Event = Step | Evaluation | Sample | EpochEnd | Saved | Finished
