"""The parts of a classifier as bars: how many parameters each has, and how many of them learn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from ui.numbers import count
from ui.palette import INK, NEUTRAL, OTHER

if TYPE_CHECKING:
    from collections.abc import Sequence

Picture = tuple[pd.DataFrame, dict[str, Any]]
FROZEN, LEARNS = "stays as it is", "learns"


def weight_bars(rows: Sequence[tuple[str, int, int]]) -> Picture:
    """Bars on a log axis, output side on top; a grey one for what stays, a blue one for what learns.

    rows  from below: name, parameters, how many learn (of LoRA: numbers beside them)
    """
    records = []
    for name, own, learns in reversed(rows):
        if learns < own:
            records.append((name, FROZEN, own))
        if learns:
            records.append((name, LEARNS, learns))
    frame = pd.DataFrame(records, columns=["part", "kind", "parameters"])
    frame["shown"] = frame["parameters"].map(count)
    kinds = {"domain": [FROZEN, LEARNS], "range": [NEUTRAL, OTHER]}
    both = any(0 < learns < own for _, own, learns in rows)
    axis = {"labelFlush": False, "ticks": False, "domain": False}
    y = {"field": "part", "type": "nominal", "sort": None, "title": None, "axis": axis}
    x = {
        "field": "parameters",
        "type": "quantitative",
        "title": "parameters (log scale)",
        "scale": {"type": "log", "domainMin": 1, "padding": 50},
        "axis": {"tickCount": 5, "format": "~s", "grid": False, "labelBound": True},
    }
    offset = {"yOffset": {"field": "kind", "scale": {"domain": [FROZEN, LEARNS]}}} if both else {}
    return frame, {
        "width": "container",
        "height": {"step": 11 if both else 22},
        "encoding": {"y": y, **offset},
        "layer": [
            {
                "mark": {"type": "bar", "cornerRadiusEnd": 2},
                "encoding": {
                    "x": x,
                    "x2": {"datum": 1},
                    "color": {"field": "kind", "scale": kinds, "legend": {"title": None, "orient": "top"}},
                    "tooltip": [{"field": "part"}, {"field": "kind"}, {"field": "shown", "title": "parameters"}],
                },
            },
            {
                "mark": {"type": "text", "align": "left", "dx": 4, "fontSize": 10, "interactive": False},
                "encoding": {"x": x, "text": {"field": "shown"}, "color": INK},
            },
        ],
        "resolve": {"scale": {"color": "independent"}},
    }
