"""Pictures of normalisation: spread and gradients by layer, one vector before and after, two variances."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ui.labels import short
from ui.numbers import fmt
from ui.palette import CHANGED, CHOSEN, DIVERGING, NEUTRAL, OTHER

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.floating]

Picture = tuple[pd.DataFrame, dict[str, Any]]
WITHOUT, WITH = "without layer norm", "with layer norm"
DASHES = [[6, 4], [1, 0]]


def two_lines(
    x: Sequence[int],
    first: Floats,
    second: Floats,
    names: tuple[str, str],
    titles: tuple[str, str],
    chosen: int,
    log: bool = True,
) -> Picture:
    """Two series over layers, the first dashed; a rule marks the chosen layer.

    x              the layers
    first, second  one number for each; what is not positive has no place on a log axis and is left out
    names          of the two series
    titles         of the axes, with units

    A click gives the selection `pick` with `x`.
    """
    frame = pd.DataFrame(
        {
            "x": [*x, *x],
            "value": np.concatenate([first, second]).astype(float),
            "network": [names[0]] * len(x) + [names[1]] * len(x),
        }
    )
    frame["shown"] = [fmt(value) for value in frame["value"]]
    if log:
        frame = frame[frame["value"] > 0]
    y = {
        "field": "value",
        "type": "quantitative",
        "title": titles[1],
        "scale": {"type": "log"} if log else {},
        "axis": {"format": ".0e" if _wide(frame["value"]) else "~g", "tickCount": 6, "grid": True},
    }
    colour = {
        "field": "network",
        "type": "nominal",
        "sort": None,
        "scale": {"domain": list(names), "range": [NEUTRAL, CHANGED]},
        "legend": {"orient": "top", "title": None, "symbolType": "stroke", "symbolStrokeWidth": 3},
    }
    lines = {
        "mark": {"type": "line", "strokeWidth": 2.5},
        "encoding": {
            "color": colour,
            "strokeDash": {
                "field": "network",
                "type": "nominal",
                "scale": {"domain": list(names), "range": DASHES},
                "legend": None,
            },
        },
    }
    points = {
        "params": [{"name": "pick", "select": {"type": "point", "fields": ["x"], "toggle": False}}],
        "mark": {"type": "circle", "size": 34, "opacity": 1, "cursor": "pointer"},
        "encoding": {
            "color": colour,
            "tooltip": [
                {"field": "x", "type": "quantitative", "title": titles[0]},
                {"field": "network", "type": "nominal"},
                {"field": "value", "type": "quantitative", "title": titles[1], "format": ".10~g"},
            ],
        },
    }
    rule = {
        "mark": {"type": "rule", "color": CHOSEN, "strokeWidth": 3},
        "encoding": {"x": {"datum": chosen, "type": "quantitative"}, "y": None},
    }
    return frame, {
        "width": "container",
        "height": 290,
        "encoding": {
            "x": {
                "field": "x",
                "type": "quantitative",
                "title": titles[0],
                "scale": {"domain": [min(x), max(x)], "nice": False},
                "axis": {"grid": False, "format": "d", "tickMinStep": 1},
            },
            "y": y,
        },
        "layer": [rule, lines, points],
    }


def _wide(values: pd.Series) -> bool:
    return bool(len(values)) and not 1e-3 <= float(values.min()) <= float(values.max()) < 1e5


def histogram(values: Floats, chosen: float, what: str) -> Picture:
    """How often each size occurs among the numbers of a vector; the bar with the chosen number stands out.

    values  (D,)
    chosen  one of them
    what    the axis title
    """
    values = np.asarray(values, dtype=float)
    counts, edges = np.histogram(values, bins=min(30, max(6, len(values) // 6)))
    frame = pd.DataFrame(
        {
            "from": edges[:-1],
            "to": edges[1:],
            "count": counts,
            "range": [f"{fmt(a)} to {fmt(b)}" for a, b in zip(edges, edges[1:], strict=False)],
        }
    )
    place = min(int(np.searchsorted(edges, chosen, side="right")) - 1, len(counts) - 1)
    frame["chosen"] = [i == place for i in range(len(counts))]
    return frame, {
        "width": "container",
        "height": 190,
        "mark": {"type": "bar", "binSpacing": 1},
        "encoding": {
            "x": {
                "field": "from",
                "type": "quantitative",
                "title": what,
                "bin": {"binned": True},
                "scale": {"nice": False, "zero": False},
                "axis": {"grid": False, "tickCount": 5, "format": "~g"},
            },
            "x2": {"field": "to"},
            "y": {"field": "count", "type": "quantitative", "title": "how many", "axis": {"tickMinStep": 1}},
            "color": {"condition": {"test": "datum.chosen", "value": CHOSEN}, "value": OTHER},
            "tooltip": [
                {"field": "range", "type": "nominal", "title": "from, to"},
                {"field": "count", "type": "quantitative", "title": "how many"},
            ],
        },
    }


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
            "title": None,
            "scale": {"paddingInner": 0.1, "paddingOuter": 0.05},
            "axis": {
                "labelExpr": f"{name}_labels[datum.value]",
                "labelAngle": 0,
                "ticks": False,
                "domain": False,
                **({"orient": "top"} if name == "column" else {}),
            },
        }
        for name in ("column", "row")
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
