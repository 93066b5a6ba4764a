"""A training's losses as plain numbers, and what was seen in them; see engine.evaluation.diagnosis."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Curve:
    """The losses of one training.

    steps         (N,) optimizer steps, rising
    losses        (N,) the loss of each step's batch
    rates         (N,) the learning rate of each step
    eval_steps    (M,) steps after which was evaluated
    train_losses  (M,) on training data, without dropout
    val_losses    (M,) on data that it never trains on
    blind         the loss of blind guessing, ln of what there is to guess from
    counting      the loss of knowing only how frequent each token of the training text is; None: not known
    """

    steps: Ints
    losses: Floats
    rates: Floats
    eval_steps: Ints
    train_losses: Floats
    val_losses: Floats
    blind: float
    counting: float | None = None

    def __post_init__(self) -> None:
        sizes = [(len(self.steps), len(self.losses), len(self.rates))]
        sizes.append((len(self.eval_steps), len(self.train_losses), len(self.val_losses)))
        if any(len(set(size)) > 1 for size in sizes):
            raise InputError("a curve needs one loss and one rate for each step, and two losses for each evaluation.")
        if not self.blind > 0:
            raise InputError(f"blind guessing has a loss of {self.blind}; give the logarithm of the choices, above 0.")


def curve_of(
    steps: Iterable[Mapping[str, Any]],
    evaluations: Iterable[Mapping[str, Any]],
    blind: float,
    counting: float | None = None,
    broke_at: int | None = None,
) -> Curve:
    """The curve that a training's events tell, as a job's metrics.jsonl or a record has them.

    steps        events with step, loss and learning_rate
    evaluations  events with step, train_loss and val_loss
    blind, counting  as in Curve
    broke_at     the step whose loss was no number any more, which has no event
    """
    steps, evaluations = list(steps), list(evaluations)
    if broke_at is not None:
        steps.append({"step": broke_at, "loss": None, "learning_rate": None})
    return Curve(
        np.array([e["step"] for e in steps], dtype=np.int64),
        _numbers(steps, "loss"),
        _numbers(steps, "learning_rate"),
        np.array([e["step"] for e in evaluations], dtype=np.int64),
        _numbers(evaluations, "train_loss"),
        _numbers(evaluations, "val_loss"),
        blind,
        counting,
    )


def counting_loss(ids: NDArray[Any]) -> float:
    """The loss, nats a token, of a model that only knows how frequent each token of this text is: its entropy."""
    _, counts = np.unique(ids, return_counts=True)
    shares = counts / counts.sum()
    return float(-(shares * np.log(shares)).sum())


def _numbers(events: list[Mapping[str, Any]], name: str) -> Floats:
    """One field of all events; None, as JSON has what is no number, is not a number here."""
    return np.array([np.nan if e[name] is None else e[name] for e in events], dtype=np.float64)


@dataclass(frozen=True)
class Sign:
    """One thing that was looked for.

    pattern   a name of SIGNS
    found     whether it is there
    since     the step where it starts; None when it is not there
    measured  the number that decides
    limit     from which on it counts
    unit      of both: nats, share (of all that the loss fell), share of the run, or losses
    evidence  where the number comes from, in words
    """

    pattern: str
    found: bool
    since: int | None
    measured: float
    limit: float
    unit: str
    evidence: str


@dataclass(frozen=True)
class Diagnosis:
    """What a curve shows.

    pattern   the gravest sign that was found, else healthy; too_short when there is too little to see
    since     the step where it starts; None for healthy and too_short
    evidence  the numbers behind it, in words
    signs     all that was looked for, gravest first
    """

    pattern: str
    since: int | None
    evidence: str
    signs: tuple[Sign, ...]

    @property
    def also(self) -> list[Sign]:
        """Other signs that were found."""
        return [sign for sign in self.signs if sign.found and sign.pattern != self.pattern]
