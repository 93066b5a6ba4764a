"""Pictures of what each part of a GPT adds to the stream, and of two trainings side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from ui.numbers import fmt
from ui.palette import CHANGED, CHOSEN, NEUTRAL, OTHER

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Picture = tuple[pd.DataFrame, dict[str, Any]]
OUTSIDE = "outside the blocks"
MOST_NAMES = 16  # below the bars, all readable on a phone; of more, some are left out
HUES = {"attention": OTHER, "feed-forward": CHANGED, OUTSIDE: NEUTRAL}


def part_bars(parts: Sequence[tuple[str, str]], values: Sequence[float], title: str, chosen: int | None) -> Picture:
    """A bar for each part: its place in the model along x, its kind by colour.

    parts   (place, kind) of each; kind is one of HUES
    values  one number for each part, with or without a sign
    title   what the number is
    chosen  the outlined part, None for none

    A click gives the selection `pick` with `part`.
    """
    frame = pd.DataFrame(
        {
            "part": range(len(parts)),
            "place": [place for place, _ in parts],
            "kind": [kind for _, kind in parts],
            "name": [place if kind == OUTSIDE else f"{kind}, {place}" for place, kind in parts],
            "value": [float(v) for v in values],
            "shown": [fmt(float(v)) for v in values],
            "slot": [int(kind == "feed-forward") for _, kind in parts],
            "chosen": [i == chosen for i in range(len(parts))],
        }
    )
    crowded = frame["place"].nunique() > MOST_NAMES
    return frame, {
        "width": "container",
        "height": 330,
        "params": [{"name": "pick", "select": {"type": "point", "fields": ["part"], "toggle": False}}],
        "mark": {"type": "bar", "cursor": "pointer"},
        "encoding": {
            "x": {
                "field": "place",
                "type": "nominal",
                "sort": None,
                "title": None,
                "axis": {"labelAngle": -40, "labelOverlap": crowded, "ticks": False},
            },
            "xOffset": {"field": "slot", "type": "ordinal"},
            "y": {"field": "value", "type": "quantitative", "title": title, "axis": {"tickCount": 5}},
            "color": {
                "field": "kind",
                "type": "nominal",
                "scale": {"domain": list(HUES), "range": list(HUES.values())},
                "legend": {"title": None, "orient": "top", "columns": 2},
            },
            "stroke": {"condition": {"test": "datum.chosen", "value": CHOSEN}, "value": None},
            "strokeWidth": {"condition": {"test": "datum.chosen", "value": 3}, "value": 0},
            "tooltip": [
                {"field": "name", "type": "nominal", "title": "part"},
                {"field": "value", "title": title, "format": ".10~g"},
            ],
        },
    }


def two_curves(steps: Sequence[int], curves: Mapping[str, Sequence[float]], title: str) -> Picture:
    """Two trainings over their steps: the first as usual, the second changed and dashed.

    curves  name -> a number for each step
    title   what the numbers are, with their unit
    """
    names = list(curves)
    frame = pd.concat([pd.DataFrame({"step": steps, "value": values, "of": name}) for name, values in curves.items()])
    return frame.dropna(), {
        "width": "container",
        "height": 330,
        "mark": {"type": "line", "strokeWidth": 2.5, "point": {"opacity": 0, "size": 80}},
        "encoding": {
            "x": {"field": "step", "type": "quantitative", "title": "step", "axis": {"grid": False, "tickCount": 6}},
            "y": {
                "field": "value",
                "type": "quantitative",
                "title": title,
                "scale": {"zero": False},
                "axis": {"tickCount": 5},
            },
            "color": {
                "field": "of",
                "type": "nominal",
                "scale": {"domain": names, "range": [NEUTRAL, CHANGED]},
                "legend": {"title": None, "orient": "top", "labelLimit": 0},
            },
            "strokeDash": {
                "field": "of",
                "type": "nominal",
                "scale": {"domain": names, "range": [[1, 0], [6, 4]]},
                "legend": None,
            },
            "tooltip": [
                {"field": "of", "type": "nominal", "title": "model"},
                {"field": "step"},
                {"field": "value", "title": title, "format": ".10~g"},
            ],
        },
    }
