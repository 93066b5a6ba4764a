"""From many dimensions to two or three: principal components, and how far a map can be trusted.

The two other ways, t-SNE and UMAP, stand in files of their own: engine.analysis.tsne and engine.analysis.umap.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from engine.analysis.neighbours import kept, neighbour_lists
from engine.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Components:
    """The principal components of a cloud of points.

    mean       (D,) the cloud's middle
    axes       (C, D) directions at right angles, of length 1, widest spread first
    variances  (C,) the variance along each
    total      the variance over all directions
    """

    mean: Floats
    axes: Floats
    variances: Floats
    total: float

    @property
    def explained(self) -> Floats:
        """(C,) each axis' share of the whole variance, 0 to 1."""
        return np.asarray(self.variances / (self.total or 1.0), dtype=np.float32)

    def project(self, points: Floats) -> Floats:
        """(N, C) the points as their coordinates along the axes."""
        return np.asarray((points - self.mean) @ self.axes.T, dtype=np.float32)


def principal_components(points: Floats, number: int | None = None) -> Components:
    """The `number` directions in which the points differ most; all of them when left out.

    points  (N, D)
    Raises InputError when there are too few points or dimensions for that many.

    Source: Jolliffe 2002, "Principal Component Analysis", chapter 1.
    """
    from sklearn.decomposition import PCA

    most = min(points.shape)
    if len(points) < 2 or (number is not None and not 1 <= number <= most):
        raise InputError(
            f"{len(points):,} points of {points.shape[1]:,} numbers have at most {most} principal components; "
            "take more points."
        )
    # Through the covariance matrix: exact here, and many times quicker than on the points themselves.
    found = PCA(number, svd_solver="covariance_eigh").fit(points)
    variances = np.asarray(found.explained_variance_, dtype=np.float32)
    return Components(
        np.asarray(found.mean_, dtype=np.float32),
        np.asarray(found.components_, dtype=np.float32),
        variances,
        float(points.var(axis=0, ddof=1, dtype=np.float64).sum()),
    )


@dataclass(frozen=True)
class Faithfulness:
    """What a map keeps of the neighbourhoods in the full space.

    kept             share of each point's k nearest that are its k nearest on the map too, mean, 0 to 1
    chance           what a map with all points at random places would keep
    trustworthiness  0 to 1; below 1 when strangers stand among the k nearest on the map, the further the worse
    """

    k: int
    kept: float
    chance: float
    trustworthiness: float


def faithfulness(points: Floats, places: Floats, k: int = 10) -> Faithfulness:
    """How well a map keeps who is near whom.

    points  (N, D) in the full space; neighbours by straight distance, for rows of length 1 the same as by cosine
    places  (N, 2 or 3) on the map

    Source of trustworthiness: Venna and Kaski 2001, "Neighborhood Preservation in Nonlinear Projection Methods".
    """
    from sklearn.manifold import trustworthiness

    before, after = neighbour_lists(points, k), neighbour_lists(places, k)
    return Faithfulness(
        k,
        float(kept(before, after).mean()),
        k / (len(points) - 1),
        float(trustworthiness(points, places, n_neighbors=min(k, (len(points) - 1) // 2))),
    )


@dataclass(frozen=True)
class MapStep:
    """A map that is being made, after `step` of `steps` steps: (N, 2 or 3) the places so far."""

    step: int
    steps: int
    places: Floats


def start_places(points: Floats, dims: int, spread: float) -> Floats:
    """(N, dims) the principal components, scaled: where t-SNE and UMAP start, so that a map is the same every time.

    spread  standard deviation along the first axis

    Source: Kobak and Linderman 2021, "Initialization is critical for preserving global data structure".
    """
    places = principal_components(points, dims).project(points)
    return np.asarray(places * (spread / (places[:, 0].std() or 1.0)), dtype=np.float32)
