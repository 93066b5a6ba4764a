"""Pictures of normalisation: the learned scale and shift, and which numbers of a table share a mean."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ui.labels import short
from ui.palette import CHANGED, CHOSEN, DIVERGING, NEUTRAL, OTHER

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.floating]

Picture = tuple[pd.DataFrame, dict[str, Any]]


def scale_and_shift(scale: Floats, shift: Floats, chosen: int) -> Picture:
    """One dot for each place of the vector: its learned factor and what is added; a fresh model's are all 1 and 0.

    A click gives the selection `pick` with `entry`.
    """
    frame = pd.DataFrame(
        {"entry": np.arange(len(scale)), "scale": np.asarray(scale, float), "shift": np.asarray(shift, float)}
    )
    frame["chosen"] = frame["entry"] == chosen
    dots = {
        "params": [{"name": "pick", "select": {"type": "point", "fields": ["entry"], "toggle": False}}],
        "mark": {"type": "circle", "cursor": "pointer"},
        "encoding": {
            "opacity": {"condition": {"test": "datum.chosen", "value": 1}, "value": 0.55},
            "size": {"condition": {"test": "datum.chosen", "value": 170}, "value": 36},
            "color": {"condition": {"test": "datum.chosen", "value": CHOSEN}, "value": OTHER},
            "tooltip": [{"field": name, "type": "quantitative"} for name in ("entry", "scale", "shift")],
        },
    }
    fresh = {
        "data": {"values": [{"scale": 1, "shift": 0}]},
        "mark": {"type": "point", "shape": "cross", "size": 150, "color": NEUTRAL, "filled": True, "opacity": 1},
    }
    x, y = (
        {"field": name, "type": "quantitative", "title": title, "scale": {"zero": False}, "axis": {"grid": True}}
        for name, title in (("scale", "scale, a factor"), ("shift", "shift, added"))
    )
    return frame, {"width": "container", "height": 260, "encoding": {"x": x, "y": y}, "layer": [fresh, dots]}


def number_table(
    values: Floats, rows: Sequence[str], columns: Sequence[str], cell: tuple[int, int], axis: int
) -> Picture:
    """A small table of signed numbers; framed: those that share a mean with the chosen cell.

    axis  1: the cell's row shares its mean; 0: its column

    A click gives the selection `pick` with `row` and `column`.
    """
    at = [(i, j) for i in range(len(rows)) for j in range(len(columns))]
    cells = [float(values[i, j]) for i, j in at]
    limit = max(map(abs, cells)) or 1.0
    frame = pd.DataFrame(
        {
            "row": [i for i, _ in at],
            "column": [j for _, j in at],
            "value": cells,
            "shown": [f"{value:.2f}".replace("-", "−") for value in cells],
            "ink": [0.0 if abs(value) > 0.55 * limit else 1.0 for value in cells],
            "together": [i == cell[0] if axis == 1 else j == cell[1] for i, j in at],
            "chosen": [place == cell for place in at],
        }
    )
    squares = {
        "params": [{"name": "pick", "select": {"type": "point", "fields": ["row", "column"], "toggle": False}}],
        "mark": {"type": "rect", "cursor": "pointer", "cornerRadius": 3},
        "encoding": {
            "color": {
                "field": "value",
                "type": "quantitative",
                "scale": {"range": DIVERGING, "domain": [-limit, limit], "interpolate": "rgb"},
                "legend": None,
            },
            "stroke": {
                "condition": [
                    {"test": "datum.chosen", "value": CHOSEN},
                    {"test": "datum.together", "value": CHANGED},
                ],
                "value": None,
            },
            "strokeWidth": {"value": 3},
            "tooltip": [{"field": "value", "type": "quantitative", "format": ".10~g"}],
        },
    }
    ink = {"scale": {"range": "ramp", "domain": [0, 1]}, "legend": None}
    text = {
        "mark": {"type": "text", "interactive": False, "fontSize": 13},
        "encoding": {
            "text": {"field": "shown", "type": "nominal"},
            "color": {"field": "ink", "type": "quantitative", **ink},
        },
    }
    x, y = (
        {
            "field": name,
            "type": "ordinal",
            "title": title,
            "scale": {"paddingInner": 0.1, "paddingOuter": 0.05},
            "axis": {
                "labelExpr": f"{name}_labels[datum.value]",
                "labelAngle": 0,
                "ticks": False,
                "domain": False,
                **({"orient": "top"} if name == "column" else {}),
            },
        }
        for name, title in (("column", "feature"), ("row", None))
    )
    return frame, {
        "params": [
            {"name": "row_labels", "value": [short(label, 20) for label in rows]},
            {"name": "column_labels", "value": list(columns)},
        ],
        "width": "container",
        "height": {"step": 36},
        "encoding": {"x": x, "y": y},
        "layer": [squares, text],
        "resolve": {"scale": {"color": "independent"}},
        "config": {"view": {"stroke": None}},
    }
