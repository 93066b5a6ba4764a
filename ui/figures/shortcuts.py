"""The picture of print_gradients: two numbers for each layer, without shortcuts and with them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ui.figures.axes import log_axis
from ui.figures.curves import two_lines
from ui.numbers import fmt
from ui.palette import CHANGED, CHOSEN, INK, NEUTRAL

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

Picture = tuple[pd.DataFrame, dict[str, Any]]
WITHOUT, WITH = "without shortcuts", "with shortcuts"
LAYER, SIZE = "layer (0 is next to the input)", "mean size of the gradients"
MOST_NUMBERS = 6  # layers that have room for their numbers
HEIGHT = 330


def gradient_points(plain: Floats, shortcut: Floats, chosen: int) -> Picture:
    """Mean size of each layer's gradients on a log axis: points, for a bar on it would have no honest foot.

    plain, shortcut  (layers,) input side first; zeros have no place on the axis
    chosen           the layer with a line through it

    A click gives the selection `pick` with `x`, the layer.
    """
    frame, spec = two_lines(range(len(plain)), plain, shortcut, (WITHOUT, WITH), (LAYER, SIZE), chosen)
    spec["height"] = HEIGHT
    spec["encoding"]["x"]["scale"]["domain"] = [-0.5, len(plain) - 0.5]  # room for the numbers at both ends
    if 0 < len(plain) <= MOST_NUMBERS and len(frame):
        room = [float(frame["value"].min()) / 2, float(frame["value"].max()) * 2]
        spec["encoding"]["y"] |= {"scale": {"type": "log", "domain": room}, "axis": log_axis(room)}
        _, lines, points = (layer["encoding"] for layer in spec["layer"])
        # The numbers have a colour scale of their own; then each layer has one, and a legend for each is too much.
        lines["strokeDash"]["legend"] = lines["color"]["legend"]
        points["color"] = {**points["color"], "legend": None}
        spec["layer"][0]["mark"]["opacity"] = 0.4  # numbers stand on the line
        spec["layer"] += [_numbers(-12, WITH), _numbers(15, WITHOUT)]
        spec["resolve"] = {"scale": {"color": "independent", "strokeDash": "independent"}}
    return frame, spec


def _numbers(down: int, network: str) -> dict[str, Any]:
    """The numbers of one of the two lines, so many pixels below its points."""
    return {
        "transform": [{"filter": f"datum.network === '{network}'"}],
        "mark": {"type": "text", "dy": down, "fontSize": 11, "interactive": False},
        "encoding": {"text": {"field": "shown", "type": "nominal"}, "color": INK},
    }


def gradient_bars(plain: Floats, shortcut: Floats, chosen: int) -> Picture:
    """The same from 0 up; on the left of each pair without shortcuts, on the right with them.

    chosen  the layer whose pair is outlined

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
    x = {
        "field": "layer",
        "type": "ordinal",
        "title": LAYER,
        "axis": {"labelAngle": 0, "ticks": False, "labelOverlap": True},
        "scale": {"paddingInner": 0.25},
    }
    offset = {"field": "network", "type": "nominal", "sort": [WITHOUT, WITH]}
    y: dict[str, Any] = {
        "field": "value",
        "type": "quantitative",
        "title": SIZE,
        "scale": {"domainMin": 0},
        "axis": {"tickCount": 6, "format": "~r"},
    }
    bars = {
        "params": [{"name": "pick", "select": {"type": "point", "fields": ["layer"], "toggle": False}}],
        "mark": {"type": "bar", "cursor": "pointer", "cornerRadiusEnd": 2},
        "encoding": {
            "x": x,
            "xOffset": offset,
            "y": y,
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
        "encoding": {
            "x": x,
            "xOffset": offset,
            "y": y,
            "text": {"field": "shown", "type": "nominal"},
            "color": INK,
            # On a phone the numbers of a pair would lie on one another.
            "opacity": {"condition": {"test": f"width > {80 * len(plain)}", "value": 1}, "value": 0},
        },
    }
    return frame, {
        "width": "container",
        "height": HEIGHT,
        "layer": [bars, numbers] if len(plain) <= MOST_NUMBERS else [bars],
        "resolve": {"scale": {"color": "independent"}},
    }
