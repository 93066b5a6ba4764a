"""Pictures of bends: GELU and ReLU with their slopes, dead units, and curves fitted by wider networks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ui.figures.axes import log_axis
from ui.numbers import fmt
from ui.palette import CHANGED, CHOSEN, INK, NEUTRAL, OTHER

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

Picture = tuple[pd.DataFrame, dict[str, Any]]
BENDS = ["GELU", "its tanh form", "ReLU"]
BEND_COLOURS, BEND_DASHES = [CHANGED, OTHER, NEUTRAL], [[1, 0], [2, 4], [7, 4]]


def bend_lines(x: Floats, series: Mapping[str, Floats], chosen: float, what: str, log: bool = False) -> Picture:
    """One line for each bend; a rule marks the chosen place.

    series  name (of BENDS) -> (N,) value or slope at each x
    what    the title of the vertical axis
    log     show sizes on a log axis; what is 0, or below 1e-12, has no place there
    """
    frame = pd.DataFrame(
        {
            "x": np.tile(x, len(series)),
            "value": np.concatenate(list(series.values())),
            "bend": np.repeat(list(series), len(x)),
        }
    )
    if log:
        frame["value"] = frame["value"].abs().where(frame["value"].abs() > 1e-12)
    y = {
        "field": "value",
        "type": "quantitative",
        "title": what,
        "scale": {"type": "log"} if log else {},
        "axis": log_axis(frame["value"]) if log else {"tickCount": 6},
    }
    lines = {
        "mark": {"type": "line", "strokeWidth": 2.5},
        "encoding": {
            "color": named("bend", BENDS, BEND_COLOURS),
            "strokeDash": dashed("bend", BENDS, BEND_DASHES),
            "tooltip": [
                {"field": "bend", "type": "nominal"},
                {"field": "x", "type": "quantitative", "format": ".4~g"},
                {"field": "value", "type": "quantitative", "title": what, "format": ".8~g"},
            ],
        },
    }
    rule = {
        "mark": {"type": "rule", "color": CHOSEN, "strokeWidth": 3},
        "encoding": {"x": {"datum": chosen, "type": "quantitative"}, "y": None},
    }
    domain = {"domain": [float(x[0]), float(x[-1])], "nice": False}
    return frame, {
        "width": "container",
        "height": 290,
        "encoding": {
            "x": {"field": "x", "type": "quantitative", "title": "x", "scale": domain, "axis": {"grid": False}},
            "y": y,
        },
        "layer": [rule, lines],
    }


def named(field: str, names: Sequence[str], colours: Sequence[str]) -> dict[str, Any]:
    """A colour for each name, with a legend above."""
    return {
        "field": field,
        "type": "nominal",
        "sort": None,
        "scale": {"domain": list(names), "range": list(colours)},
        "legend": {"orient": "top", "title": None, "symbolType": "stroke", "symbolSize": 700},
    }


def dashed(field: str, names: Sequence[str], dashes: Sequence[Sequence[int]]) -> dict[str, Any]:
    """A dash for each name, so that no line is told by its colour alone."""
    scale = {"domain": list(names), "range": [list(dash) for dash in dashes]}
    return {"field": field, "type": "nominal", "scale": scale, "legend": None}


def dead_lines(steps: Sequence[int], relu: Sequence[float], gelu: Sequence[float], what: str, log: bool) -> Picture:
    """One measure of two trainings over their steps: with ReLU (dashed) and with GELU."""
    names = ["ReLU", "GELU"]
    frame = pd.DataFrame({"step": [*steps, *steps], "value": [*relu, *gelu], "bend": np.repeat(names, len(steps))})
    return frame, {
        "width": "container",
        "height": 250,
        "mark": {"type": "line", "strokeWidth": 2.5},
        "encoding": {
            "x": {"field": "step", "type": "quantitative", "title": "training step", "axis": {"grid": False}},
            "y": {
                "field": "value",
                "type": "quantitative",
                "title": what,
                "scale": {"type": "log"} if log else {"domainMin": 0},
                "axis": log_axis(frame["value"]) if log else {"tickCount": 5, "format": "~r"},
            },
            "color": named("bend", names, [NEUTRAL, CHANGED]),
            "strokeDash": dashed("bend", names, [[6, 4], [1, 0]]),
            "tooltip": [
                {"field": "step", "type": "quantitative"},
                {"field": "bend", "type": "nominal"},
                {"field": "value", "type": "quantitative", "title": what, "format": ".6~g"},
            ],
        },
    }


def unit_slopes(slopes: Floats, smallest: float) -> Picture:
    """A bar for each hidden unit, as high as its largest slope, sorted; those below the smallest are dead."""
    order = np.argsort(slopes)
    frame = pd.DataFrame({"place": np.arange(len(slopes)), "unit": order, "slope": slopes[order]})
    frame["dead"] = frame["slope"] < smallest
    return frame, {
        "width": "container",
        "height": 110,
        "mark": {"type": "bar"},
        "encoding": {
            "x": {
                "field": "place",
                "type": "ordinal",
                "title": "hidden units, sorted",
                "axis": {"labels": False, "ticks": False},
            },
            "y": {
                "field": "slope",
                "type": "quantitative",
                "title": "slope",
                "scale": {"domain": [0, 1.2]},
                "axis": {"values": [0, 0.5, 1]},
            },
            "color": {"value": OTHER},
            "tooltip": [
                {"field": "unit", "type": "quantitative"},
                {"field": "slope", "type": "quantitative", "format": ".6~g"},
                {"field": "dead", "type": "nominal"},
            ],
        },
    }


def fits(x: Floats, target: Floats, fitted: Floats, name: str) -> Picture:
    """The curve to learn, thin, and what one network says."""
    names = ["the curve", name]
    frame = pd.DataFrame({"x": np.tile(x, 2), "y": np.concatenate([target, fitted]), "line": np.repeat(names, len(x))})
    return frame, {
        "width": "container",
        "height": 118,
        "mark": {"type": "line", "clip": True},
        "encoding": {
            "x": {
                "field": "x",
                "type": "quantitative",
                "title": None,
                "axis": {"grid": False, "values": [-1, 0, 1], "format": "d"},
            },
            "y": {
                "field": "y",
                "type": "quantitative",
                "title": None,
                "scale": {"domain": [-1.6, 1.6]},
                "axis": {"tickCount": 3},
            },
            "color": {
                "field": "line",
                "type": "nominal",
                "scale": {"domain": names, "range": [NEUTRAL, CHANGED]},
                "legend": None,
            },
            "strokeDash": dashed("line", names, [[4, 3], [1, 0]]),
            "strokeWidth": {"condition": {"test": "datum.line == 'the curve'", "value": 2}, "value": 2.5},
            "tooltip": [
                {"field": "line", "type": "nominal"},
                {"field": "x", "type": "quantitative", "format": ".3~g"},
                {"field": "y", "type": "quantitative", "format": ".4~g"},
            ],
        },
    }


def error_by_width(widths: Sequence[int], errors: Floats, chosen: int) -> Picture:
    """Error of every start (W, S) against the hidden width, and their middle one as a line."""
    frame = pd.DataFrame(
        {
            "width": np.repeat(widths, errors.shape[1]),
            "start": np.tile(np.arange(errors.shape[1]), len(widths)),
            "error": errors.ravel(),
            "middle": np.repeat(np.median(errors, axis=1), errors.shape[1]),
        }
    )
    frame["shown"] = [fmt(value) for value in frame["middle"]]
    frame["chosen"] = frame["start"] == chosen
    x = {
        "field": "width",
        "type": "quantitative",
        "title": "hidden units",
        "scale": {"type": "log", "base": 2, "domain": [widths[0] * 0.8, widths[-1] * 2], "nice": False},
        "axis": {"values": list(widths), "format": "d", "grid": False},
    }
    y = {
        "type": "quantitative",
        "title": "mean squared error",
        "scale": {"type": "log"},
        "axis": log_axis(frame["error"]),
    }
    line = {
        "mark": {"type": "line", "color": CHANGED, "strokeWidth": 2.5},
        "encoding": {"x": x, "y": {"field": "middle", **y}},
    }
    dots = {
        "mark": {"type": "circle", "opacity": 1},
        "encoding": {
            "x": x,
            "y": {"field": "error", **y},
            "color": {"condition": {"test": "datum.chosen", "value": CHOSEN}, "value": OTHER},
            "size": {"condition": {"test": "datum.chosen", "value": 90}, "value": 45},
            "tooltip": [
                {"field": "width", "type": "quantitative", "title": "hidden units"},
                {"field": "start", "type": "quantitative"},
                {"field": "error", "type": "quantitative", "format": ".6~g"},
            ],
        },
    }
    numbers = {
        "transform": [{"filter": "datum.start == 0"}],
        "mark": {"type": "text", "dx": 8, "dy": -9, "align": "left", "fontSize": 12},
        "encoding": {
            "x": x,
            "y": {"field": "middle", **y},
            "text": {"field": "shown", "type": "nominal"},
            "color": INK,
        },
    }
    return frame, {
        "width": "container",
        "height": 300,
        "layer": [line, dots, numbers],
        "resolve": {"scale": {"color": "independent"}},
    }
