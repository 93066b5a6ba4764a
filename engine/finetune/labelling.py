"""A CSV in, the same CSV out with each text's class and the probability of every class."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING, Protocol

from engine.datasets.appending import Plan, append
from engine.datasets.csv_cells import free_names
from engine.evaluation.thresholds import UNSURE, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy as np
    from torch import Tensor

LABEL = "predicted"
NOT_SURE = "unsure"
DIGITS = 6


class Classifies(Protocol):
    """What gives each text its probabilities, engine.finetune.saved.Classifier for one."""

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of the classes."""

    def probabilities(self, texts: Sequence[str]) -> Tensor:
        """(N, C)."""


def label_csv(
    plan: Plan,
    classifier: Classifies,
    out: IO[bytes],
    rule: Rule | None = None,
    neutralise: bool = False,
    utf8: bool = False,
    commas: bool = False,
) -> Iterator[int]:
    """Write the CSV with the columns "predicted" and "p CLASS" for each class; yields how many rows are done.

    out     a file; with up to 50 classes it may be several times as large as what came in
    commas  0,25 instead of 0.25: what a spreadsheet takes for a number where semicolons stand between cells

    Rows without a text get empty cells. See engine.datasets.appending.append for the rest.
    """

    def cells(texts: list[str]) -> list[list[str]]:
        found = classifier.probabilities(texts).numpy()
        named = zip(answers(found, classifier, rule), found, strict=True)
        return [[name, *(_number(p, "," if commas else ".") for p in row)] for name, row in named]

    yield from append(plan, columns(classifier.classes), cells, out, neutralise, utf8)


def columns(classes: Sequence[str]) -> list[str]:
    """What the added columns are called."""
    return [LABEL, *(f"p {name}" for name in classes)]


def answers(probabilities: np.ndarray, classifier: Classifies, rule: Rule | None = None) -> list[str]:
    """The name of the class of each row of probabilities (N, C), or "unsure"."""
    numbers = (rule or Rule()).decide(probabilities)
    unsure = free_names([NOT_SURE], classifier.classes)[0]
    return [unsure if n == UNSURE else classifier.classes[n] for n in numbers]


def _number(p: float, point: str) -> str:
    return f"{p:.{DIGITS}f}".replace(".", point)
