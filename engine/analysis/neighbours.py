"""Which tokens lie near which in a table of embeddings, and how much of that a smaller space keeps.

Near means a small angle: the cosine of two vectors is 1 when they point the same way, 0 at a right angle.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from engine.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float32]
    Ids = NDArray[np.int64]


def unit_rows(table: Floats) -> Floats:
    """The rows scaled to length 1 (a row of zeros stays zero), so that a dot product of two is their cosine."""
    lengths = np.linalg.norm(table, axis=1, keepdims=True)
    return np.asarray(table / np.where(lengths > 0, lengths, 1), dtype=np.float32)


def nearest(unit: Floats, query: Floats, k: int, leave_out: Iterable[int] = ()) -> tuple[Ids, Floats]:
    """The k rows with the largest cosine to a vector, nearest first, and their cosines.

    unit       (V, D) rows of length 1
    query      (D,) any vector
    leave_out  rows that are not among the answers
    Raises InputError when the query has length 0 and so no direction.
    """
    length = float(np.linalg.norm(query))
    if not length:
        raise InputError("these vectors cancel out to zero, which points nowhere; choose other words.")
    cosines = unit @ np.asarray(query / length, dtype=np.float32)
    cosines[list(leave_out)] = -np.inf
    best = np.argsort(-cosines, kind="stable")[: min(k, int(np.isfinite(cosines).sum()))]
    return best, cosines[best]


def ranks(unit: Floats, queries: Floats, rows: Ids, leave_out: Ids) -> Ids:
    """(Q,) the place of each query's row, 1 for the nearest, when all rows are sorted by their cosine to it.

    queries    (Q, D)
    rows       (Q,) the row whose place is asked
    leave_out  (Q, n) rows that are passed over
    """
    found = []
    for start in range(0, len(queries), 64):
        part = slice(start, start + 64)
        cosines = queries[part] @ unit.T
        wanted = np.take_along_axis(cosines, rows[part, None], axis=1)
        np.put_along_axis(cosines, leave_out[part], -np.inf, axis=1)
        found.append(1 + (cosines > wanted).sum(axis=1))
    return np.concatenate(found) if found else np.zeros(0, dtype=np.int64)


def analogy(unit: Floats, a: int, b: int, c: int) -> Floats:
    """A - b + c for three rows of length 1: where the answer to "b is to a as ... to c" should lie.

    Source: Mikolov et al. 2013, "Linguistic Regularities in Continuous Space Word Representations", section 4.
    """
    return np.asarray(unit[a] - unit[b] + unit[c], dtype=np.float32)


@dataclass(frozen=True)
class AnalogyScore:
    """How often the expected word came first among all rows but the three given ones.

    by_offset  with a - b + c
    by_c       with c alone: what the word c gives away without any analogy
    first_ten  with a - b + c among the first ten
    given      how often one of the three given words would come first if they were not passed over
    """

    questions: int
    by_offset: int
    by_c: int
    first_ten: int
    given: int


def analogy_score(unit: Floats, questions: Sequence[tuple[int, int, int, int]]) -> AnalogyScore:
    """The score over questions (a, b, c, expected), all rows of the table."""
    a, b, c, expected = np.array(questions, dtype=np.int64).reshape(-1, 4).T
    given = np.stack([a, b, c], axis=1)
    targets = unit[a] - unit[b] + unit[c]
    offset = ranks(unit, targets, expected, given)
    alone = ranks(unit, unit[c], expected, given)
    first = (targets @ unit.T).argmax(axis=1)
    return AnalogyScore(
        len(a),
        int((offset == 1).sum()),
        int((alone == 1).sum()),
        int((offset <= 10).sum()),
        int((given == first[:, None]).any(axis=1).sum()),
    )


def neighbour_lists(points: NDArray[np.floating], k: int) -> Ids:
    """(N, k) each point's k nearest other points by straight distance; among rows of length 1 also by cosine.

    Raises InputError when there are too few points to have k neighbours.
    """
    from sklearn.neighbors import NearestNeighbors

    if len(points) <= k:
        raise InputError(f"{len(points):,} points have no {k} neighbours each; take more points.")
    found = NearestNeighbors(n_neighbors=k, algorithm="brute" if points.shape[1] > 8 else "auto").fit(points)
    return np.asarray(found.kneighbors(return_distance=False), dtype=np.int64)


def kept(before: Ids, after: Ids) -> NDArray[np.float64]:
    """(N,) the share of each point's neighbours before that are among its neighbours after, 0 to 1.

    Two random lists of k out of n others share k / n on average.
    """
    return (before[:, :, None] == after[:, None, :]).any(axis=2).mean(axis=1)


@dataclass(frozen=True)
class DimensionCost:
    """What the first d principal components of a table keep, and what they cost.

    recall    share of the true nearest neighbours that are found with d numbers a token, 0 to 1
    variance  share of the table's variance in these d components, 0 to 1
    bytes     the table in single precision
    seconds   for one search through all rows, the shortest of several
    """

    dimensions: int
    recall: float
    variance: float
    bytes: int
    seconds: float


def dimension_costs(
    table: Floats, components: Floats, variances: Floats, rows: Ids, k: int = 10, repeats: int = 7
) -> list[DimensionCost]:
    """Recall and cost with 1, 2, 4, ... of the table's principal components, and with all its dimensions.

    table       (V, D) rows
    components  (D, D) principal axes of the centred table, a row each, widest spread first
    variances   (D,) variance along each
    rows        whose neighbours are looked for, among all V rows and by cosine

    The truth is the whole table's cosine. With d components a row is their d numbers and, for all rows the same,
    the mean's part that lies outside them; so with all components nothing is lost and recall is 1.
    """
    coordinates, centre = table @ components.T, components @ table.mean(axis=0)
    width = table.shape[1]
    truth = _search(unit_rows(table), rows, k)
    results = []
    for d in [*(2**n for n in range(width.bit_length()) if 2**n < width), width]:
        outside = np.full(len(table), np.linalg.norm(centre[d:]), dtype=np.float32)
        found = _search(unit_rows(np.column_stack([coordinates[:, :d], outside])), rows, k)
        first = coordinates[:, :d].copy()
        seconds = min(_timed(first, first[row]) for row in rows[:repeats])
        share = float(variances[:d].sum() / variances.sum())
        results.append(DimensionCost(d, float(kept(truth, found).mean()), share, 4 * d * len(table), seconds))
    return results


def _search(unit: Floats, rows: Ids, k: int) -> Ids:
    """(len(rows), k) the nearest other rows of each, by cosine."""
    cosines = unit[rows] @ unit.T
    cosines[np.arange(len(rows)), rows] = -np.inf
    return np.argpartition(-cosines, k, axis=1)[:, :k]


def _timed(table: Floats, query: Floats) -> float:
    start = time.perf_counter()
    np.argmax(table @ query)
    return time.perf_counter() - start
