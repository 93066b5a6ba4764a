"""A classifier in use: the probability of each class, and what a threshold does to texts whose class is known."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ui.labels import short
from ui.numbers import percent
from ui.palette import CHOSEN, INK, NEUTRAL, OTHER

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Picture = tuple[pd.DataFrame, dict[str, Any]]
MOST_POINTS = 400
STEP = 22


def probability_bars(classes: Sequence[str], probabilities: Sequence[float], answer: int) -> Picture:
    """A bar for each class, likeliest first; the answer's in another colour and marked with an arrow.

    answer  the number of the class that the rule chose; -1: none
    """
    order = np.argsort(-np.asarray(probabilities), kind="stable")
    frame = pd.DataFrame(
        [
            {
                "place": place,
                "class": ("▸ " if i == answer else "") + (short(classes[i], 24) or "(empty)"),
                "whole": classes[i],
                "probability": float(probabilities[i]),
                "shown": percent(float(probabilities[i])),
                "kind": "the answer" if i == answer else "other classes",
            }
            for place, i in enumerate(order)
        ]
    )
    y = {
        "field": "place",
        "type": "ordinal",
        "title": None,
        "axis": {"ticks": False, "domain": False, "labelExpr": labels(frame["class"]), "labelLimit": 190},
    }
    x = {
        "field": "probability",
        "type": "quantitative",
        "title": "probability",
        "scale": {"domain": [0, 1.15], "nice": False},
        "axis": {"format": "%", "values": [0, 0.25, 0.5, 0.75, 1], "grid": False},
    }
    colour = {"domain": ["the answer", "other classes"], "range": [CHOSEN, OTHER]}
    return frame, {
        "width": "container",
        "height": {"step": STEP},
        "encoding": {"y": y},
        "layer": [
            {
                "mark": {"type": "bar", "cornerRadiusEnd": 2},
                "encoding": {
                    "x": x,
                    "color": {"field": "kind", "scale": colour, "legend": None},
                    "tooltip": [
                        {"field": "whole", "title": "class"},
                        {"field": "probability", "format": ".6f"},
                    ],
                },
            },
            {
                "mark": {"type": "text", "align": "left", "dx": 4, "interactive": False},
                "encoding": {"x": x, "text": {"field": "shown"}, "color": INK},
            },
        ],
        "resolve": {"scale": {"color": "independent"}},
    }


def labels(names: Sequence[str]) -> str:
    """A Vega expression that writes a name for each place: two classes may be called alike when they are cut."""
    quoted = ", ".join('"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"' for name in names)
    return f"[{quoted}][datum.value]"


def trade_off(curve: Mapping[str, np.ndarray], along: str, at: float, called: Mapping[str, str], title: str) -> Picture:
    """Two shares against a threshold, as steps, and the threshold that is chosen as an upright line.

    curve   arrays of one length, lowest threshold first, as engine.evaluation.thresholds makes them; from 0 up to the
            lowest threshold nothing changes
    along   the key of the threshold
    called  what the two others are called, by key; the first is drawn solid, the second dashed
    title   of the axis below
    """
    count = len(curve[along])
    kept = np.unique(np.linspace(0, count - 1, min(count, MOST_POINTS)).round().astype(int))
    places = np.r_[0.0, curve[along][kept]]
    frame = pd.concat(
        [
            pd.DataFrame({"at": places, "share": curve[key][np.r_[0, kept]], "what": name})
            for key, name in called.items()
        ],
        ignore_index=True,
    )
    names = list(called.values())
    x = {
        "field": "at",
        "type": "quantitative",
        "title": title,
        "scale": {"domain": [0, 1]},
        "axis": {"format": "%", "tickCount": 5},
    }
    return frame, {
        "width": "container",
        "height": 290,
        "layer": [
            {
                # A threshold is the probability of a text: down to the one before, nothing changes.
                "mark": {"type": "line", "interpolate": "step-before"},
                "encoding": {
                    "x": x,
                    "y": {
                        "field": "share",
                        "type": "quantitative",
                        "title": None,
                        "scale": {"domain": [0, 1]},
                        "axis": {"format": "%", "values": [0, 0.25, 0.5, 0.75, 1]},
                    },
                    "color": {
                        "field": "what",
                        "scale": {"domain": names, "range": [OTHER, NEUTRAL]},
                        "legend": {"title": None, "orient": "top", "labelLimit": 240, "columns": 1},
                    },
                    "strokeDash": {
                        "field": "what",
                        "scale": {"domain": names, "range": [[1, 0], [5, 3]]},
                        "legend": {"title": None, "orient": "top", "labelLimit": 240, "columns": 1},
                    },
                    "tooltip": [
                        {"field": "what", "title": "share"},
                        {"field": "at", "title": title, "format": ".3f"},
                        {"field": "share", "title": "is", "format": ".1%"},
                    ],
                },
            },
            {
                "mark": {"type": "rule", "color": CHOSEN, "strokeWidth": 2},
                "encoding": {"x": {"datum": at, "type": "quantitative"}},
            },
        ],
    }
