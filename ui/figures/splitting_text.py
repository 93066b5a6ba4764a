"""The pictures of the lesson on splitting text: settings compared, a growing vocabulary, a boundary of texts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ui.labels import short
from ui.numbers import count
from ui.palette import CHANGED, INK, NEUTRAL, OTHER

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import ArrayLike

Picture = tuple[pd.DataFrame, dict[str, Any]]
MEASURES = ["tokens", "different tokens"]
COLOUR = {
    "field": "measure",
    "type": "nominal",
    "scale": {"domain": MEASURES, "range": [NEUTRAL, CHANGED]},
    "legend": {"title": None, "orient": "top"},
}


def settings_bars(names: Sequence[str], tokens: Sequence[int], different: Sequence[int], chosen: int) -> Picture:
    """How many tokens, and how many different ones, each setting gives; the chosen setting is opaque.

    names  the settings; tokens, different  one number for each
    """
    frame = pd.DataFrame(
        {
            "setting": list(names) * 2,
            "measure": [MEASURES[0]] * len(names) + [MEASURES[1]] * len(names),
            "value": [*tokens, *different],
            "shown": [count(value) for value in (*tokens, *different)],
            "chosen": [i == chosen for i in range(len(names))] * 2,
        }
    )
    opacity = {"condition": {"test": "datum.chosen", "value": 1}, "value": 0.4}
    bars = {
        "mark": {"type": "bar", "cornerRadiusEnd": 2},
        "encoding": {
            "color": COLOUR,
            "opacity": opacity,
            "tooltip": [{"field": field} for field in ("setting", "measure", "value")],
        },
    }
    numbers = {
        "mark": {"type": "text", "align": "left", "dx": 4, "fontSize": 11},
        "encoding": {"text": {"field": "shown", "type": "nominal"}, "color": INK},
    }
    top = max(max(tokens), 1) * 1.18
    return frame, {
        "width": "container",
        "height": {"step": 15, "for": "offset"},
        "encoding": {
            "y": {"field": "setting", "type": "nominal", "title": None, "sort": None, "axis": {"labelLimit": 200}},
            "yOffset": {"field": "measure", "type": "nominal", "sort": MEASURES},
            "x": {
                "field": "value",
                "type": "quantitative",
                "title": "number of tokens",
                "scale": {"domain": [0, top]},
                "axis": {"tickCount": 4, "grid": False, "format": ",d"},
            },
        },
        "layer": [bars, numbers],
        "resolve": {"scale": {"color": "independent"}},
    }


def growth_line(read: Sequence[int], different: Sequence[int]) -> Picture:
    """Size of the vocabulary against tokens read, and the line of a text in which no token comes twice.

    read  N numbers of tokens read; different  N sizes of the vocabulary by then
    """
    frame = pd.DataFrame({"read": read, "different": different})
    last = max(read, default=1)
    diagonal = {
        "data": {"values": [{"read": 0, "different": 0}, {"read": last, "different": last}]},
        "mark": {"type": "line", "color": NEUTRAL, "strokeDash": [5, 4]},
    }
    line = {
        "mark": {"type": "line", "color": CHANGED, "strokeWidth": 2.5, "point": len(read) < 40},
        "encoding": {
            "tooltip": [
                {"field": "read", "title": "tokens read", "format": ",d"},
                {"field": "different", "title": "different tokens", "format": ",d"},
            ]
        },
    }
    return frame, {
        "width": "container",
        "height": 235,
        "encoding": {
            "x": {
                "field": "read",
                "type": "quantitative",
                "title": "tokens read",
                "axis": {"tickCount": 4, "grid": False, "format": ",d"},
            },
            "y": {
                "field": "different",
                "type": "quantitative",
                "title": "different tokens",
                "axis": {"tickCount": 4, "format": ",d"},
            },
        },
        "layer": [diagonal, line],
    }


def boundary_lines(
    tokens: Sequence[str], lines: Mapping[str, ArrayLike], what: str, top: float | None = None, height: int = 300
) -> Picture:
    """One value for each token of the second text, a line for each way of joining the texts.

    tokens  N tokens; lines  name -> (N,) values, the changed one second; what  the axis title with its unit
    top     the end of the axis of a share, which is written in percent; by the values when left out
    """
    names = list(lines)
    size = len(tokens)
    frame = pd.DataFrame(
        {
            "place": list(range(size)) * len(names),
            "token": [short(token, 20) for token in tokens] * len(names),
            "joined": [name for name in names for _ in range(size)],
            "value": np.concatenate([np.asarray(values, dtype=float) for values in lines.values()]),
        }
    )
    hues, dashes = [NEUTRAL, CHANGED, OTHER], [[1, 0], [1, 0], [5, 4]]
    domain: dict[str, Any] = {"domainMin": 0} if top is None else {"domain": [0, top]}
    axis = {"tickCount": 5} if top is None else {"tickCount": 3, "format": "%"}
    return frame, {
        "params": [{"name": "labels", "value": [short(token, 9) for token in tokens]}],
        "width": "container",
        "height": height,
        "mark": {"type": "line", "point": {"size": 35}, "strokeWidth": 2},
        "encoding": {
            "x": {
                "field": "place",
                "type": "ordinal",
                "title": None,
                "axis": {"labelExpr": "labels[datum.value]", "labelAngle": -45, "labelOverlap": False},
            },
            "y": {"field": "value", "type": "quantitative", "title": what, "scale": domain, "axis": axis},
            "color": {
                "field": "joined",
                "type": "nominal",
                "sort": names,
                "scale": {"domain": names, "range": hues[: len(names)]},
                "legend": {
                    "title": None,
                    "orient": "top",
                    "columns": {"expr": "width < 420 ? 1 : 3"},
                    "symbolType": "stroke",
                    "symbolSize": 400,
                    "symbolStrokeWidth": 2.5,
                },
            },
            "strokeDash": {
                "field": "joined",
                "type": "nominal",
                "scale": {"domain": names, "range": dashes[: len(names)]},
                "legend": None,
            },
            "tooltip": [
                {"field": "token", "type": "nominal"},
                {"field": "joined", "type": "nominal"},
                {"field": "value", "type": "quantitative", "title": what, "format": ".10~g"},
            ],
        },
    }
