"""Shares of right answers with their intervals: a dot on a line for each, one below the other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ui.labels import short
from ui.numbers import count, percent
from ui.palette import INK, NEUTRAL

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from engine.evaluation.metrics import Accuracy

Picture = tuple[pd.DataFrame, dict[str, Any]]


def interval_dots(
    rows: Sequence[tuple[str, str, Accuracy]],
    hues: Mapping[str, str],
    title: str,
    guessing: float | None = None,
    legend: bool = False,
) -> Picture:
    """A dot for each share of right answers and a line for its 95% interval, under its name.

    rows      name, kind (a key of hues), right answers out of all
    hues      kind -> colour
    title     what the share is of
    guessing  a dashed line here: the share that always giving the same answer has, 0 to 1
    legend    whether to explain the colours
    """
    frame = pd.DataFrame(
        [
            {
                "place": place,
                "name": name,
                "kind": kind,
                "share": one.share,
                "low": one.interval[0],
                "high": one.interval[1],
                "written": f"{short(name, 40)}\N{EN SPACE}{percent(one.share)}",
                "shown": f"{percent(one.share)} ({count(one.right)} of {count(one.total)})",
            }
            for place, (name, kind, one) in enumerate(rows)
        ]
    )
    least = min(float(frame["low"].min()), 1.0 if guessing is None else guessing)
    scale = {"domain": [max(0.0, np.floor(least * 10) / 10), 1.0]}
    axis = {"format": ".0%", "tickCount": 6, "grid": False}
    x = {"type": "quantitative", "title": title, "scale": scale, "axis": axis}
    color = {
        "field": "kind",
        "type": "nominal",
        "scale": {"domain": list(hues), "range": list(hues.values())},
        "legend": {"title": None, "orient": "top", "columns": {"expr": "width < 420 ? 1 : 3"}} if legend else None,
    }
    tooltip = [
        {"field": "name", "title": "which"},
        *([{"field": "kind"}] if legend else []),
        {"field": "shown", "title": "right"},
        {"field": "low", "type": "quantitative", "format": ".4f", "title": "95% from"},
        {"field": "high", "type": "quantitative", "format": ".4f", "title": "to"},
    ]
    layers: list[dict[str, Any]] = [
        {
            "mark": {"type": "rule", "strokeWidth": 3},
            "encoding": {"x": {**x, "field": "low"}, "x2": {"field": "high"}, "color": {**color, "legend": None}},
        },
        {
            "mark": {"type": "point", "filled": True, "size": 90, "opacity": 1},
            "encoding": {"x": {**x, "field": "share"}, "color": color, "tooltip": tooltip},
        },
        {
            # On a phone names beside the lines would leave these no room.
            "mark": {"type": "text", "align": "left", "dy": -13, "fontSize": 12, "interactive": False},
            "encoding": {"x": {"value": 2}, "text": {"field": "written"}, "color": INK},
        },
    ]
    if guessing is not None:
        # A piece beside each interval, so that the line passes behind no name.
        dashed = {"type": "rule", "strokeDash": [4, 4], "color": NEUTRAL, "yOffset": -8, "y2Offset": 12}
        layers.insert(0, {"mark": dashed, "encoding": {"x": {"datum": guessing, **x}, "y2": {"field": "place"}}})
    return frame, {
        "width": "container",
        "height": {"step": 36},
        "encoding": {"y": {"field": "place", "type": "ordinal", "axis": None}},
        "layer": layers,
        "resolve": {"scale": {"color": "independent"}},
    }
