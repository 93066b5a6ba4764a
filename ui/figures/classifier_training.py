"""Accuracy of a classifier in training, epoch by epoch, and the epoch that is kept."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pandas as pd

from ui.figures.loss_curves import LEFT, MARK, SHAPES, STEPS, TRAIN, VAL, mark_layer
from ui.palette import TRAINING, VALIDATION, VALIDATION_DASH

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Picture = tuple[pd.DataFrame, dict[str, Any]]
END = "end"  # the point as far as which the axis goes


def best_look(told: Sequence[Mapping[str, Any]]) -> dict[str, Any] | None:
    """What is kept of a classifier: at its end the look it says, till then that with the lowest validation loss.

    told  a run's events

    None before the first look, and for other kinds of training.
    """
    looks = [e for e in told if e["event"] == "Evaluation" and "val_accuracy" in e and math.isfinite(e["val_loss"])]
    chosen = [e["epoch"] for e in told if e["event"] == "Chosen"][-1:]
    looks = [e for e in looks if e["epoch"] in chosen] or looks
    return dict(min(looks, key=lambda e: e["val_loss"])) if looks else None


def accuracy_curves(rows: Sequence[Mapping[str, Any]], marked: int | None, last: int) -> Picture:
    """Training accuracy blue and solid, validation orange and dashed, after each epoch; legend: that of the losses.

    rows    run, step (how many are done), epoch, train_accuracy, val_accuracy
    marked  the step with a line through it
    last    the step as far as which the axis goes, that of the losses' picture

    The spec depends on nothing, so that a live chart is not drawn anew.
    """
    records: list[dict[str, Any]] = [
        {"run": e["run"], "series": series, "step": e["step"], "epoch": e["epoch"] + 1, "accuracy": e[field]}
        for series, field in ((TRAIN, "train_accuracy"), (VAL, "val_accuracy"))
        for e in rows
    ]
    records += [] if marked is None else [{"series": MARK, "step": marked}]
    records.append({"series": END, "step": last})
    frame = pd.DataFrame(records, columns=["run", "series", "step", "epoch", "accuracy"])
    names = [TRAIN, VAL]
    measured = [{"filter": {"field": "series", "oneOf": names}}]
    color = {
        "field": "series",
        "type": "nominal",
        "scale": {"domain": names, "range": [TRAINING, VALIDATION]},
        "legend": None,
    }
    layers: list[dict[str, Any]] = [
        {
            "transform": measured,
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
            "transform": measured,
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
        {
            "transform": [{"filter": f"datum.series === '{END}'"}],
            "mark": {"type": "rule", "opacity": 0},
            "encoding": {"y": None},
        },
        mark_layer(),
    ]
    return frame, {
        "width": "container",
        "height": 190,
        "encoding": {
            "x": {"field": "step", "type": "quantitative", "title": STEPS["text"], "axis": {"tickMinStep": 1}},
            "y": {
                "field": "accuracy",
                "type": "quantitative",
                "title": "accuracy",
                "scale": {"zero": False},
                "axis": {"format": ".0%", "tickCount": 5, "minExtent": LEFT},
            },
        },
        "layer": layers,
    }
