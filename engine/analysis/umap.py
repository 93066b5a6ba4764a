"""UMAP: a map made from the graph of who is whose neighbour, by pulling on its edges and pushing strangers away.

Written out here from the paper. The authors' library would have to be installed with a compiler of 200 MB,
imports TensorFlow where it is present, and compiles for seconds before its first map.

Source: McInnes, Healy and Melville 2018, "UMAP: Uniform Manifold Approximation and Projection for Dimension
Reduction", algorithms 1 to 5.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import torch

from engine.analysis.projection import MapStep, start_places
from engine.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray
    from torch import Tensor

    Floats = NDArray[np.float32]

# 1 / (1 + A d^2B) is how near two points are on the map at distance d: close to 1 up to d = 0.1, then falling as
# exp(0.1 - d). The numbers are the fit of that curve, the same as in the authors' library.
A, B = 1.577, 0.8951
STRANGERS = 5  # pushed away for each neighbour that is pulled
LARGEST_MOVE = 4.0
PARTS = 4  # of an epoch, so that a point's many pulls are not all made from the same place


def umap(points: Floats, dims: int = 2, n_neighbors: int = 15, epochs: int = 300, seed: int = 0) -> Iterator[MapStep]:
    """The map every ten epochs; the last is the result.

    points       (N, D)
    dims         of the map, 2 or 3
    n_neighbors  whose closeness counts; more show more of the whole, fewer more of the detail
    epochs       times that the edges are gone through
    seed         of the choice of edges and strangers
    Raises InputError when there are too few points.
    """
    heads, tails, weights = neighbour_graph(points, n_neighbors)
    places = torch.from_numpy(start_places(points, dims, 5.0))
    generator = torch.Generator().manual_seed(seed)
    for epoch in range(1, epochs + 1):
        rate = 1 - (epoch - 1) / epochs
        # An edge is used as often as it is strong: with the probability of its weight, in random order.
        used = (torch.rand(len(weights), generator=generator) < weights / weights.max()).nonzero()[:, 0]
        for part in used[torch.randperm(len(used), generator=generator)].chunk(PARTS):
            head, tail = heads[part], tails[part]
            move = rate * _pull(places[head] - places[tail])
            places.index_add_(0, head, move).index_add_(0, tail, -move)
            pushed = head.repeat(STRANGERS)
            strangers = torch.randint(len(places), pushed.shape, generator=generator)
            places.index_add_(0, pushed, rate * _push(places[pushed] - places[strangers]))
        if epoch % 10 == 0 or epoch == epochs:
            yield MapStep(epoch, epochs, (places - places.mean(0)).numpy())


def neighbour_graph(points: Floats, n_neighbors: int) -> tuple[Tensor, Tensor, Tensor]:
    """The edges from each point to its neighbours, both ways: ends (E,), other ends (E,), weights (E,) 0 to 1.

    Seen from one point the nearest neighbour has weight 1 and the others fall off with distance, at a rate that
    makes the sum log2(n_neighbors). Two views a and b of one edge are united as a + b - ab.
    Raises InputError when there are too few points.
    """
    from sklearn.neighbors import NearestNeighbors

    n, k = len(points), n_neighbors - 1  # the point itself is counted in
    if n <= n_neighbors:
        raise InputError(f"UMAP with {n_neighbors} neighbours needs more than {n_neighbors} points; there are {n:,}.")
    seen = NearestNeighbors(n_neighbors=k, algorithm="brute").fit(points).kneighbors_graph(mode="distance")
    distances = seen.data.reshape(n, k).astype(np.float64)
    beyond = distances - distances.min(axis=1, keepdims=True)
    small, large = np.zeros((n, 1)), np.full((n, 1), np.inf)
    scale = np.ones((n, 1))
    for _ in range(64):
        weights = np.exp(-beyond / scale)
        too_large = weights.sum(axis=1, keepdims=True) > math.log2(n_neighbors)
        large, small = np.where(too_large, scale, large), np.where(too_large, small, scale)
        scale = np.where(np.isinf(large), scale * 2, (small + large) / 2)
    seen.data = weights.ravel()
    both = (seen + seen.T - seen.multiply(seen.T)).tocoo()
    heads, tails = (torch.from_numpy(ends.astype(np.int64)) for ends in (both.row, both.col))
    return heads, tails, torch.from_numpy(both.data.astype(np.float32))


def _pull(apart: Tensor) -> Tensor:
    """How far a point is pulled towards its neighbour: the slope of log 1 / (1 + A d^2B)."""
    squared = apart.square().sum(1, keepdim=True).clamp_(min=1e-12)
    strength = -2 * A * B * squared ** (B - 1) / (1 + A * squared**B)
    return (strength * apart).clamp_(-LARGEST_MOVE, LARGEST_MOVE)


def _push(apart: Tensor) -> Tensor:
    """How far a point is pushed from a stranger: the slope of log (1 - 1 / (1 + A d^2B))."""
    squared = apart.square().sum(1, keepdim=True)
    strength = 2 * B / ((0.001 + squared) * (1 + A * squared**B))
    return (strength * apart).clamp_(-LARGEST_MOVE, LARGEST_MOVE)
