"""Scores as a histogram, two judges against each other, and length against winning."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ui.palette import CHANGED, CHOSEN, NEUTRAL

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Picture = tuple[pd.DataFrame, dict[str, Any]]
BINS = 10


def histogram(scores: Mapping[str, Sequence[float]], title: str, low: float, high: float) -> Picture:
    """How many answers have which score: bars side by side, one colour for each key of `scores`."""
    high = high if high > low else low + 1
    edges = np.linspace(low, high, BINS + 1)
    rows = [
        {"from": f"{edges[i]:.3g}–{edges[i + 1]:.3g}", "answers": int(n), "of": name}
        for name, values in scores.items()
        for i, n in enumerate(np.histogram(np.clip(list(values), low, high), edges)[0])
    ]
    names = list(scores)
    return pd.DataFrame(rows), {
        "width": "container",
        "height": 250,
        "mark": {"type": "bar", "cornerRadiusEnd": 2},
        "encoding": {
            "x": {"field": "from", "type": "nominal", "sort": None, "title": title, "axis": {"labelAngle": 0}},
            "xOffset": {"field": "of", "sort": names},
            "y": {"field": "answers", "type": "quantitative", "title": "answers", "axis": {"tickMinStep": 1}},
            "color": {
                "field": "of",
                "type": "nominal",
                "scale": {"domain": names, "range": [CHANGED, NEUTRAL, CHOSEN][: len(names)]},
                "legend": {"title": None, "orient": "top"},
            },
            "tooltip": [{"field": "of"}, {"field": "from", "title": title}, {"field": "answers"}],
        },
    }


def scatter(first: Sequence[float], second: Sequence[float], names: tuple[str, str]) -> Picture:
    """Two judges' scores of the same answers: a point for each pair of scores, larger for more answers."""
    frame = pd.DataFrame({"a": list(first), "b": list(second), "entry": range(1, len(first) + 1)})
    frame = frame.groupby(["a", "b"], as_index=False).agg(answers=("entry", "size"), entry=("entry", "min"))
    return frame, {
        "width": "container",
        "height": 320,
        "mark": {"type": "circle", "color": CHANGED, "opacity": 0.75},
        "encoding": {
            "x": {"field": "a", "type": "quantitative", "title": names[0]},
            "y": {"field": "b", "type": "quantitative", "title": names[1]},
            "size": {
                "field": "answers",
                "type": "quantitative",
                "scale": {"range": [50, 500]},
                "legend": None,
            },
            "tooltip": [{"field": "a", "title": names[0]}, {"field": "b", "title": names[1]}, {"field": "answers"}],
        },
    }


def length_and_winning(differences: Sequence[float], won: Sequence[float], curve: np.ndarray | None) -> Picture:
    """Each comparison at its difference in length, won above and lost below, with the fitted chance of winning.

    curve  (N, 2) difference and chance; None without one
    """
    points = pd.DataFrame({"difference": list(differences), "won": list(won)})
    points = points.groupby(["difference", "won"], as_index=False).size().rename(columns={"size": "answers"})
    frame = points.assign(kind="point")
    if curve is not None:
        line = pd.DataFrame({"difference": curve[:, 0], "won": curve[:, 1], "kind": "curve", "answers": 0})
        frame = pd.concat([frame, line], ignore_index=True)
    x = {"field": "difference", "type": "quantitative", "title": "words more than the answer it is compared with"}
    y = {
        "field": "won",
        "type": "quantitative",
        "scale": {"domain": [0, 1]},
        "title": "won (1), tie (½), lost (0)",
        "axis": {"values": [0, 0.5, 1]},
    }
    return frame, {
        "width": "container",
        "height": 300,
        "encoding": {"x": x, "y": y},
        "layer": [
            {
                "transform": [{"filter": "datum.kind == 'curve'"}],
                "mark": {"type": "line", "color": CHOSEN, "strokeWidth": 3},
            },
            {
                "transform": [{"filter": "datum.kind == 'point'"}],
                "mark": {"type": "circle", "color": CHANGED, "opacity": 0.7},
                "encoding": {
                    "size": {
                        "field": "answers",
                        "type": "quantitative",
                        "scale": {"range": [50, 500]},
                        "legend": None,
                    },
                    "tooltip": [{"field": "difference"}, {"field": "won"}, {"field": "answers"}],
                },
            },
        ],
    }
