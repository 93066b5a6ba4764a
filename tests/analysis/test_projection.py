"""Maps: PCA against scikit-learn's and against its definition, t-SNE and UMAP on data whose answer is known."""

from __future__ import annotations

import math

import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.manifold import TSNE

from engine.analysis import tsne as t
from engine.analysis import umap as u
from engine.analysis.projection import faithfulness, principal_components
from engine.errors import InputError


@pytest.fixture(scope="module")
def clusters() -> tuple[np.ndarray, np.ndarray]:
    """Four clouds of 60 points in 20 dimensions, and which cloud each point is of."""
    random = np.random.default_rng(1)
    of = np.repeat(np.arange(4), 60)
    return (random.normal(size=(4, 20))[of] * 4 + random.normal(size=(240, 20))).astype(np.float32), of


def share_of_own(places: np.ndarray, of: np.ndarray) -> float:
    """How many of the five nearest on the map are of the same cloud."""
    apart = np.linalg.norm(places[:, None] - places[None], axis=2)
    np.fill_diagonal(apart, np.inf)
    return float((of[np.argsort(apart, axis=1)[:, :5]] == of[:, None]).mean())


def test_principal_components_are_scikit_learns(clusters: tuple) -> None:
    points, _ = clusters
    ours, theirs = principal_components(points, 3), PCA(3, svd_solver="full").fit(points)
    np.testing.assert_allclose(ours.explained, theirs.explained_variance_ratio_, rtol=1e-4)
    np.testing.assert_allclose(np.abs(ours.axes @ theirs.components_.T), np.eye(3), atol=1e-3)
    np.testing.assert_allclose(ours.project(points).var(axis=0, ddof=1), ours.variances, rtol=1e-3)
    assert principal_components(points).explained.sum() == pytest.approx(1, rel=1e-5)
    with pytest.raises(InputError, match="at most 2"):
        principal_components(points[:2], 3)


def test_a_map_that_keeps_everything_and_one_that_keeps_nothing() -> None:
    flat = np.random.default_rng(0).normal(size=(300, 2)).astype(np.float32)
    turned = flat @ np.array([[0, 1], [-1, 0]], dtype=np.float32)
    same = faithfulness(flat, turned, 5)
    assert (same.kept, same.trustworthiness) == (1, 1)
    assert same.chance == 5 / 299
    random = faithfulness(flat, np.random.default_rng(1).normal(size=(300, 2)).astype(np.float32), 5)
    assert random.kept == pytest.approx(random.chance, abs=0.02)
    assert random.trustworthiness < 0.6


def test_affinities_have_the_perplexity(clusters: tuple) -> None:
    points, _ = clusters
    p = t.affinities(points, 10)
    assert p.sum() == pytest.approx(1, rel=1e-5)
    assert abs(p - p.T).max() < 1e-9
    with pytest.raises(InputError, match="more than 31 points"):
        t.affinities(points[:31], 10)


def test_the_gradient_is_the_slope(clusters: tuple) -> None:
    """A point nudged: the divergence changes by what the gradient promised."""
    points, _ = clusters
    p, places = t.affinities(points, 10), np.random.default_rng(2).normal(size=(240, 2)) * 3
    slope = t.gradient(p, places.astype(np.float32))
    for point, coordinate in ((0, 0), (100, 1)):
        nudged = [places.copy() for _ in range(2)]
        nudged[0][point, coordinate] += 1e-3
        nudged[1][point, coordinate] -= 1e-3
        change = (t.divergence(p, nudged[0]) - t.divergence(p, nudged[1])) / 2e-3
        assert slope[point, coordinate] == pytest.approx(change, rel=0.02, abs=1e-6)


@pytest.mark.parametrize("dims", [2, 3])
def test_tsne_gets_as_low_as_scikit_learns(clusters: tuple, dims: int) -> None:
    points, of = clusters
    *_, last = t.tsne(points, dims, perplexity=10)
    assert (last.step, last.places.shape) == (last.steps, (240, dims))
    theirs = TSNE(dims, perplexity=10, init="pca", random_state=0, max_iter=500).fit_transform(points)
    p = t.affinities(points, 10)
    assert t.divergence(p, last.places) < 1.1 * t.divergence(p, theirs)
    assert share_of_own(last.places, of) > 0.98


def test_umap_graph_by_its_definition(clusters: tuple) -> None:
    points, _ = clusters
    heads, tails, weights = (x.numpy() for x in u.neighbour_graph(points, 8))
    whole = np.zeros((240, 240))
    whole[heads, tails] = weights
    np.testing.assert_allclose(whole, whole.T, atol=1e-6)
    assert weights.max() == pytest.approx(1)
    # Undo a + b - ab where only one of the two sees the other: the views of one point sum to log2(8).
    apart = np.linalg.norm(points[:, None] - points[None], axis=2)
    np.fill_diagonal(apart, np.inf)
    near = np.sort(apart, axis=1)[:, :7]
    seen = np.zeros((240, 240))
    for i, row in enumerate(near):
        low, high = 1e-6, 100.0
        for _ in range(60):
            middle = (low + high) / 2
            low, high = (low, middle) if np.exp(-(row - row[0]) / middle).sum() > math.log2(8) else (middle, high)
        seen[i, np.argsort(apart[i])[:7]] = np.exp(-(row - row[0]) / low)
    np.testing.assert_allclose(whole, seen + seen.T - seen * seen.T, atol=1e-4)


def test_umap_curve_is_the_fit_to_its_goal() -> None:
    """1 up to 0.1, then exp(0.1 - d): no other A and B nearby fit better."""
    d = np.linspace(0, 3, 300)[1:]
    goal = np.where(d < 0.1, 1, np.exp(0.1 - d))

    def miss(a: float, b: float) -> float:
        return float(np.square(1 / (1 + a * d ** (2 * b)) - goal).sum())

    best = miss(u.A, u.B)
    assert all(miss(u.A * f, u.B * g) > best for f in (0.97, 1, 1.03) for g in (0.97, 1, 1.03) if (f, g) != (1, 1))


@pytest.mark.parametrize("dims", [2, 3])
def test_umap_keeps_clouds_together(clusters: tuple, dims: int) -> None:
    points, of = clusters
    *_, last = u.umap(points, dims, epochs=100)
    *_, again = u.umap(points, dims, epochs=100)
    assert share_of_own(last.places, of) > 0.98
    np.testing.assert_array_equal(last.places, again.places)
    with pytest.raises(InputError, match="more than 15"):
        next(u.umap(points[:15]))
