"""The picture of print_gradients: a pair of bars for each layer, without shortcuts and with them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ui.numbers import fmt
from ui.palette import CHANGED, CHOSEN, INK, NEUTRAL

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

Picture = tuple[pd.DataFrame, dict[str, Any]]
WITHOUT, WITH = "without shortcuts", "with shortcuts"
MOST_NUMBERS = 6  # layers whose bars can carry their numbers


def gradient_bars(plain: Floats, shortcut: Floats, log: bool, chosen: int) -> Picture:
    """Mean size of each layer's gradients; on the left of each pair without shortcuts, on the right with them.

    plain, shortcut  (layers,) input side first
    log              a log axis, whose foot is the power of ten below the smallest; zeros have no place on it
    chosen           the layer whose pair is outlined

    A click gives the selection `pick` with `layer`.
    """
    layers = np.arange(len(plain))
    frame = pd.DataFrame(
        {
            "layer": np.tile(layers, 2),
            "network": np.repeat([WITHOUT, WITH], len(layers)),
            "value": np.concatenate([plain, shortcut]).astype(float),
        }
    )
    frame["shown"] = [fmt(value) for value in frame["value"]]
    frame["chosen"] = frame["layer"] == chosen
    positive = frame.loc[frame["value"] > 0, "value"]
    foot = 10.0 ** math.floor(math.log10(positive.min())) if log and len(positive) else 0.0
    frame["foot"] = foot
    if log:
        frame = frame[frame["value"] > 0]
    x = {
        "field": "layer",
        "type": "ordinal",
        "title": "layer (0 is next to the input)",
        "axis": {"labelAngle": 0, "ticks": False, "labelOverlap": True},
        "scale": {"paddingInner": 0.25},
    }
    offset = {"field": "network", "type": "nominal", "sort": [WITHOUT, WITH]}
    y: dict[str, Any] = {
        "field": "value",
        "type": "quantitative",
        "title": "mean size of the gradients",
        "scale": {"type": "log", "domainMin": foot, "nice": False} if log else {"domainMin": 0},
        "axis": {"tickCount": 6, "format": ".0e" if log else "~r"},
    }
    bars = {
        "params": [{"name": "pick", "select": {"type": "point", "fields": ["layer"], "toggle": False}}],
        "mark": {"type": "bar", "cursor": "pointer", "cornerRadiusEnd": 2},
        "encoding": {
            "x": x,
            "xOffset": offset,
            "y": y,
            "y2": {"field": "foot"},
            "color": {
                "field": "network",
                "type": "nominal",
                "sort": None,
                "scale": {"domain": [WITHOUT, WITH], "range": [NEUTRAL, CHANGED]},
                "legend": {"orient": "top", "title": None},
            },
            "stroke": {"condition": {"test": "datum.chosen", "value": CHOSEN}, "value": None},
            "strokeWidth": {"value": 3},
            "tooltip": [
                {"field": "layer", "type": "ordinal"},
                {"field": "network", "type": "nominal"},
                {"field": "value", "type": "quantitative", "title": "mean size", "format": ".10~g"},
            ],
        },
    }
    numbers = {
        "mark": {"type": "text", "dy": -7, "fontSize": 11, "interactive": False},
        "encoding": {"x": x, "xOffset": offset, "y": y, "text": {"field": "shown", "type": "nominal"}, "color": INK},
    }
    return frame, {
        "width": "container",
        "height": 330,
        "layer": [bars, numbers] if len(plain) <= MOST_NUMBERS else [bars],
        "resolve": {"scale": {"color": "independent"}},
    }
