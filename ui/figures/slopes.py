"""Pictures of slopes: a nudged weight against its gradient's promise, decayed weights, a graph walked backwards."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ui.figures.axes import log_axis
from ui.figures.gradients import series
from ui.numbers import fmt
from ui.palette import CHANGED, CHOSEN, INK, NEUTRAL, OTHER

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

Picture = tuple[pd.DataFrame, dict[str, Any]]
PROMISED, MEASURED = "promised: gradient × nudge", "measured"
# Where the nodes of the small graph stand, in columns and rows, and where their texts begin beside them.
PLACES = {"w": (0, 0), "x": (0, 1), "b": (0, 2), "wx": (1, 0), "z": (2, 1), "p": (3, 1), "loss": (4, 1)}
BESIDE = {"w": (0, -0.62), "wx": (0, -0.62), "z": (0.3, 0.18), "p": (0, -0.62)}
LABELS = {"w": "w", "x": "x", "b": "b", "wx": "w · x", "z": "z = wx + b", "p": "p = σ(z)", "loss": "loss = −ln p"}


def nudge_lines(
    sizes: NDArray[np.float64], changes: NDArray[np.float64], slope: float, floor: float, chosen: int
) -> Picture:
    """Size of the loss's change against size of the nudge, on log axes: the promise is a straight line.

    sizes    (N,) nudges, above 0
    changes  (N,) loss after less loss before; those that are exactly 0 lie on the lower edge
    slope    the gradient
    floor    the smallest change that single precision can show
    """
    seen = np.maximum(np.abs(changes), floor / 10)
    frame = pd.DataFrame(
        {
            "nudge": np.concatenate([sizes, sizes]),
            "change": np.concatenate([np.abs(slope) * sizes, seen]),
            "exact": np.concatenate([slope * sizes, changes]),
            "of": [PROMISED] * len(sizes) + [MEASURED] * len(sizes),
            "place": [*range(len(sizes)), *range(len(sizes))],
        }
    )
    x = {
        "field": "nudge",
        "type": "quantitative",
        "title": "nudge",
        "scale": {"type": "log"},
        "axis": {**log_axis(sizes), "grid": False},
    }
    bottom = floor / 30
    y = {
        "field": "change",
        "type": "quantitative",
        "title": "size of the loss's change, nats",
        "scale": {"type": "log", "domainMin": bottom, "nice": False},
        "axis": log_axis([bottom, *frame["change"]]),
    }
    color = {
        "field": "of",
        "type": "nominal",
        "sort": None,
        "scale": {"domain": [PROMISED, MEASURED], "range": [NEUTRAL, OTHER]},
        "legend": {"title": None, "orient": "top", "labelLimit": 0},
    }
    tooltip = [
        {"field": "nudge", "format": ".3~g"},
        {"field": "of", "type": "nominal", "title": "change"},
        {"field": "exact", "title": "nats", "format": ".6~g"},
    ]
    return frame, {
        "width": "container",
        "height": 340,
        "layer": [
            {
                "transform": [{"filter": f"datum.of == '{PROMISED}'"}],
                "mark": {"type": "line", "strokeWidth": 2, "clip": True, "interactive": False},
                "encoding": {"x": x, "y": y, "color": color},
            },
            {
                "transform": [{"filter": f"datum.of == '{MEASURED}'"}],
                "mark": {"type": "point", "filled": True, "size": 80, "opacity": 1, "cursor": "pointer"},
                "params": [{"name": "pick", "select": {"type": "point", "fields": ["place"], "toggle": False}}],
                "encoding": {
                    "x": x,
                    "y": y,
                    "color": color,
                    "stroke": {"condition": {"test": f"datum.place == {chosen}", "value": CHOSEN}, "value": None},
                    "strokeWidth": {"condition": {"test": f"datum.place == {chosen}", "value": 4}, "value": 0},
                    "tooltip": tooltip,
                },
            },
            {
                "data": {"values": [{"floor": floor}]},
                "mark": {"type": "rule", "strokeDash": [6, 4], "color": CHANGED, "interactive": False},
                "encoding": {"y": {**y, "field": "floor"}},
            },
        ],
    }


def decay_bars(scales: NDArray[np.float64], weights: Mapping[str, NDArray[np.float64]]) -> Picture:
    """The weights at the end, by the size of their feature: a line for each optimizer."""
    frame = pd.concat(
        [pd.DataFrame({"of": name, "scale": scales, "weight": values}) for name, values in weights.items()]
    )
    return frame, {
        "width": "container",
        "height": 300,
        "mark": {"type": "line", "strokeWidth": 2.5, "point": {"size": 60}},
        "encoding": {
            "x": {
                "field": "scale",
                "type": "quantitative",
                "title": "size of the feature (of its gradients)",
                "scale": {"type": "log"},
                "axis": {"grid": False, "format": "~g"},
            },
            "y": {"field": "weight", "type": "quantitative", "title": "weight at the end", "axis": {"tickCount": 5}},
            **series(list(weights)),
            "tooltip": [
                {"field": "of", "type": "nominal", "title": "optimizer"},
                {"field": "scale", "format": ".4~g"},
                {"field": "weight", "format": ".6~g"},
            ],
        },
    }


def graph(
    values: Mapping[str, float], slopes: Mapping[tuple[str, str], float], gradients: Mapping[str, float]
) -> Picture:
    """The graph from left to right: each node with its value and its gradient, each arrow with its slope."""
    nodes = [{"node": n, "x": x, "y": y, "value": values[n], "gradient": gradients[n]} for n, (x, y) in PLACES.items()]
    texts = []
    for n, (x, y) in PLACES.items():
        right, down = BESIDE.get(n, (0, 0.18))
        lines = [LABELS[n], fmt(values[n]), f"slope {fmt(gradients[n])}"]
        texts += [{"x": x + right, "y": y + down + 0.15 * i, "text": t} for i, t in enumerate(lines)]
    arrows = []
    for (tail, head), slope in slopes.items():
        (x, y), (to_x, to_y) = PLACES[tail], PLACES[head]
        aside = 0.14 * np.sign(to_y - y)  # above a line that falls is to its right
        middle = {"mx": (x + to_x) / 2 + aside, "my": (y + to_y) / 2 - 0.12}
        arrows.append({"x": x, "y": y, "x2": to_x, "y2": to_y, **middle, "slope": f"× {fmt(slope)}"})
    axis_x = {"type": "quantitative", "scale": {"domain": [-0.45, 4.45], "nice": False}, "axis": None}
    axis_y = {"type": "quantitative", "scale": {"domain": [-0.75, 2.6], "nice": False, "reverse": True}, "axis": None}
    at = {"x": {"field": "x", **axis_x}, "y": {"field": "y", **axis_y}}
    text = {"type": "text", "fontSize": {"expr": "width < 420 ? 9.5 : 12"}, "interactive": False}
    return pd.DataFrame(nodes), {
        "width": "container",
        "height": 330,
        "layer": [
            {
                "data": {"values": arrows},
                "mark": {"type": "rule", "color": NEUTRAL, "strokeWidth": 1.5},
                "encoding": {**at, "x2": {"field": "x2"}, "y2": {"field": "y2"}},
            },
            {
                "data": {"values": arrows},
                "mark": {**text, "color": CHANGED, "fontWeight": "bold"},
                "encoding": {
                    "x": {"field": "mx", **axis_x},
                    "y": {"field": "my", **axis_y},
                    "text": {"field": "slope"},
                },
            },
            {"mark": {"type": "point", "filled": True, "size": 90, "opacity": 1, "color": OTHER}, "encoding": at},
            {
                "data": {"values": texts},
                "mark": text,
                "encoding": {**at, "text": {"field": "text"}, "color": INK},
            },
        ],
        "resolve": {"scale": {"color": "independent"}},
        "config": {"view": {"stroke": None}},
    }


def nearest(sizes: Sequence[float], size: float) -> int:
    """The place of the size that is closest on a log scale."""
    return int(np.abs(np.log(np.asarray(sizes)) - np.log(size)).argmin())
