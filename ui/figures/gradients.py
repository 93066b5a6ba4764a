"""Pictures of walks down a surface: the map with a path for each optimizer, and their losses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ui.figures.axes import log_axis
from ui.palette import CHOSEN, NEUTRAL, SEQUENTIAL, TOKEN_HUES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

Picture = tuple[pd.DataFrame, dict[str, Any]]
# Four walks at once need four hues that stand out from a blue map; each has its own dashes too.
HUES = [NEUTRAL, TOKEN_HUES[1], TOKEN_HUES[5], TOKEN_HUES[7]]
DASHES = [[1, 0], [7, 3], [2, 2], [8, 3, 2, 3]]


def descent_map(
    centres: NDArray[np.float64],
    heights: NDArray[np.float64],
    walks: Mapping[str, NDArray[np.float64]],
    chosen: tuple[float, float] | None,
) -> Picture:
    """The surface from above, dark where the loss is high, and the path of every optimizer.

    centres  (C,) centres of the cells along a side
    heights  (C, C) the loss, a row for each y
    walks    name -> (S + 1, 2) points
    chosen   the point whose step is written out

    A click gives the selection `pick` with `x` and `y`, the centre of the cell.
    """
    half = float(centres[1] - centres[0]) / 2
    span = float(centres[-1]) + half
    x, y = np.meshgrid(centres, centres)
    low = float(heights.min())
    frame = pd.DataFrame(
        {
            "x": x.ravel().round(6),
            "y": y.ravel().round(6),
            "left": x.ravel() - half,
            "right": np.minimum(x.ravel() + 1.3 * half, span),  # a little over the next cell, or seams would show
            "bottom": y.ravel() - half,
            "top": np.minimum(y.ravel() + 1.3 * half, span),
            "loss": heights.ravel(),
            # Equal steps of colour for equal factors: a ravine's floor would be one colour otherwise.
            "shade": np.log10(heights.ravel() - low + 0.03),
        }
    )
    domain = [-span, span]
    dark, pale = float(frame["shade"].max()), float(frame["shade"].min())
    shades = [pale, dark + (dark - pale)]  # half of the ramp, so that the paths stand out
    cells = {
        "mark": {"type": "rect", "cursor": "crosshair"},
        "params": [{"name": "pick", "select": {"type": "point", "fields": ["x", "y"], "toggle": False}}],
        "encoding": {
            "x": axis("left", "x", domain),
            "x2": {"field": "right"},
            "y": axis("bottom", "y", domain),
            "y2": {"field": "top"},
            "color": {
                "field": "shade",
                "type": "quantitative",
                "scale": {"range": SEQUENTIAL, "domain": shades, "interpolate": "rgb"},
                "legend": None,
            },
            "tooltip": [
                {"field": "x", "title": "start x", "format": ".4~g"},
                {"field": "y", "title": "start y", "format": ".4~g"},
                {"field": "loss", "format": ".6~g"},
            ],
        },
    }
    layers = [cells, _paths(walks, domain, span)]
    if chosen is not None:
        layers.append(
            {
                "data": {"values": [{"at_x": chosen[0], "at_y": chosen[1]}]},
                "mark": {"type": "point", "size": 160, "strokeWidth": 3, "color": CHOSEN, "clip": True}
                | {"interactive": False},
                "encoding": {"x": axis("at_x", "x", domain), "y": axis("at_y", "y", domain)},
            }
        )
    return frame, {
        "width": "container",
        "height": 470,
        "layer": layers,
        # Both, or colour and dashes of the paths would have a legend each.
        "resolve": {"scale": {"color": "independent", "strokeDash": "independent"}},
        "config": {"view": {"stroke": None}},
    }


def _paths(walks: Mapping[str, NDArray[np.float64]], domain: list[float], span: float) -> dict[str, Any]:
    """The walks as lines; points far outside are drawn nearer, so that a line still leaves it."""
    values = [
        {"of": name, "step": step, "path_x": x, "path_y": y}
        for name, points in walks.items()
        for step, (x, y) in enumerate(np.clip(points, -3 * span, 3 * span).tolist())
    ]
    return {
        "data": {"values": values},
        "mark": {"type": "line", "strokeWidth": 2.5, "point": {"size": 18}, "clip": True, "interactive": False},
        "encoding": {
            "x": axis("path_x", "x", domain),
            "y": axis("path_y", "y", domain),
            "order": {"field": "step"},
            **series(list(walks)),
        },
    }


def axis(field: str, title: str, domain: Sequence[float]) -> dict[str, Any]:
    """A plain axis over the square that the map shows."""
    return {
        "field": field,
        "type": "quantitative",
        "title": title,
        "scale": {"domain": list(domain), "nice": False},
        "axis": {"grid": False, "tickCount": 6},
    }


def series(names: Sequence[str]) -> dict[str, Any]:
    """Colour and dashes of lines that compare a few things; the legend shows both."""
    legend = {"title": None, "orient": "top", "labelLimit": 0, "symbolType": "stroke", "symbolSize": 300}
    return {
        "color": {
            "field": "of",
            "type": "nominal",
            "sort": None,
            "scale": {"domain": list(names), "range": HUES[: len(names)]},
            "legend": {**legend, "columns": 2 if len(names) == 4 else 1},
        },
        "strokeDash": {
            "field": "of",
            "type": "nominal",
            "sort": None,
            "scale": {"domain": list(names), "range": DASHES[: len(names)]},
        },
    }


def curves(lines: Mapping[str, Sequence[float]], title: str, log: bool = False) -> Picture:
    """Several lines over the steps of their walks or trainings.

    lines  name -> a number for each step
    title  what the numbers are
    log    a log axis; numbers that are not above 0 are left out
    """
    frame = pd.concat(
        [pd.DataFrame({"of": name, "step": range(len(v)), "value": np.asarray(v)}) for name, v in lines.items()]
    )
    frame = frame[np.isfinite(frame["value"]) & ((frame["value"] > 0) | (not log))]
    return frame, {
        "width": "container",
        "height": 300,
        "mark": {"type": "line", "strokeWidth": 2.5, "point": {"opacity": 0, "size": 60}, "clip": True},
        "encoding": {
            "x": {"field": "step", "type": "quantitative", "title": "step", "axis": {"grid": False, "tickCount": 6}},
            "y": {
                "field": "value",
                "type": "quantitative",
                "title": title,
                "scale": {"type": "log"} if log else {"zero": False},
                "axis": log_axis(frame["value"]) if log else {"tickCount": 5, "format": "~g"},
            },
            **series(list(lines)),
            "tooltip": [
                {"field": "of", "type": "nominal", "title": "optimizer"},
                {"field": "step"},
                {"field": "value", "title": title, "format": ".10~g"},
            ],
        },
    }
