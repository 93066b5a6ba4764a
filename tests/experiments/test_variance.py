"""Two estimates of a variance: NumPy's own on the same draws, and the averages that theory wants."""

from __future__ import annotations

import numpy as np
import pytest

from engine.errors import InputError
from engine.experiments.variance import LARGEST, SAMPLES, estimate_variance


@pytest.mark.parametrize("n", [2, 5, 768, LARGEST])
def test_estimates_are_numpys(n: int) -> None:
    draws = np.random.default_rng(3).standard_normal((SAMPLES, LARGEST))[:, :n]
    found = estimate_variance(n, seed=3)
    np.testing.assert_allclose(found.biased_each, draws.var(axis=1), rtol=1e-8)
    np.testing.assert_allclose(found.unbiased_each, draws.var(axis=1, ddof=1), rtol=1e-8)
    assert found.n[n - 2] == n
    assert found.biased[n - 2] == pytest.approx(found.biased_each.mean())
    assert found.unbiased[n - 2] == pytest.approx(found.unbiased_each.mean())


def test_one_is_too_small_by_one_part_in_n() -> None:
    """Within five standard errors: an unbiased estimate from n normal numbers has variance 2 / (n - 1)."""
    found = estimate_variance(2, seed=123)
    error = 5 * np.sqrt(2 / (found.n - 1) / SAMPLES)
    assert (np.abs(found.unbiased - 1) < error).all()
    assert (np.abs(found.biased - (found.n - 1) / found.n) < error).all()


@pytest.mark.parametrize("n", [1, LARGEST + 1])
def test_bounds(n: int) -> None:
    with pytest.raises(InputError, match="spread"):
        estimate_variance(n, 0)
