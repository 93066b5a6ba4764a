"""Whether two judges say the same, how sure a mean is, and what length has to do with winning."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from engine.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

LEVELS = 5  # into which scores are cut for kappa
DRAWS = 2_000  # of the bootstrap
FEWEST = 3  # pairs of scores that a rank correlation needs


def spearman(first: Sequence[float], second: Sequence[float]) -> float:
    """How alike two judges order the same answers: 1 the same order, 0 none in common, -1 the opposite.

    Not a number when one of them gives everything the same score.

    Raises InputError for fewer than three answers, or lists of different length.

    Source: Spearman 1904; ties share the mean of their ranks.
    """
    import pandas as pd

    if len(first) != len(second) or len(first) < FEWEST:
        raise InputError(f"a rank correlation needs {FEWEST} or more answers that both have judged.")
    ranks = np.stack([pd.Series(list(scores)).rank().to_numpy() for scores in (first, second)])
    if not ranks.std(axis=1).all():
        return math.nan
    return float(np.corrcoef(ranks)[0, 1])


def levels(scores: Sequence[float], low: float, high: float, number: int = LEVELS) -> NDArray[np.int64]:
    """Each score's level of `number` equally wide ones from low to high, counted from 0."""
    cut = (np.asarray(scores, float) - low) / (high - low) * number
    return np.clip(cut.astype(np.int64), 0, number - 1)


def kappa(first: Sequence[int], second: Sequence[int]) -> float:
    """How far two judges agree beyond chance: 1 always, 0 as chance would; a near miss counts as half a match.

    first, second  levels, in order; the weights are quadratic. Not a number when nobody ever differs.

    Source: Cohen 1968, "Weighted kappa".
    """
    from sklearn.metrics import cohen_kappa_score

    if not len(first):
        raise InputError("kappa needs answers that both have judged.")
    if len({*first, *second}) < 2:
        return math.nan
    return float(cohen_kappa_score(first, second, weights="quadratic"))


def alpha(units: Iterable[Sequence[str]]) -> float:
    """How far many voters agree beyond chance, each having judged some of the units: 1 always, 0 as chance would.

    units  for each thing judged, what its voters chose; those with fewer than two votes say nothing

    Not a number when nothing can be compared or nobody ever differs.

    Source: Krippendorff 2011, "Computing Krippendorff's Alpha-Reliability", nominal data.
    """
    total: Counter[str] = Counter()
    differ = 0.0
    for votes in units:
        counts, size = Counter(votes), len(votes)
        if size >= 2:
            total.update(counts)
            differ += sum(n * (size - n) for n in counts.values()) / (size - 1)
    n = sum(total.values())
    by_chance = sum(count * (n - count) for count in total.values())
    return 1 - (n - 1) * differ / by_chance if by_chance else math.nan


def mean_interval(values: Sequence[float], seed: int = 0) -> tuple[float, float]:
    """Between which means the true one lies with 95% confidence, by drawing the values anew with replacement.

    Raises InputError without values.

    Source: Efron 1979, "Bootstrap Methods", percentile interval.
    """
    data = np.asarray(values, float)
    if not len(data):
        raise InputError("a mean needs at least one value.")
    picks = np.random.default_rng(seed).integers(0, len(data), (DRAWS, len(data)))
    low, high = np.quantile(data[picks].mean(axis=1), (0.025, 0.975))
    return float(low), float(high)


@dataclass(frozen=True)
class LengthFit:
    """The chance of winning as a curve over the difference in length: 1 / (1 + exp(-(level + slope * difference))).

    level  in log-odds at equal length
    slope  for each word more; above 0, longer answers win more
    """

    level: float
    slope: float

    def chance(self, difference: float | NDArray[np.float64]) -> NDArray[np.float64]:
        """The chance of winning, 0 to 1, for a difference in words."""
        return 1 / (1 + np.exp(-(self.level + self.slope * np.asarray(difference, float))))

    @property
    def at_equal_length(self) -> float:
        """The win rate with the length taken out, 0 to 1."""
        return float(self.chance(0.0))


def fit_length(differences: Sequence[float], won: Sequence[float]) -> LengthFit:
    """The curve through wins and losses. A tie counts as half a win and half a loss.

    differences  words of the answer, less words of the answer that it is compared with
    won          1 won, 0 lost, 0.5 tie

    Raises InputError unless something was won and something lost.

    Source: Dubois et al. 2024, "Length-Controlled AlpacaEval", whose model has a term for the length and others.
    """
    from sklearn.linear_model import LogisticRegression

    x, y = np.asarray(differences, float), np.asarray(won, float)
    if len(x) != len(y) or not 0 < y.sum() < len(y):
        raise InputError("a curve needs answers that won and answers that lost.")
    scale = max(float(np.abs(x).max()), 1.0)
    rows, weights = np.concatenate([x, x])[:, None] / scale, np.concatenate([y, 1 - y])
    labels = np.concatenate([np.ones(len(x)), np.zeros(len(x))])
    kept = weights > 0
    # The mild penalty keeps the curve finite where length alone decides everything.
    model = LogisticRegression(C=10.0).fit(rows[kept], labels[kept], sample_weight=weights[kept])
    return LengthFit(float(model.intercept_[0]), float(model.coef_[0, 0] / scale))
