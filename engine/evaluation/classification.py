"""How good a classifier is, seen from every side: its answers counted, its probabilities taken at their word.

All functions take probabilities (N, C) and targets (N,), the numbers of the right classes, as plain arrays.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from engine.errors import InputError
from engine.evaluation.agreement import mean_interval
from engine.evaluation.metrics import Accuracy, sign_test

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]
    Counts = NDArray[np.int64]


@dataclass(frozen=True)
class Answers:
    """What a classifier said to texts whose class is known.

    probabilities  (N, C)
    targets        (N,) numbers of the right classes

    Raises InputError when the two do not fit, or without any text.
    """

    probabilities: Floats
    targets: Counts

    def __post_init__(self) -> None:
        if self.probabilities.ndim != 2 or len(self.probabilities) != len(self.targets) or not len(self.targets):
            raise InputError("there are no texts to test on; give a test part, with one answer for each text.")

    @property
    def classes(self) -> int:
        """How many classes there are, C."""
        return self.probabilities.shape[1]

    @property
    def given(self) -> Counts:
        """(N,) the likeliest class of each text."""
        return self.probabilities.argmax(axis=1)

    @property
    def right(self) -> NDArray[np.bool_]:
        """(N,) whether it is the right one."""
        return self.given == self.targets

    @property
    def accuracy(self) -> Accuracy:
        """Right answers out of all, with Wilson's interval."""
        return Accuracy(int(self.right.sum()), len(self.targets))

    @property
    def balanced(self) -> float:
        """Balanced accuracy: of each class the share that is right, and the mean of these, whatever a class's size."""
        return float(np.nanmean(class_scores(self.confusion).recall))

    @property
    def confusion(self) -> Counts:
        """(C, C) texts by their right class (rows) and the class they were given (columns)."""
        table = np.zeros((self.classes, self.classes), dtype=np.int64)
        np.add.at(table, (self.targets, self.given), 1)
        return table

    @property
    def truth(self) -> Floats:
        """(N,) the probability that each text's right class got."""
        return self.probabilities[np.arange(len(self.targets)), self.targets]

    def worst(self) -> Counts:
        """The places of the wrong answers, the most confidently wrong (least probability for the truth) first."""
        wrong = np.flatnonzero(~self.right)
        return wrong[np.argsort(self.truth[wrong], kind="stable")]


@dataclass(frozen=True)
class ClassScores:
    """How each class fares; arrays (C,), not a number where nothing was there to be counted.

    support    texts of the class
    given      texts that were given the class
    precision  of those given the class, how many are of it
    recall     of those of the class, how many were given it
    f1         2 / (1 / precision + 1 / recall): high only when both are
    """

    support: Counts
    given: Counts
    precision: Floats
    recall: Floats
    f1: Floats


def class_scores(confusion: ArrayLike) -> ClassScores:
    """Precision, recall and F1 of each class, from a confusion matrix with the right classes as rows."""
    table = np.asarray(confusion)
    hits, support, given = np.diag(table), table.sum(axis=1), table.sum(axis=0)
    precision, recall = _ratio(hits, given), _ratio(hits, support)
    return ClassScores(support, given, precision, recall, _ratio(2 * hits, given + support))


def _ratio(part: Counts, whole: Counts) -> Floats:
    out = np.full(np.shape(whole), np.nan)
    return np.divide(part, whole, out=out, where=whole > 0)


@dataclass(frozen=True)
class Curve:
    """What becomes of every threshold, from the strictest to the loosest: at least so probable counts as a yes.

    thresholds  (K,) the first one is above all scores: no text is a yes
    hits        (K,) share of the class's texts that are a yes (recall, true positive rate)
    alarms      (K,) share of the other texts that are a yes (false positive rate)
    precision   (K,) share of the yeses that are right; 1 where there is none
    """

    thresholds: Floats
    hits: Floats
    alarms: Floats
    precision: Floats

    @property
    def area(self) -> float:
        """Area under the ROC curve: how often a text of the class scores above another one, ties half."""
        return float(np.trapezoid(self.hits, self.alarms))

    @property
    def average_precision(self) -> float:
        """Mean of the precisions, each weighted with the recall that is gained there."""
        return float((np.diff(self.hits) * self.precision[1:]).sum())


def threshold_curve(scores: ArrayLike, positive: ArrayLike) -> Curve:
    """Every threshold at once, for one class against the rest: a point of the ROC and of the PR curve for each.

    scores    (N,) the class's probability for each text
    positive  (N,) whether a text is of the class

    Raises InputError unless some texts are of the class and some are not.
    """
    values, yes = np.asarray(scores, dtype=np.float64), np.asarray(positive, dtype=bool)
    if not 0 < yes.sum() < len(yes):
        raise InputError("a curve needs test texts of this class and test texts of other classes.")
    order = np.argsort(-values, kind="stable")
    values, yes = values[order], yes[order]
    last = np.flatnonzero(np.append(np.diff(values) != 0, True))  # texts with the same score pass together
    hits, all_yes = np.cumsum(yes)[last], last + 1
    return Curve(
        np.append(np.inf, values[last]),
        np.append(0.0, hits / yes.sum()),
        np.append(0.0, (all_yes - hits) / (~yes).sum()),
        np.append(1.0, hits / all_yes),
    )


@dataclass(frozen=True)
class Calibration:
    """Whether of the answers given with 80% four in five are right. Arrays over the bins that hold a text.

    low, high   bounds of each bin
    texts       how many answers are in it
    confidence  the mean probability that they were given with
    accuracy    the share of them that is right
    intervals   (B, 2) Wilson's interval of that share
    error       expected calibration error: mean gap between confidence and accuracy, bins weighted by texts
    """

    low: Floats
    high: Floats
    texts: Counts
    confidence: Floats
    accuracy: Floats
    intervals: Floats
    error: float


def calibration(answers: Answers, bins: int = 10) -> Calibration:
    """Answers in bins of equal width by the probability they were given with, and how many are right in each.

    Source: Guo et al. 2017, "On Calibration of Modern Neural Networks".
    """
    sure, right = answers.probabilities.max(axis=1), answers.right
    # A bin holds its upper end, as in the source.
    place = np.clip(np.ceil(sure * bins).astype(np.int64) - 1, 0, bins - 1)
    texts = np.bincount(place, minlength=bins)
    there = np.flatnonzero(texts)
    texts = texts[there]
    confidence = np.bincount(place, sure, bins)[there] / texts
    hits = np.bincount(place, right, bins)[there].astype(np.int64)
    accuracy = hits / texts
    intervals = np.array([Accuracy(int(h), int(n)).interval for h, n in zip(hits, texts, strict=True)])
    error = float((texts * np.abs(confidence - accuracy)).sum() / texts.sum())
    return Calibration(there / bins, (there + 1) / bins, texts, confidence, accuracy, intervals, error)


@dataclass(frozen=True)
class Group:
    """Texts of a range of lengths, both ends included, and how many were answered rightly."""

    low: int
    high: int
    accuracy: Accuracy


def by_length(right: ArrayLike, lengths: ArrayLike, groups: int = 6) -> list[Group]:
    """Accuracy in groups of nearly equal size, from the shortest texts to the longest; equal lengths stay together."""
    size, hit = np.asarray(lengths, dtype=np.int64), np.asarray(right, dtype=bool)
    edges = np.unique(np.quantile(size, np.linspace(0, 1, groups + 1)[1:], method="higher"))
    place = np.searchsorted(edges, size)
    found = []
    for g in range(len(edges)):
        own = place == g
        if own.any():
            here = size[own]
            found.append(Group(int(here.min()), int(here.max()), Accuracy(int(hit[own].sum()), int(own.sum()))))
    return found


def groups_chance(groups: Sequence[Accuracy], draws: int = 10_000) -> float:
    """How often groups of these sizes would differ at least as much, if it were chance which texts are in which.

    Pearson's chi-squared with the right answers dealt out anew, so that small groups are judged rightly too
    (a permutation test: Fisher 1935, "The Design of Experiments").
    """
    sizes, right = (np.array([getattr(one, name) for one in groups]) for name in ("total", "right"))
    expected = sizes * right.sum() / sizes.sum()
    dealt = np.random.default_rng(0).multivariate_hypergeometric(sizes, int(right.sum()), size=draws)
    # Of the wrong answers the squares are the same, so these sums rank as chi-squared does.
    apart = ((np.vstack([right, dealt]) - expected) ** 2 / sizes).sum(axis=1)
    return float((apart >= apart[0] - 1e-9).mean())


@dataclass(frozen=True)
class Pairing:
    """Two classifiers on the same texts.

    both, first_only, second_only, neither  texts that so many of them got right
    difference  accuracy of the first less that of the second
    interval    where the true difference lies with 95% confidence
    chance      how often two equally good ones would differ at least this unevenly (exact McNemar test)
    """

    both: int
    first_only: int
    second_only: int
    neither: int
    difference: float
    interval: tuple[float, float]
    chance: float


def pair(first: ArrayLike, second: ArrayLike) -> Pairing:
    """Compare two classifiers text by text; more is told than by their intervals, because hard texts are hard for both.

    first, second  (N,) whether each got the text right

    Raises InputError when the two differ in number, or without texts.

    Source: McNemar 1947 for the chance, Efron 1979 for the interval: texts are drawn anew, each with both answers.
    """
    a, b = np.asarray(first, dtype=bool), np.asarray(second, dtype=bool)
    if a.shape != b.shape or not len(a):
        raise InputError("two classifiers can only be compared on the same texts, one or more.")
    difference = a.astype(np.float64) - b
    only_a, only_b = int((a & ~b).sum()), int((b & ~a).sum())
    return Pairing(
        int((a & b).sum()),
        only_a,
        only_b,
        int((~a & ~b).sum()),
        float(difference.mean()),
        mean_interval(difference.tolist()),
        sign_test(only_a, only_b),
    )


def majority(train_targets: ArrayLike, texts: int, classes: int) -> Floats:
    """(N, C) what always saying the commonest class of the training part amounts to; the first one of equals."""
    commonest = int(np.bincount(np.asarray(train_targets, dtype=np.int64), minlength=classes).argmax())
    found = np.zeros((texts, classes))
    found[:, commonest] = 1.0
    return found
