"""The picture of a transformer block: one token's vector after every step, and the two shortcuts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ui.numbers import fmt
from ui.palette import CHOSEN, DIVERGING, INK, NEUTRAL

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

Picture = tuple[pd.DataFrame, dict[str, Any]]
ROW = 56  # pixels a step is high, legend included


def block_steps(values: NDArray[np.float32], names: Sequence[Sequence[str]], chosen: tuple[int, int]) -> Picture:
    """A row for each step of a block: the vector of one token as coloured cells, its length, and the two shortcuts.

    values  (7, D) the token's vector after each step
    names   lines of text for each row
    chosen  (row, column) of the outlined cell

    A click gives the selection `pick` with `step` and `column`.
    """
    width = min(32, values.shape[1])
    drawn = values[:, :width].astype(float)
    step, column = np.indices(drawn.shape)
    frame = pd.DataFrame(
        {
            "step": step.ravel(),
            "row": step.ravel() + 1,
            "column": column.ravel(),
            "value": drawn.ravel(),
            "top": step.ravel() + 0.09,
            "bottom": step.ravel() + 0.91,
            "right": column.ravel() + 0.94,
            "chosen": [cell == chosen for cell in zip(step.ravel().tolist(), column.ravel().tolist(), strict=True)],
        }
    )
    limit = float(np.abs(drawn).max()) or 1.0
    lengths = [
        {"step": i + 0.5, "length": fmt(float(size)), "at": width + 3}
        for i, size in enumerate(np.linalg.norm(values.astype(float), axis=1))
    ]
    return frame, {
        "params": [{"name": "labels", "value": [list(lines) for lines in names]}],
        "width": "container",
        "height": ROW * len(values),
        "encoding": {
            "x": {
                "field": "column",
                "type": "quantitative",
                "title": None,
                "scale": {"domain": [0, width + 8], "nice": False},
                "axis": None,
            },
            "y": {
                "type": "quantitative",
                "title": None,
                "scale": {"domain": [0, len(values)], "reverse": True, "nice": False},
                "axis": {
                    "values": [i + 0.5 for i in range(len(values))],
                    "labelExpr": "labels[floor(datum.value)]",
                    "labelBaseline": "middle",
                    "labelOffset": -6,
                    "labelLimit": 150,
                    "labelOverlap": False,
                    "ticks": False,
                    "domain": False,
                    "grid": False,
                },
            },
        },
        "layer": [
            _cells(limit),
            *_shortcut(0, 3, width),
            *_shortcut(3, 6, width),
            {
                "data": {"values": lengths},
                "mark": {"type": "text", "align": "left", "fontSize": 12, "interactive": False},
                "encoding": {
                    "x": {"field": "at", "type": "quantitative"},
                    "y": {"field": "step", "type": "quantitative"},
                    "text": {"field": "length", "type": "nominal"},
                    "color": INK,
                },
            },
        ],
        "resolve": {"scale": {"color": "independent"}},
        "config": {"view": {"stroke": None}},
    }


def _cells(limit: float) -> dict[str, Any]:
    """The vectors as coloured cells that can be clicked."""
    return {
        "mark": {"type": "rect", "cornerRadius": 2, "cursor": "pointer"},
        "params": [{"name": "pick", "select": {"type": "point", "fields": ["step", "column"], "toggle": False}}],
        "encoding": {
            "x2": {"field": "right"},
            "y": {"field": "top", "type": "quantitative"},
            "y2": {"field": "bottom"},
            "color": {
                "field": "value",
                "type": "quantitative",
                # Small numbers stand beside large ones that are normalised: in proportion they would be blank.
                "scale": {"type": "sqrt", "range": DIVERGING, "domain": [-limit, limit], "interpolate": "rgb"},
                "legend": {
                    "title": "value",
                    "orient": "bottom",
                    "direction": "horizontal",
                    "gradientLength": 140,
                },
            },
            "stroke": {"condition": {"test": "datum.chosen", "value": CHOSEN}, "value": None},
            "strokeWidth": {"condition": {"test": "datum.chosen", "value": 3}, "value": 0},
            "tooltip": [
                {"field": "row"},
                {"field": "column", "title": "number"},
                {"field": "value", "title": "value", "format": ".10~g"},
            ],
        },
    }


def _shortcut(start: int, end: int, width: int) -> list[dict[str, Any]]:
    """A line around the steps from one row to another, with an arrow at its end."""
    left, right = width + 0.3, width + 1.9
    y_start, y_end = start + (0.5 if start == 0 else 0.68), end + 0.4
    corners = [(left, y_start), (right, y_start), (right, y_end), (left + 0.4, y_end)]
    points = [{"x": x, "y": y, "order": i} for i, (x, y) in enumerate(corners)]
    place = {"x": {"field": "x", "type": "quantitative"}, "y": {"field": "y", "type": "quantitative"}}
    return [
        {
            "data": {"values": points},
            "mark": {"type": "line", "color": NEUTRAL, "strokeWidth": 2, "interactive": False},
            "encoding": {**place, "order": {"field": "order"}},
        },
        {
            "data": {"values": points[-1:]},
            "mark": {"type": "point", "shape": "triangle-left", "filled": True, "size": 90, "opacity": 1}
            | {"color": NEUTRAL, "interactive": False},
            "encoding": place,
        },
    ]
