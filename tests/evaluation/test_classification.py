"""A classifier's answers counted: worked by hand, and scikit-learn's numbers on random answers."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binomtest, chi2_contingency
from sklearn import metrics

from engine.errors import InputError
from engine.evaluation.classification import (
    Answers,
    by_length,
    calibration,
    class_scores,
    groups_chance,
    majority,
    pair,
    threshold_curve,
)
from engine.evaluation.metrics import Accuracy

# Four texts of class 0 and two of class 1: three right, one false alarm for 1, one found, one missed.
HAND = Answers(
    np.array([[0.9, 0.1], [0.8, 0.2], [0.6, 0.4], [0.3, 0.7], [0.25, 0.75], [0.95, 0.05]]),
    np.array([0, 0, 0, 0, 1, 1]),
)


def random_answers(classes: int, texts: int = 300, seed: int = 0) -> Answers:
    """Answers somewhat better than chance, with many equal probabilities."""
    rng = np.random.default_rng(seed)
    targets = rng.integers(0, classes, texts)
    logits = rng.normal(size=(texts, classes)) + 1.5 * np.eye(classes)[targets]
    p = np.exp(logits.round(1))
    return Answers(p / p.sum(axis=1, keepdims=True), targets)


def test_by_hand() -> None:
    assert HAND.confusion.tolist() == [[3, 1], [1, 1]]
    assert (HAND.accuracy.right, HAND.accuracy.total) == (4, 6)
    assert HAND.worst().tolist() == [5, 3]  # 5% and 30% for the truth
    found = class_scores(HAND.confusion)
    assert found.precision.tolist() == [3 / 4, 1 / 2]
    assert found.recall.tolist() == [3 / 4, 1 / 2]
    assert found.f1.tolist() == [3 / 4, 1 / 2]
    curve = threshold_curve(HAND.probabilities[:, 1], HAND.targets == 1)
    # From the strictest: the spam with 75%, then 70, 40, 20, 10 (none spam), and 5% (spam).
    assert curve.hits.tolist() == [0, 0.5, 0.5, 0.5, 0.5, 0.5, 1]
    assert curve.alarms.tolist() == [0, 0, 0.25, 0.5, 0.75, 1, 1]
    assert curve.area == 0.5
    assert curve.average_precision == pytest.approx(0.5 * 1 + 0.5 * 2 / 6)


@pytest.mark.parametrize("classes", [2, 3, 50])
def test_counts_are_those_of_scikit_learn(classes: int) -> None:
    answers = random_answers(classes)
    names = list(range(classes))
    assert answers.confusion.tolist() == metrics.confusion_matrix(answers.targets, answers.given, labels=names).tolist()
    assert answers.balanced == pytest.approx(metrics.balanced_accuracy_score(answers.targets, answers.given))
    found = class_scores(answers.confusion)
    theirs = metrics.precision_recall_fscore_support(answers.targets, answers.given, labels=names, zero_division=np.nan)
    for ours, other in zip((found.precision, found.recall, found.f1, found.support), theirs, strict=True):
        np.testing.assert_allclose(ours, other, atol=1e-12)


def test_a_class_that_nobody_has_or_gets_is_not_a_number() -> None:
    found = class_scores([[2, 1, 0], [0, 0, 0], [1, 0, 0]])
    assert np.isnan(found.recall).tolist() == [False, True, False]
    assert np.isnan(found.precision).tolist() == [False, False, True]
    assert found.f1[2] == 0  # of the class, and never found
    assert np.isnan(class_scores([[3, 0], [0, 0]]).f1[1])


@pytest.mark.parametrize("seed", range(3))
def test_curves_are_those_of_scikit_learn(seed: int) -> None:
    answers = random_answers(3, seed=seed)
    score, positive = answers.probabilities[:, 1], answers.targets == 1
    curve = threshold_curve(score, positive)
    alarms, hits, thresholds = metrics.roc_curve(positive, score, drop_intermediate=False)
    np.testing.assert_allclose(curve.alarms, alarms, atol=1e-12)
    np.testing.assert_allclose(curve.hits, hits, atol=1e-12)
    np.testing.assert_array_equal(curve.thresholds, thresholds)
    assert len(set(score)) < len(score)  # equal scores are part of the comparison
    precision, recall, _ = metrics.precision_recall_curve(positive, score)
    np.testing.assert_allclose(curve.precision[: len(precision)], precision[::-1], atol=1e-12)
    np.testing.assert_allclose(curve.hits[: len(recall)], recall[::-1], atol=1e-12)
    assert curve.area == pytest.approx(metrics.roc_auc_score(positive, score))
    assert curve.average_precision == pytest.approx(metrics.average_precision_score(positive, score))


@pytest.mark.parametrize("positive", [[True] * 4, [False] * 4])
def test_no_curve_without_both_kinds(positive: list[bool]) -> None:
    with pytest.raises(InputError):
        threshold_curve([0.1, 0.2, 0.3, 0.4], positive)


def test_calibration_by_hand() -> None:
    found = calibration(HAND, bins=2)
    # All are given with more than one half: one bin.
    assert found.texts.tolist() == [6]
    assert found.confidence[0] == pytest.approx((0.9 + 0.8 + 0.6 + 0.7 + 0.75 + 0.95) / 6)
    assert found.accuracy.tolist() == [4 / 6]
    assert found.error == pytest.approx(abs(4.7 / 6 - 4 / 6))
    ten = calibration(HAND)
    # 60% | 70%, wrong | 75% and 80%, one right | 90% and 95%, one right; a bin holds its upper end.
    assert ten.texts.tolist() == [1, 1, 2, 1, 1]
    assert ten.accuracy.tolist() == [1, 0, 1, 1, 0]


def test_calibration_is_that_of_scikit_learn() -> None:
    answers = random_answers(3)
    found = calibration(answers)
    from sklearn.calibration import calibration_curve

    share, mean = calibration_curve(answers.right, answers.probabilities.max(axis=1), n_bins=10)
    np.testing.assert_allclose(found.accuracy, share)
    np.testing.assert_allclose(found.confidence, mean)
    assert found.intervals[0].tolist() == pytest.approx(
        list(binomtest(round(found.accuracy[0] * found.texts[0]), int(found.texts[0])).proportion_ci(method="wilson")),
        abs=1e-6,
    )


def test_lengths_fall_into_groups_that_keep_equal_ones_together() -> None:
    groups = by_length([1, 0, 1, 1, 0, 1], [5, 5, 5, 9, 20, 30], groups=2)
    assert [(g.low, g.high, g.accuracy.right, g.accuracy.total) for g in groups] == [(5, 9, 3, 4), (20, 30, 1, 2)]
    one = by_length([True] * 4, [7] * 4)
    # Two of two and none of two, by hand: of the 6 ways to deal two right answers to two pairs, 2 are so uneven.
    assert groups_chance([Accuracy(2, 2), Accuracy(0, 2)]) == pytest.approx(1 / 3, abs=0.02)
    table = np.array([[41, 34, 40, 30, 26, 36], [6, 3, 10, 2, 11, 3]])
    parts = [Accuracy(int(hit), int(hit + miss)) for hit, miss in table.T]
    assert groups_chance(parts) == pytest.approx(chi2_contingency(table).pvalue, abs=0.01)
    assert [(g.low, g.high, g.accuracy.total) for g in one] == [(7, 7, 4)]


def test_pairs_by_hand() -> None:
    found = pair([1, 1, 1, 0, 1, 1, 1, 0], [1, 0, 0, 1, 0, 0, 0, 0])
    assert (found.both, found.first_only, found.second_only, found.neither) == (1, 5, 1, 1)
    assert found.difference == 0.5
    assert found.chance == pytest.approx(2 * (1 + 6) / 64)
    assert found.interval[0] < 0.5 < found.interval[1]
    same = pair([1, 0], [1, 0])
    assert (same.difference, same.interval, same.chance) == (0, (0, 0), 1)
    for first, second in (([], []), ([1], [1, 0])):
        with pytest.raises(InputError):
            pair(first, second)


def test_interval_of_a_difference_is_near_the_textbooks() -> None:
    rng = np.random.default_rng(1)
    first, second = rng.random(400) < 0.9, rng.random(400) < 0.8
    found = pair(first, second)
    d = first.astype(float) - second
    half = 1.96 * d.std() / np.sqrt(len(d))
    assert found.interval == pytest.approx((d.mean() - half, d.mean() + half), abs=0.01)


def test_majority_and_nothing_to_test() -> None:
    assert majority([0, 1, 1], 2, 3).tolist() == [[0, 1, 0], [0, 1, 0]]
    with pytest.raises(InputError):
        Answers(np.zeros((0, 2)), np.zeros(0, dtype=np.int64))
