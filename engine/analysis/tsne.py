"""t-SNE: a map on which each point keeps its nearest neighbours, whatever becomes of the far ones.

Two points are neighbours in the full space with probability p, on the map with probability q; the map is moved
downhill until the q are like the p. Why not scikit-learn's: it cannot say how far it is, and a reader waits for
seconds. tests/analysis/test_tsne.py compares the two.

Source: van der Maaten and Hinton 2008, "Visualizing Data using t-SNE"; the learning rate is that of Belkina et
al. 2019, "Automated optimized parameters for t-distributed stochastic neighbor embedding".
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.analysis.projection import MapStep, start_places
from engine.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    Floats = NDArray[np.float32]
    Sparse = Any  # a SciPy matrix in compressed rows, as scikit-learn makes it

EXAGGERATION = 12.0  # of the p at first, so that clusters form before they are spread out
BLOCK = 64  # rows of the distance matrix at a time: they stay in the processor's cache


def tsne(
    points: Floats, dims: int = 2, perplexity: float = 30.0, steps: int = 400, early: int = 120
) -> Iterator[MapStep]:
    """The map every ten steps; the last is the result.

    points      (N, D)
    dims        of the map, 2 or 3
    perplexity  about how many neighbours count
    early       steps with exaggeration
    Raises InputError when there are too few points for this perplexity.
    """
    p = affinities(points, perplexity)
    places = start_places(points, dims, 1e-4)
    velocity, gains = np.zeros_like(places), np.ones_like(places)
    rate = np.float32(max(len(points) / EXAGGERATION / 4, 50))
    for step in range(1, steps + 1):
        exaggeration, momentum = (EXAGGERATION, 0.5) if step <= early else (1.0, 0.8)
        slope = gradient(p, places, exaggeration)
        # A coordinate that keeps its direction speeds up, one that turns around slows down.
        gains = np.maximum(np.where(slope * velocity < 0, gains + 0.2, gains * 0.8), 0.01).astype(np.float32)
        velocity = np.float32(momentum) * velocity - rate * gains * slope
        places = places + velocity
        if step % 10 == 0 or step == steps:
            yield MapStep(step, steps, places - places.mean(axis=0))


def affinities(points: Floats, perplexity: float) -> Sparse:
    """(N, N) sparse, sums to 1: the probability of each pair to be neighbours, symmetric.

    Each point's neighbours are weighted by a bell curve, as wide as it takes for the perplexity, which is e to
    the entropy of the weights.
    Raises InputError when there are too few points.
    """
    from sklearn.neighbors import NearestNeighbors

    n, k = len(points), int(3 * perplexity)
    if n <= k + 1:
        raise InputError(f"t-SNE with perplexity {perplexity:g} needs more than {k + 1} points; there are {n:,}.")
    graph = NearestNeighbors(n_neighbors=k, algorithm="brute").fit(points).kneighbors_graph(mode="distance")
    squared = graph.data.reshape(n, k).astype(np.float64) ** 2
    squared -= squared.min(axis=1, keepdims=True)
    low, high = np.zeros((n, 1)), np.full((n, 1), np.inf)
    precision = np.ones((n, 1))
    for _ in range(64):
        weights = np.exp(-squared * precision)
        weights /= weights.sum(axis=1, keepdims=True)
        entropy = -np.sum(weights * np.log(np.maximum(weights, 1e-300)), axis=1, keepdims=True)
        too_wide = entropy > math.log(perplexity)
        low, high = np.where(too_wide, precision, low), np.where(too_wide, high, precision)
        precision = np.where(np.isinf(high), precision * 2, (low + high) / 2)
    graph.data = (weights / (2 * n)).ravel().astype(np.float32)
    return (graph + graph.T).tocsr()


def gradient(p: Sparse, places: Floats, exaggeration: float = 1.0) -> Floats:
    """(N, dims) the slope of the divergence: 4 sum_j (p - q) w (y_i - y_j) with w = 1 / (1 + distance^2).

    q is w divided by the sum of all w. Source: the paper's equation 5.
    """
    ends = np.repeat(np.arange(len(places)), np.diff(p.indptr))
    columns = np.ascontiguousarray(places.T)
    near = 1 / (1 + np.square(columns.take(ends, 1) - columns.take(p.indices, 1)).sum(axis=0))
    pull = p.copy()
    pull.data = p.data * near
    # Sums of weight times y_j, and of the weights alone in the last column.
    with_one = np.column_stack([places, np.ones(len(places), dtype=np.float32)])
    pulled, pushed, total = pull @ with_one, np.empty_like(with_one), -float(len(places))  # not with itself
    # 1 + distance^2 for all pairs as one product: (y_i, |y_i|^2 + 1, 1) . (-2 y_j, 1, |y_j|^2).
    squares, ones = np.square(places).sum(axis=1, keepdims=True), with_one[:, -1:]
    left, right = np.hstack([places, squares + 1, ones]), np.hstack([-2 * places, ones, squares]).T.copy()
    for start in range(0, len(places), BLOCK):
        w = left[start : start + BLOCK] @ right
        np.reciprocal(np.maximum(w, 1, out=w), out=w)
        total += float(w.sum())
        pushed[start : start + BLOCK] = np.square(w, out=w) @ with_one

    def apart(sums: Floats) -> Floats:
        """sum_j weight (y_i - y_j)."""
        return sums[:, -1:] * places - sums[:, :-1]

    return np.asarray(4 * (exaggeration * apart(pulled) - apart(pushed) / total), dtype=np.float32)


def divergence(p: Sparse, places: Floats) -> float:
    """Kullback-Leibler divergence of the map's q from p, nats: what t-SNE makes small."""
    apart = np.square(places).sum(axis=1, keepdims=True) - 2 * places @ places.T + np.square(places).sum(axis=1)
    w = 1 / (1 + np.maximum(apart, 0))
    np.fill_diagonal(w, 0)
    pairs = p.tocoo()
    return float(np.sum(pairs.data * np.log(pairs.data * w.sum() / w[pairs.row, pairs.col])))
