"""Curves and histograms that several lessons share: two series over layers, and one vector's numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ui.figures.axes import log_axis
from ui.numbers import fmt
from ui.palette import CHANGED, CHOSEN, NEUTRAL, OTHER

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.floating]

Picture = tuple[pd.DataFrame, dict[str, Any]]
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
        "axis": {"grid": True, **(log_axis(frame["value"]) if log else {"format": "~r", "tickCount": 6})},
    }
    colour = {
        "field": "network",
        "type": "nominal",
        "sort": None,
        "scale": {"domain": list(names), "range": [NEUTRAL, CHANGED]},
        "legend": {
            "orient": "top",
            "title": None,
            "symbolType": "stroke",
            "symbolSize": 300,  # two names fit beside one another on a phone
            "labelLimit": 0,
        },
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
                "axis": {"grid": False, "tickCount": 5, "format": "~r"},
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
