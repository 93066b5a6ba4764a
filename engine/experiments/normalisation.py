"""Which numbers go into one mean: layer norm takes those of one example, batch norm those of one feature."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from engine.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

EPS = 1e-5  # as in engine.model.LayerNorm
MOST_EXAMPLES = 8
FEATURES = 6
AXES = {"layer": 1, "batch": 0}


@dataclass(frozen=True)
class Normalised:
    """A table (B, D) after one of the two norms.

    mean, variance  (B, 1) for layer norm, (1, D) for batch norm; the variance is divided by the count
    out             (B, D)
    """

    mean: Floats
    variance: Floats
    out: Floats


def draw_batch(examples: int, seed: int) -> Floats:
    """A table (B, 6): one example a row, one feature a column; each feature has a middle of its own.

    More examples are added below; those above stay.

    Raises InputError for fewer than 1 or more than 8 examples.
    """
    if not 1 <= examples <= MOST_EXAMPLES:
        raise InputError(f"a batch of {examples} examples cannot be drawn; give 1 to {MOST_EXAMPLES}.")
    random = np.random.default_rng(seed)
    middles = 2 * random.standard_normal(FEATURES)
    return (middles + random.standard_normal((MOST_EXAMPLES, FEATURES)))[:examples]


def normalise(batch: Floats, kind: str) -> Normalised:
    """Mean 0 and variance 1 along one axis of the batch (B, D), as in training; no scale, no shift.

    kind  "layer": over the features of each example; "batch": over the examples, for each feature

    Raises InputError for another kind. Sources: Ba et al. 2016; Ioffe and Szegedy 2015, "Batch Normalization".
    """
    if kind not in AXES:
        raise InputError(f"there is no norm {kind!r}; choose one of {', '.join(AXES)}.")
    mean = batch.mean(axis=AXES[kind], keepdims=True)
    variance = batch.var(axis=AXES[kind], keepdims=True)
    return Normalised(mean, variance, (batch - mean) / np.sqrt(variance + EPS))
