"""Pictures of a classifier's test: confusion, shares with intervals, threshold curves, calibration."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ui.figures.intervals import interval_dots
from ui.figures.matrix import heat_map
from ui.numbers import count, fmt
from ui.palette import CHANGED, CHOSEN, NEUTRAL, OTHER

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from engine.evaluation.classification import Calibration, Curve
    from engine.evaluation.metrics import Accuracy

Picture = tuple[pd.DataFrame, dict[str, Any]]
MOST_POINTS = 400


def confusion_map(confusion: NDArray[np.int64], classes: Sequence[str], chosen: tuple[int, int] | None) -> Picture:
    """Messages by their right class (rows) and the class that they were given (columns); cells can be clicked."""
    names = [name or "(empty)" for name in classes]
    frame, spec = heat_map(
        confusion,
        names,
        names,
        value_name="messages",
        row_title="right class",
        column_title="class given",
        chosen=chosen,
        row_height=max(14, min(64, 420 // len(names))),
    )
    frame["shown"] = [count(int(value)) for value in frame["value"]]
    spec["layer"][0]["encoding"]["color"]["legend"] = None  # the numbers say it, or the tooltip
    spec["encoding"]["x"]["axis"]["labelAngle"] = -45 if len(names) > 4 else 0
    spec["encoding"]["x"]["axis"]["labelOverlap"] = len(names) > 10  # slanted, so many have room on a phone too
    if len(spec["layer"]) > 1:  # counts are shorter than the numbers that a heat map leaves room for
        spec["layer"][1]["encoding"]["opacity"]["condition"]["test"] = f"width > {22 * len(names)}"
    return frame, spec


def shares(rows: Sequence[tuple[str, Accuracy]], title: str, chosen: int = 0) -> Picture:
    """Shares of right answers with their intervals, one below the other.

    rows    name, right answers out of all
    chosen  the row that the others are compared with; -1: none
    """
    kinds = ["this one" if place == chosen else "others" for place in range(len(rows))]
    named = [(name, kind, one) for (name, one), kind in zip(rows, kinds, strict=True)]
    return interval_dots(named, {"this one": CHOSEN, "others": OTHER}, title)


def threshold_lines(curve: Curve, roc: bool, share: float) -> Picture:
    """The ROC curve, or precision against recall, with what guessing would give as a dashed line.

    share  of the texts that are of the class: the precision of guessing
    """
    at = np.unique(np.linspace(0, len(curve.hits) - 1, MOST_POINTS).round().astype(int))
    x, y = (curve.alarms, curve.hits) if roc else (curve.hits, curve.precision)
    names = ("false positive rate", "true positive rate (recall)") if roc else ("recall", "precision")
    frame = pd.DataFrame({"x": x[at], "y": y[at], "order": at, "threshold": curve.thresholds[at]})
    frame["from"] = ["above all" if np.isinf(t) else fmt(float(t)) for t in frame.pop("threshold")]
    guess = [{"x": 0, "y": 0}, {"x": 1, "y": 1}] if roc else [{"x": 0, "y": share}, {"x": 1, "y": share}]
    axis = {"type": "quantitative", "scale": {"domain": [0, 1]}, "axis": {"format": ".0%", "tickCount": 5}}
    encoding = {"x": {**axis, "field": "x", "title": names[0]}, "y": {**axis, "field": "y", "title": names[1]}}
    return frame, {
        "width": "container",
        "height": 280,
        "layer": [
            {
                "data": {"values": guess},
                "mark": {"type": "line", "strokeDash": [4, 4], "color": NEUTRAL},
                "encoding": encoding,
            },
            {
                "mark": {"type": "line", "color": CHANGED, "interpolate": "linear" if roc else "step-before"},
                "encoding": {**encoding, "order": {"field": "order", "type": "quantitative"}},
            },
            {
                "mark": {"type": "point", "filled": True, "size": 60, "opacity": 0},  # to hover
                "encoding": {
                    **encoding,
                    "tooltip": [
                        {"field": "x", "title": names[0], "format": ".4f"},
                        {"field": "y", "title": names[1], "format": ".4f"},
                        {"field": "from", "title": "threshold"},
                    ],
                },
            },
        ],
    }


def calibration_dots(found: Calibration) -> Picture:
    """Share right against mean confidence in each bin, with its interval; on the dashed line they are equal."""
    frame = pd.DataFrame(
        {
            "confidence": found.confidence,
            "accuracy": found.accuracy,
            "low": found.intervals[:, 0],
            "high": found.intervals[:, 1],
            "texts": found.texts,
        }
    )
    axis = {"type": "quantitative", "scale": {"domain": [0, 1]}, "axis": {"format": ".0%", "tickCount": 5}}
    x = {**axis, "field": "confidence", "title": "mean probability of the answers in a bin"}
    y = {**axis, "title": "share of them that is right"}
    ends = [{"confidence": 0, "accuracy": 0}, {"confidence": 1, "accuracy": 1}]
    size = {"field": "texts", "type": "quantitative", "scale": {"rangeMin": 40, "rangeMax": 500}, "legend": None}
    return frame, {
        "width": "container",
        "height": 320,
        "layer": [
            {
                "data": {"values": ends},
                "mark": {"type": "line", "strokeDash": [4, 4], "color": NEUTRAL},
                "encoding": {"x": x, "y": {**y, "field": "accuracy"}},
            },
            {
                "mark": {"type": "rule", "color": CHANGED, "strokeWidth": 2},
                "encoding": {"x": x, "y": {**y, "field": "low"}, "y2": {"field": "high"}},
            },
            {
                "mark": {"type": "point", "filled": True, "color": CHANGED, "opacity": 0.9},
                "encoding": {
                    "x": x,
                    "y": {**y, "field": "accuracy"},
                    "size": size,
                    "tooltip": [
                        {"field": "texts"},
                        {"field": "confidence", "format": ".4f"},
                        {"field": "accuracy", "format": ".4f"},
                        {"field": "low", "format": ".4f", "title": "95% from"},
                        {"field": "high", "format": ".4f", "title": "to"},
                    ],
                },
            },
        ],
    }
