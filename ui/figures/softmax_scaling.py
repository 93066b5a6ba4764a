"""What scaling does to softmax: its entropy and slope against the width, and the weights of one query."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ui.numbers import fmt
from ui.palette import CHANGED, CHOSEN, INK, NEUTRAL

if TYPE_CHECKING:
    from collections.abc import Sequence

SCORES = ["as they are", "divided by √d_k"]
COLOUR: dict[str, Any] = {
    "field": "scores",
    "type": "nominal",
    "scale": {"domain": SCORES, "range": [NEUTRAL, CHANGED]},
    "legend": None,
}


def scaling_lines(
    widths: Sequence[int], raw: np.ndarray, scaled: np.ndarray, chosen: int, what: str, top: float
) -> tuple[pd.DataFrame, dict[str, Any]]:
    """One measure of softmax against the width of the keys, with and without scaling.

    widths  N widths, powers of two
    raw     (N,) the measure with scores as they are
    scaled  (N,) with scores divided by the square root of the width
    chosen  the marked width
    what    the axis title with its unit
    top     the most that the measure can be
    """
    frame = long_frame(raw, scaled).assign(width=list(widths) * 2)
    dashes = {"domain": SCORES, "range": [[6, 4], [1, 0]]}
    line = {
        "mark": {"type": "line", "point": {"size": 30}, "strokeWidth": 2.5},
        "encoding": {
            "color": COLOUR,
            "strokeDash": {"field": "scores", "type": "nominal", "scale": dashes, "legend": None},
            "tooltip": [
                {"field": "width", "type": "quantitative", "title": "d_k"},
                {"field": "scores", "type": "nominal"},
                {"field": "value", "type": "quantitative", "title": what},
            ],
        },
    }
    names = {
        "transform": [{"filter": f"datum.width == {max(widths)}"}],
        "mark": {"type": "text", "align": "right", "dy": -12, "fontSize": 13},
        "encoding": {"text": {"field": "scores", "type": "nominal"}, "color": COLOUR},
    }
    rule = {
        "mark": {"type": "rule", "color": CHOSEN, "strokeWidth": 3},
        "encoding": {"x": {"datum": chosen, "type": "quantitative"}},
    }
    x = {
        "field": "width",
        "type": "quantitative",
        "title": "d_k, numbers in a query or key",
        "scale": {"type": "log", "base": 2},
        "axis": {"grid": False, "values": list(widths)[::2], "format": "d"},
    }
    y = {"field": "value", "type": "quantitative", "title": what, "scale": {"domain": [0, 1.12 * top]}}
    return frame, {
        "width": "container",
        "height": 230,
        "encoding": {"x": x, "y": y},
        "layer": [rule, line, names],
    }


def weight_bars(raw: np.ndarray, scaled: np.ndarray) -> tuple[pd.DataFrame, dict[str, Any]]:
    """One query's weights over its keys, from scores as they are and from scaled ones, each (keys,)."""
    frame = long_frame(raw, scaled).assign(
        key=[f"key {n + 1}" for n in range(len(raw))] * 2,
        shown=[fmt(float(weight)) for weight in (*raw, *scaled)],
    )
    x = {
        "field": "value",
        "type": "quantitative",
        "title": "attention weight, 0 to 1",
        "scale": {"domain": [0, 1.12]},
        "axis": {"values": [0, 0.25, 0.5, 0.75, 1], "format": ".2~f"},
    }
    numbers = {
        "mark": {"type": "text", "align": "left", "dx": 4, "fontSize": 11},
        "encoding": {"text": {"field": "shown", "type": "nominal"}, "color": INK},
    }
    return frame, {
        "width": "container",
        "height": {"step": 14, "for": "offset"},
        "encoding": {
            "y": {"field": "key", "type": "nominal", "title": None, "sort": None},
            "yOffset": {"field": "scores", "type": "nominal", "sort": SCORES},
            "x": x,
        },
        "layer": [{"mark": {"type": "bar", "cornerRadiusEnd": 2}, "encoding": {"color": COLOUR}}, numbers],
        "resolve": {"scale": {"color": "independent"}},
    }


def long_frame(raw: np.ndarray, scaled: np.ndarray) -> pd.DataFrame:
    """Both series below each other, with the name of each."""
    names = [SCORES[0]] * len(raw) + [SCORES[1]] * len(scaled)
    return pd.DataFrame({"value": np.concatenate([raw, scaled]).astype(float), "scores": names})
