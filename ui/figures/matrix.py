"""A matrix as a heat map whose cells can be clicked: attention weights, scores, similarities."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ui.labels import short, visible
from ui.numbers import fmt
from ui.palette import CHOSEN, DIVERGING, SEQUENTIAL

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import ArrayLike

MOST_CELLS_WITH_NUMBERS = 150


def heat_map(
    values: ArrayLike,
    rows: Sequence[str],
    columns: Sequence[str],
    *,
    value_name: str,
    row_title: str = "query: this token …",
    column_title: str = "… looks at this one (key)",
    signed: bool = False,
    top: float | None = None,
    chosen: tuple[int, int] | None = None,
    hidden: ArrayLike | None = None,
    row_height: int | None = None,
) -> tuple[pd.DataFrame, dict[str, Any]]:
    """The frame and the Vega-Lite spec of a heat map, for `st.vega_lite_chart(frame, spec, on_select=…)`.

    values      (R, C) numbers
    rows        R labels, top to bottom; may repeat, any text
    columns     C labels, left to right
    value_name  what a cell is, with its unit, for the legend and the tooltip
    signed      True for quantities with a sign: a diverging scale centred at zero
    top         the value of the strongest colour; the largest size present when left out
    chosen      (row, column) of the outlined cell
    hidden      (R, C) booleans, true where a cell is masked and drawn empty
    row_height  pixels a row is high; by the number of rows when left out

    A click gives the selection `pick`; `picked_cell` reads it.
    """
    matrix = np.asarray(values, dtype=float)
    seen = ~np.asarray(hidden, dtype=bool) if hidden is not None else np.ones(matrix.shape, dtype=bool)
    limit = top if top is not None else float(np.abs(matrix[seen]).max(initial=0)) or 1.0
    q, k = np.nonzero(seen)
    cells = matrix[q, k]
    frame = pd.DataFrame(
        {
            "q": q,
            "k": k,
            "value": cells,
            "shown": [fmt(float(v)) for v in cells],
            # A number takes the colour of the ramp's other end: readable in both themes.
            "ink": np.where(np.abs(cells) > 0.55 * limit, 0.0, 1.0),
            "row": [visible(rows[i]) for i in q.tolist()],
            "column": [visible(columns[i]) for i in k.tolist()],
            "chosen": [chosen == cell for cell in zip(q.tolist(), k.tolist(), strict=True)],
        }
    )
    height = row_height or max(14, min(44, 420 // max(len(rows), 1)))
    layers = [squares(value_name, signed, limit)]
    if cells.size <= MOST_CELLS_WITH_NUMBERS:
        layers.append(numbers(height, len(columns)))
    spec = {
        "params": [
            {"name": "row_labels", "value": [short(label) for label in rows]},
            {"name": "column_labels", "value": [short(label) for label in columns]},
        ],
        "width": "container",
        "height": {"step": height},
        "encoding": {
            "x": axis("k", column_title, "column_labels", len(columns), top=True),
            "y": axis("q", row_title, "row_labels", len(rows), top=False),
        },
        "layer": layers,
        # The numbers have their own colour scale, or the cells' would be stretched over both.
        "resolve": {"scale": {"color": "independent"}},
        "config": {"view": {"stroke": None}},
    }
    return frame, spec


def axis(field: str, title: str, labels: str, count: int, top: bool) -> dict[str, Any]:
    """An axis over positions that writes each position's label."""
    return {
        "field": field,
        "type": "ordinal",
        "title": title,
        "scale": {"domain": list(range(count)), "paddingInner": 0.04},
        "axis": {
            "labelExpr": f"{labels}[datum.value]",
            "labelAngle": 0 if not top or count <= 10 else -45,
            "labelOverlap": True,
            "labelFlush": False,  # or the first and the last label would not stand in the middle of their cells
            "labelLimit": 110,
            "ticks": False,
            "domain": False,
            "grid": False,
            **({"orient": "top"} if top else {}),
        },
    }


def squares(value_name: str, signed: bool, limit: float) -> dict[str, Any]:
    """The coloured cells, with tooltip and click selection."""
    scale: dict[str, Any] = {"range": SEQUENTIAL, "domain": [0, limit]}
    if signed:
        scale = {"range": DIVERGING, "domain": [-limit, limit]}
    return {
        "mark": {"type": "rect", "cornerRadius": 2, "cursor": "pointer"},
        "params": [{"name": "pick", "select": {"type": "point", "fields": ["q", "k"], "toggle": False}}],
        "encoding": {
            "color": {
                "field": "value",
                "type": "quantitative",
                "scale": {**scale, "clamp": True, "interpolate": "rgb"},
                "legend": {
                    "title": value_name,
                    "gradientLength": 140,
                    "orient": "bottom",
                    "direction": "horizontal",
                },
            },
            "stroke": {"condition": {"test": "datum.chosen", "value": CHOSEN}, "value": None},
            "strokeWidth": {"condition": {"test": "datum.chosen", "value": 4}, "value": 0},
            "tooltip": [
                {"field": "row", "type": "nominal", "title": "row"},
                {"field": "column", "type": "nominal", "title": "column"},
                {"field": "value", "type": "quantitative", "title": value_name, "format": ".10~g"},
            ],
        },
    }


def numbers(height: int, columns: int) -> dict[str, Any]:
    """The numbers in the cells, for matrices small enough to read; not on a screen too narrow for them."""
    return {
        "mark": {"type": "text", "fontSize": min(14, height - 6), "interactive": False},
        "encoding": {
            "text": {"field": "shown", "type": "nominal"},
            "opacity": {"condition": {"test": f"width > {40 * columns}", "value": 1}, "value": 0},
            "color": {
                "field": "ink",
                "type": "quantitative",
                "scale": {"range": SEQUENTIAL, "domain": [0, 1]},
                "legend": None,
            },
        },
    }


def picked_cell(event: Mapping[str, Any] | None) -> tuple[int, int] | None:
    """The (row, column) that was clicked, from what `st.vega_lite_chart` returns or keeps under its key."""
    picks = ((event or {}).get("selection") or {}).get("pick") or []
    if not picks or "q" not in picks[0] or "k" not in picks[0]:
        return None
    return int(picks[0]["q"]), int(picks[0]["k"])
