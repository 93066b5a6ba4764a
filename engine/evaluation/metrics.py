"""How good a model is: perplexity of a language model, accuracy of a classifier, and how sure one may be of that."""

from __future__ import annotations

import math
from dataclasses import dataclass

from engine.errors import InputError


def perplexity_of(loss: float) -> float:
    """exp(loss), for a loss in nats a token: as unsure as if choosing evenly among this many tokens.

    Infinite where a spoilt model is off by more nats than a number can say.
    """
    try:
        return math.exp(loss)
    except OverflowError:
        return math.inf


@dataclass(frozen=True)
class Accuracy:
    """Right answers out of all answers.

    Raises InputError for counts that cannot be.
    """

    right: int
    total: int

    def __post_init__(self) -> None:
        if not 0 <= self.right <= self.total or self.total == 0:
            raise InputError(f"{self.right} right answers out of {self.total} cannot be; give at least one answer.")

    @property
    def share(self) -> float:
        """The share of right answers, 0 to 1."""
        return self.right / self.total

    @property
    def interval(self) -> tuple[float, float]:
        """Between which shares the true accuracy lies, with 95% confidence.

        Source: Wilson 1927, "Probable Inference, the Law of Succession, and Statistical Inference".
        """
        z, n, p = 1.959964, self.total, self.share
        middle = (p + z * z / (2 * n)) / (1 + z * z / n)
        half = z / (1 + z * z / n) * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
        return max(0.0, middle - half), min(1.0, middle + half)


def sign_test(first_only: int, second_only: int) -> float:
    """How often two equally good classifiers would split at least this unevenly, 0 to 1.

    first_only, second_only  answers that only the one, only the other got right; the rest says nothing

    Source: McNemar 1947, in its exact form: a fair coin tossed once for each of these answers.
    """
    n, fewer = first_only + second_only, min(first_only, second_only)
    one_side = sum(math.comb(n, k) for k in range(fewer + 1)) / 2**n
    return min(1.0, 2 * one_side)
