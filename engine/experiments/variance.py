"""Two ways to estimate a variance from n numbers, divided by n or by n - 1, averaged over many samples."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from engine.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

TRUE_VARIANCE = 1.0
LARGEST = 1024
SAMPLES = 2000


@dataclass(frozen=True)
class VarianceRun:
    """Both estimators on the same samples; entry i belongs to samples of n[i] numbers.

    n               (N,) from 2 up
    biased          (N,) average of: squared distances from the sample's mean, divided by n
    unbiased        (N,) average of: the same, divided by n - 1
    biased_each     (samples,) the estimates at the n that was asked for
    unbiased_each   (samples,)
    """

    n: NDArray[np.int64]
    biased: Floats
    unbiased: Floats
    biased_each: Floats
    unbiased_each: Floats


def estimate_variance(n: int, seed: int) -> VarianceRun:
    """Draw 2,000 samples from a normal distribution whose variance is 1 and estimate it from each.

    n     numbers in a sample, 2 to 1,024, for which single estimates are returned too
    seed  of the draws; a longer sample begins with the numbers of the shorter one

    Raises InputError for n out of bounds.
    """
    if not 2 <= n <= LARGEST:
        raise InputError(f"n is {n:,}; give 2 to {LARGEST:,} numbers, because one number has no spread.")
    draws = np.random.default_rng(seed).standard_normal((SAMPLES, LARGEST))
    sizes = np.arange(1, LARGEST + 1)
    sums = draws.cumsum(axis=1)
    squared = np.square(draws, out=draws).cumsum(axis=1) - sums**2 / sizes  # sum of (x - mean)^2 of the first n
    total = squared.mean(axis=0)[1:]
    ns, each = sizes[1:], squared[:, n - 1]
    return VarianceRun(ns, total / ns, total / (ns - 1), each / n, each / (n - 1))
