"""Neighbours, analogies and what fewer dimensions keep: by hand, and against scikit-learn and brute force."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics.pairwise import cosine_similarity

from engine.analysis import neighbours as n
from engine.analysis.projection import principal_components
from engine.errors import InputError


@pytest.fixture
def table() -> np.ndarray:
    return (np.random.default_rng(0).normal(size=(200, 12)) * np.linspace(2, 0.2, 12) + 0.3).astype(np.float32)


def test_nearest_by_hand() -> None:
    unit = n.unit_rows(np.array([[2, 0], [3, 3], [0, 5], [-1, 0], [0, 0]], dtype=np.float32))
    ids, cosines = n.nearest(unit, unit[0], 3, leave_out=[0])
    assert ids.tolist() == [1, 2, 4]
    np.testing.assert_allclose(cosines, [0.5**0.5, 0, 0], atol=1e-7)
    assert n.nearest(unit, np.array([0, 7], dtype=np.float32), 1)[0].tolist() == [2]
    assert len(n.nearest(unit, unit[0], 99, leave_out=[0, 1])[0]) == 3
    with pytest.raises(InputError, match="nowhere"):
        n.nearest(unit, np.zeros(2, dtype=np.float32), 1)


def test_cosines_are_scikit_learns(table: np.ndarray) -> None:
    ids, cosines = n.nearest(n.unit_rows(table), table[7], 200)
    np.testing.assert_allclose(cosines, cosine_similarity(table[7:8], table)[0, ids], atol=1e-6)
    assert ids[0] == 7
    assert (np.diff(cosines) <= 0).all()


def test_an_analogy_that_is_exact() -> None:
    """Words made of two properties: the offset finds the fourth corner, the third word alone does not."""
    corners = np.array([[1, 0, 1, 0], [1, 0, 0, 1], [0, 1, 1, 0], [0, 1, 0, 1], [1, 0.1, 0.9, 0]], dtype=np.float32)
    unit = n.unit_rows(corners)
    # b=0 is to a=1 as c=2 is to 3
    assert n.nearest(unit, n.analogy(unit, 1, 0, 2), 1, [0, 1, 2])[0].tolist() == [3]
    score = n.analogy_score(unit, [(1, 0, 2, 3), (0, 1, 3, 2)])
    assert (score.questions, score.by_offset, score.first_ten, score.given) == (2, 2, 2, 0)
    # With a = b the target is c itself: it comes first unless it is passed over.
    assert n.analogy_score(unit, [(0, 0, 2, 3)]).given == 1


def test_ranks_are_those_of_sorting(table: np.ndarray) -> None:
    unit = n.unit_rows(table)
    rows, given = np.arange(100, 180), np.stack([np.arange(80), np.arange(1, 81)], axis=1)
    found = n.ranks(unit, unit[:80], rows, given)
    for query, (row, left, rank) in enumerate(zip(rows, given, found, strict=True)):
        order = [i for i in np.argsort(-(unit @ unit[query])).tolist() if i not in left]
        assert order.index(row) + 1 == rank


def test_kept_by_hand() -> None:
    before, after = np.array([[1, 2], [0, 2]]), np.array([[2, 1], [2, 3]])
    assert n.kept(before, after).tolist() == [1.0, 0.5]


@pytest.mark.parametrize("width", [2, 12])
def test_neighbour_lists_are_brute_force(table: np.ndarray, width: int) -> None:
    points = table[:, :width]
    apart = np.linalg.norm(points[:, None] - points[None], axis=2)
    np.fill_diagonal(apart, np.inf)
    np.testing.assert_array_equal(n.neighbour_lists(points, 5), np.argsort(apart, axis=1)[:, :5])
    with pytest.raises(InputError, match="take more points"):
        n.neighbour_lists(points[:5], 5)


def test_all_dimensions_lose_nothing(table: np.ndarray) -> None:
    found = principal_components(table)
    costs = n.dimension_costs(table, found.axes, found.variances, np.arange(50), k=5)
    assert [c.dimensions for c in costs] == [1, 2, 4, 8, 12]
    assert costs[-1].recall == 1
    assert costs[-1].variance == pytest.approx(1)
    assert costs[-1].bytes == table.nbytes
    assert all(a.recall <= b.recall and a.variance < b.variance for a, b in zip(costs, costs[1:], strict=False))
    # Four dimensions by hand: the rows rebuilt from the mean and the first four components.
    rebuilt = found.mean + found.project(table)[:, :4] @ found.axes[:4]
    unit, whole = n.unit_rows(rebuilt.astype(np.float32)), n.unit_rows(table)
    shares = []
    for row in range(50):
        true, kept = (set(n.nearest(u, u[row], 5, [row])[0].tolist()) for u in (whole, unit))
        shares.append(len(true & kept) / 5)
    assert costs[2].recall == pytest.approx(np.mean(shares), abs=0.005)
