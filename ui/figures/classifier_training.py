"""Accuracy of a classifier in training, epoch by epoch, and the epoch that is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from ui.figures.loss_curves import SHAPES, TRAIN, VAL
from ui.palette import CHOSEN, TRAINING, VALIDATION, VALIDATION_DASH

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Picture = tuple[pd.DataFrame, dict[str, Any]]


def best_step(told: Sequence[Mapping[str, Any]]) -> int | None:
    """The step at whose end a classifier was as it is kept; None before that is decided, or in other trainings.

    told  a run's events
    """
    chosen = [e for e in told if e["event"] == "Chosen"]
    if not chosen:
        return None
    return next((e["step"] for e in told if e["event"] == "Evaluation" and e["epoch"] == chosen[-1]["epoch"]), None)


def accuracy_curves(rows: Sequence[Mapping[str, Any]], marked: int | None = None) -> Picture:
    """Training accuracy blue and solid, validation orange and dashed, after each epoch.

    rows    run, step, epoch, train_accuracy, val_accuracy; step -1 is before the first
    marked  the step with a line through it
    """
    frame = pd.DataFrame(
        [
            {"run": e["run"], "series": series, "step": e["step"], "epoch": e["epoch"] + 1, "accuracy": e[field]}
            for series, field in ((TRAIN, "train_accuracy"), (VAL, "val_accuracy"))
            for e in rows
        ],
        columns=["run", "series", "step", "epoch", "accuracy"],
    )
    names = [TRAIN, VAL]
    color = {
        "field": "series",
        "type": "nominal",
        "scale": {"domain": names, "range": [TRAINING, VALIDATION]},
        "legend": {"title": None, "orient": "bottom", "symbolType": "stroke", "symbolStrokeWidth": 3},
    }
    layers: list[dict[str, Any]] = [
        {
            "mark": {"type": "line", "strokeWidth": 2},
            "encoding": {
                "color": color,
                "detail": {"field": "run"},
                "strokeDash": {
                    "field": "series",
                    "type": "nominal",
                    "scale": {"domain": names, "range": [[1, 0], VALIDATION_DASH]},
                    "legend": None,
                },
            },
        },
        {
            "mark": {"type": "point", "filled": True, "size": 46},
            "encoding": {
                "color": color,
                "shape": {"field": "run", "type": "nominal", "sort": None, "scale": {"range": SHAPES}, "legend": None},
                "tooltip": [
                    {"field": "run", "title": "run"},
                    {"field": "series", "title": "curve"},
                    {"field": "epoch", "title": "epochs done"},
                    {"field": "accuracy", "type": "quantitative", "format": ".10~g"},
                ],
            },
        },
    ]
    if marked is not None:
        rule = {"type": "rule", "color": CHOSEN, "strokeWidth": 2}
        layers.append({"mark": rule, "encoding": {"x": {"datum": marked}, "y": None}})
    return frame, {
        "width": "container",
        "height": 190,
        "encoding": {
            "x": {"field": "step", "type": "quantitative", "title": "optimizer step", "axis": {"tickMinStep": 1}},
            "y": {
                "field": "accuracy",
                "type": "quantitative",
                "title": "accuracy",
                "scale": {"zero": False},
                "axis": {"format": ".0%", "tickCount": 5},
            },
        },
        "layer": layers,
    }
