"""From probabilities to answers: the likeliest class, one class from its own threshold on, or no answer when unsure.

What a rule would do is counted on texts whose class is known and that nothing was learned from: the validation part.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from engine.errors import InputError
from engine.evaluation.metrics import Accuracy

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

UNSURE = -1


@dataclass(frozen=True)
class Rule:
    """How probabilities become an answer.

    favoured   number of the class with a threshold of its own; None: the likeliest class wins
    threshold  probability from which on the favoured class is the answer; below it, the likeliest of the others
    least      no answer when the answer's probability is below this; 0: always an answer
    """

    favoured: int | None = None
    threshold: float = 0.5
    least: float = 0.0

    def __post_init__(self) -> None:
        for name in ("threshold", "least"):
            if not 0 <= getattr(self, name) <= 1:
                raise InputError(f"{name} is {getattr(self, name)}; give a probability from 0 to 1.")

    def decide(self, probabilities: ArrayLike) -> NDArray[np.int64]:
        """(N,) the number of the class for each row of probabilities (N, C), or UNSURE.

        Raises InputError when there is no such class as the favoured one.
        """
        p = np.asarray(probabilities, dtype=np.float64)
        answers: NDArray[np.int64] = p.argmax(axis=1)
        if self.favoured is not None:
            if not 0 <= self.favoured < p.shape[1]:
                raise InputError(f"there is no class number {self.favoured}; there are {p.shape[1]}.")
            others = p.copy()
            others[:, self.favoured] = -1.0
            answers = np.where(p[:, self.favoured] >= self.threshold, self.favoured, others.argmax(axis=1))
        sure = p[np.arange(len(p)), answers] >= self.least
        return np.where(sure, answers, UNSURE)


@dataclass(frozen=True)
class Effect:
    """What a rule does to texts whose class is known.

    texts      how many there are
    answered   how many of them get an answer
    right      how many answers are right
    precision  of each class: right answers out of all answers that name it; None where none does
    recall     of each class: right answers out of all its texts, unanswered ones included; None where it has none
    """

    texts: int
    answered: int
    right: int
    precision: tuple[Accuracy | None, ...]
    recall: tuple[Accuracy | None, ...]

    @property
    def accuracy(self) -> Accuracy | None:
        """Right answers out of all answers; None when there are none."""
        return _share(self.right, self.answered)


def effect(rule: Rule, probabilities: ArrayLike, truth: ArrayLike) -> Effect:
    """Count what a rule does.

    probabilities  (N, C)
    truth          (N,) numbers of the classes
    """
    answers, true = rule.decide(probabilities), np.asarray(truth)
    classes = range(np.shape(probabilities)[1])
    hits = [int(((answers == c) & (true == c)).sum()) for c in classes]
    return Effect(
        len(true),
        int((answers != UNSURE).sum()),
        sum(hits),
        tuple(_share(hits[c], int((answers == c).sum())) for c in classes),
        tuple(_share(hits[c], int((true == c).sum())) for c in classes),
    )


def sweep(probabilities: ArrayLike, truth: ArrayLike, favoured: int) -> dict[str, NDArray[np.float64]]:
    """Precision and recall of one class at each threshold where something changes, lowest first.

    returns  "threshold", "precision", "recall", arrays of one length; each threshold is the probability of a text

    Raises InputError when no text is of that class.
    """
    p = np.asarray(probabilities, dtype=np.float64)[:, favoured]
    is_it = np.asarray(truth) == favoured
    if not is_it.any():
        raise InputError("no text of the validation part is of this class, so nothing can be said about thresholds.")
    order = np.argsort(p)
    left = np.cumsum(is_it[order][::-1])[::-1]  # texts of the class with at least this probability
    named = np.arange(len(p), 0, -1)
    first = np.r_[True, np.diff(p[order]) > 0]  # equal probabilities are one threshold
    found = {"threshold": p[order], "precision": left / named, "recall": left / is_it.sum()}
    return {name: values[first] for name, values in found.items()}


def confident(probabilities: ArrayLike, truth: ArrayLike, rule: Rule | None = None) -> dict[str, NDArray[np.float64]]:
    """What share gets an answer, and what share of the answers is right, when those below a confidence get none.

    rule     how answers come about, whatever its own `least`; None: the likeliest class

    returns  "least", "answered", "accuracy", arrays of one length, lowest confidence first
    """
    p = np.asarray(probabilities, dtype=np.float64)
    answers = replace(rule or Rule(), least=0.0).decide(p)
    best = p[np.arange(len(p)), answers]
    order = np.argsort(best)
    right = (answers == np.asarray(truth))[order]
    kept = np.arange(len(p), 0, -1)
    first = np.r_[True, np.diff(best[order]) > 0]
    found = {"least": best[order], "answered": kept / len(p), "accuracy": np.cumsum(right[::-1])[::-1] / kept}
    return {name: values[first] for name, values in found.items()}


def _share(right: int, total: int) -> Accuracy | None:
    return Accuracy(right, total) if total else None
