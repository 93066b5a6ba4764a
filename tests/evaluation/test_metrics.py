"""Accuracy with its interval, and the sign test, against scipy's."""

from __future__ import annotations

import pytest
from scipy.stats import binomtest

from engine.errors import InputError
from engine.evaluation.metrics import Accuracy, sign_test


@pytest.mark.parametrize(("right", "total"), [(0, 1), (1, 1), (160, 200), (200, 200), (3, 7), (0, 500)])
def test_interval_is_wilsons(right: int, total: int) -> None:
    theirs = binomtest(right, total).proportion_ci(0.95, method="wilson")
    assert Accuracy(right, total).interval == pytest.approx((theirs.low, theirs.high), abs=1e-6)
    assert Accuracy(right, total).share == right / total


@pytest.mark.parametrize(("right", "total"), [(1, 0), (-1, 5), (6, 5), (0, 0)])
def test_impossible_counts_are_refused(right: int, total: int) -> None:
    with pytest.raises(InputError):
        Accuracy(right, total)


@pytest.mark.parametrize(("a", "b"), [(0, 0), (5, 5), (12, 24), (0, 9), (30, 1)])
def test_sign_test_is_the_binomial_test(a: int, b: int) -> None:
    assert sign_test(a, b) == pytest.approx(binomtest(a, a + b).pvalue if a + b else 1.0)
