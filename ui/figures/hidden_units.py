"""Pictures of a feed-forward at work: every number going in, inside and coming out, and the units that add most."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ui.labels import short
from ui.numbers import fmt, percent
from ui.palette import CHOSEN, DIVERGING, INK, OTHER

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

Picture = tuple[pd.DataFrame, dict[str, Any]]
PARTS = ("in", "hidden", "out")


def rows_of(width: int) -> int:
    """How many rows a vector of this width is laid out in: the largest divisor that keeps it no taller than wide."""
    return max(n for n in range(1, int(width**0.5) + 1) if width % n == 0)


def all_numbers(x: Floats, hidden: Floats, out: Floats, chosen: int) -> Picture:
    """Three fields of cells: D numbers in, 4 D hidden, D out; a column of cells after the other.

    Each field has a colour scale of its own, up to the size that 1 in 100 of its numbers exceeds.
    chosen  the outlined hidden unit

    A click on a hidden cell gives the selection `pick` with `unit`.
    """
    rows, left, tables = rows_of(len(x)), 0, []
    gap = max(2, rows // 6)
    for name, values in zip(PARTS, (x, hidden, out), strict=True):
        place = np.arange(len(values))
        limit = float(np.quantile(np.abs(values), 0.99)) or 1.0
        tables.append(
            pd.DataFrame(
                {
                    "part": name,
                    "place": place,
                    "unit": place if name == "hidden" else -1,
                    "x": left + place // rows,
                    "y": place % rows,
                    "value": values.astype(float),
                    "strength": np.clip(values / limit, -1, 1).astype(float),
                }
            )
        )
        left += len(values) // rows + gap
    frame = pd.concat(tables, ignore_index=True)
    frame["chosen"] = frame["unit"] == chosen
    frame["x2"], frame["y2"] = frame["x"] + 1, frame["y"] + 1
    position = {"type": "quantitative", "axis": None}
    place_x = {**position, "scale": {"domain": [0, left - gap], "nice": False}}
    place_y = {**position, "scale": {"domain": [-1.8, rows], "reverse": True, "nice": False}}
    cells = {
        "params": [{"name": "pick", "select": {"type": "point", "fields": ["unit"], "toggle": False}}],
        "mark": {"type": "rect", "cursor": "pointer"},
        "encoding": {
            "x": {"field": "x", **place_x},
            "x2": {"field": "x2"},
            "y": {"field": "y", **place_y},
            "y2": {"field": "y2"},
            "color": {
                "field": "strength",
                "type": "quantitative",
                "scale": {"range": DIVERGING, "domain": [-1, 1], "interpolate": "rgb"},
                "legend": None,
            },
            "tooltip": [
                {"field": "part", "type": "nominal"},
                {"field": "place", "type": "quantitative"},
                {"field": "value", "type": "quantitative", "format": ".6~g"},
            ],
        },
    }
    outline = {
        "transform": [{"filter": "datum.chosen"}],
        "mark": {"type": "rect", "fillOpacity": 0, "stroke": CHOSEN, "strokeWidth": 3, "interactive": False},
        "encoding": {
            "x": {"field": "x", **place_x},
            "x2": {"field": "x2"},
            "y": {"field": "y", **place_y},
            "y2": {"field": "y2"},
        },
    }
    titles = frame.groupby("part", sort=False).agg(x=("x", "min"), n=("place", "size")).reset_index()
    title = {
        "data": {"values": [{"x": int(r.x), "y": -0.6, "words": f"{r.part}: {r.n:,}"} for r in titles.itertuples()]},
        "mark": {"type": "text", "align": "left", "fontSize": 13, "interactive": False},
        "encoding": {
            "x": {"field": "x", **place_x},
            "y": {"field": "y", **place_y},
            "text": {"field": "words", "type": "nominal"},
            "color": INK,
        },
    }
    return frame, {
        "width": "container",
        "height": 200,
        "layer": [cells, outline, title],
        "resolve": {"scale": {"color": "independent"}},
        "config": {"view": {"stroke": None}},
    }


def bars(
    labels: Sequence[str], values: Sequence[float], what: str, ids: Sequence[int], chosen: int, share: bool = False
) -> Picture:
    """Horizontal bars with their numbers; a click gives the selection `pick` with `id`.

    what   the axis title, with its unit
    share  the values are shares, 0 to 1, and shown as percentages
    """
    frame = pd.DataFrame(
        {
            "place": np.arange(len(labels)),
            "label": [short(label, 22) for label in labels],
            "value": np.asarray(values, dtype=float),
            "id": list(ids),
        }
    )
    frame["shown"] = [percent(value) if share else fmt(value) for value in frame["value"]]
    frame["chosen"] = frame["id"] == chosen
    y = {
        "field": "place",
        "type": "ordinal",
        "title": None,
        "scale": {"paddingInner": 0.25},
        "axis": {"ticks": False, "domain": False, "labelExpr": "labels[datum.value]", "labelLimit": 170},
    }
    bar = {
        "params": [{"name": "pick", "select": {"type": "point", "fields": ["id"], "toggle": False}}],
        "mark": {"type": "bar", "cornerRadiusEnd": 3, "cursor": "pointer"},
        "encoding": {
            "x": {
                "field": "value",
                "type": "quantitative",
                "title": what,
                "scale": {"domain": [0, 1]} if share else {},
                "axis": {"grid": False, "tickCount": 4, "format": "%" if share else "~r"},
            },
            "color": {"condition": {"test": "datum.chosen", "value": CHOSEN}, "value": OTHER},
            "tooltip": [
                {"field": "label", "type": "nominal"},
                {"field": "value", "type": "quantitative", "title": what, "format": ".6~g"},
            ],
        },
    }
    number = {
        "mark": {"type": "text", "align": "left", "dx": 4, "fontSize": 12, "interactive": False},
        "encoding": {
            "x": {"field": "value", "type": "quantitative"},
            "text": {"field": "shown", "type": "nominal"},
            "color": INK,
        },
    }
    return frame, {
        "width": "container",
        "height": {"step": 24},
        "params": [{"name": "labels", "value": frame["label"].tolist()}],
        "encoding": {"y": y},
        "layer": [bar, number],
        "resolve": {"scale": {"color": "independent"}},
    }
