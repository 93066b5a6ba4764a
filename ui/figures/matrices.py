"""Small matrices side by side, as in `weights x values = context`, and the arithmetic of each cell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from ui.labels import short
from ui.numbers import fmt

if TYPE_CHECKING:
    from collections.abc import Sequence

# A run of text and its meaning: query, key, value or weight (a hue), result (the number it leads to),
# sup (raised), aside (smaller) or "".
Run = tuple[str, str]


@dataclass(frozen=True)
class Mark:
    """What a result cell (i, j) takes from a matrix: row or column number i or j, the cell (i, j), or turned (j, i)."""

    line: Literal["row", "column", "cell", "turned"]
    of: Literal["i", "j"]
    role: str


@dataclass(frozen=True)
class Matrix:
    """A matrix on screen.

    title    its name and shape
    values   (R, C) numbers
    rows     R labels; any text
    columns  C labels; any text
    role     query, key, value or "": the hue of its title
    before   the sign in front of it, such as "x" or "softmax"
    marks    what a chosen result cell is made of
    top      the size of number that gets the strongest colour; the largest one present when left out
    """

    title: str
    values: np.ndarray
    rows: Sequence[str]
    columns: Sequence[str]
    role: str = ""
    before: str = ""
    marks: Sequence[Mark] = ()
    top: float | None = None


@dataclass(frozen=True)
class Product:
    """Operands, their result, and for each cell of the result the sentence that computes it."""

    operands: Sequence[Matrix]
    result: Matrix
    explain: Sequence[Sequence[Sequence[Run]]]


def matrix_data(matrix: Matrix) -> dict[str, Any]:
    """What the browser needs to draw a matrix: three significant digits to show, all digits to tell."""
    values = np.asarray(matrix.values, dtype=float)
    limit = matrix.top or float(np.abs(values).max(initial=0)) or 1.0
    shade = np.where(np.isfinite(values), np.clip(values / limit, -1, 1), 0)  # a masked cell has no colour
    return {
        "title": matrix.title,
        "role": matrix.role,
        "before": matrix.before,
        "rows": [short(label) for label in matrix.rows],
        "columns": [short(label, 9) for label in matrix.columns],
        "shown": [[fmt(v) for v in row] for row in values.tolist()],
        "shade": shade.round(3).tolist(),
        "marks": [[mark.line, mark.of, mark.role] for mark in matrix.marks],
    }


def clamp_cell(cell: str, rows: int, columns: int) -> tuple[int, int]:
    """A cell such as "1-2" (row and column, counted from 0) inside a matrix; (0, 0) for anything else."""
    parts = cell.split("-")
    if len(parts) != 2 or not all(part.isascii() and part.isdigit() and len(part) < 4 for part in parts):
        return 0, 0
    return min(int(parts[0]), rows - 1), min(int(parts[1]), columns - 1)
