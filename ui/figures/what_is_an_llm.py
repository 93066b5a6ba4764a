"""Pictures for "What is an LLM?": a loss curve, accuracies with intervals, what labels buy, telling words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from ui.numbers import fmt, percent
from ui.palette import DIVERGING, INK, NEUTRAL, OTHER, TRAINING, VALIDATION, VALIDATION_DASH

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.evaluation.metrics import Accuracy

Picture = tuple[pd.DataFrame, dict[str, Any]]


def loss_chart(log: pd.DataFrame) -> Picture:
    """Training and validation loss against tokens seen.

    log  columns tokens_seen, loss, val_loss (missing where there was no evaluation)
    """
    training = pd.DataFrame({"tokens": log["tokens_seen"], "loss": log["loss"], "text": "training"})
    seen = log[log["val_loss"].notna()]
    validation = pd.DataFrame({"tokens": seen["tokens_seen"], "loss": seen["val_loss"], "text": "validation (unseen)"})
    frame = pd.concat([training, validation], ignore_index=True)
    names = ["training", "validation (unseen)"]
    return frame, {
        "width": "container",
        "height": 200,
        "mark": {"type": "line", "strokeWidth": 2},
        "encoding": {
            "x": {"field": "tokens", "type": "quantitative", "title": "tokens read", "axis": {"format": "~s"}},
            "y": {
                "field": "loss",
                "type": "quantitative",
                "title": "loss, nats a token",
                "scale": {"zero": False},
                "axis": {"tickCount": 5},
            },
            "color": {
                "field": "text",
                "type": "nominal",
                "title": None,
                "scale": {"domain": names, "range": [TRAINING, VALIDATION]},
                "legend": {"orient": "top"},
            },
            "strokeDash": {
                "field": "text",
                "type": "nominal",
                "legend": None,
                "scale": {"domain": names, "range": [[1, 0], VALIDATION_DASH]},
            },
            "tooltip": [
                {"field": "text", "title": "text"},
                {"field": "tokens", "type": "quantitative", "title": "tokens read", "format": ","},
                {"field": "loss", "type": "quantitative", "title": "loss", "format": ".10~g"},
            ],
        },
    }


def accuracy_chart(accuracies: dict[str, Accuracy], guessing: float) -> Picture:
    """A dot for each model's accuracy on its 95% interval; a dashed line where guessing one class would be.

    accuracies  model name -> right answers out of all
    guessing    accuracy of always giving the more frequent class, 0 to 1
    """
    frame = pd.DataFrame(
        {
            "model": list(accuracies),
            "share": [a.share for a in accuracies.values()],
            "low": [a.interval[0] for a in accuracies.values()],
            "high": [a.interval[1] for a in accuracies.values()],
            "shown": [f"{percent(a.share)} ({a.right} of {a.total})" for a in accuracies.values()],
        }
    )
    y = {"field": "model", "type": "nominal", "sort": None, "title": None, "axis": {"labelLimit": 150, "domain": False}}
    x = {
        "field": "share",
        "type": "quantitative",
        "title": "accuracy on the held-out messages, with 95% interval",
        "scale": {"domain": [0.4, 1]},
        "axis": {"format": ".0%", "tickCount": 6},
    }
    about = [
        {"field": "model", "title": "model"},
        {"field": "shown", "title": "accuracy"},
        {"field": "low", "type": "quantitative", "title": "interval from", "format": ".4f"},
        {"field": "high", "type": "quantitative", "title": "interval to", "format": ".4f"},
    ]
    return frame, {
        "width": "container",
        "height": {"step": 54},
        "encoding": {"y": y},
        "layer": [
            {
                "mark": {"type": "rule", "strokeDash": [4, 4], "color": NEUTRAL},
                "encoding": {"x": {"datum": guessing, "type": "quantitative", "scale": x["scale"]}, "y": None},
            },
            {
                "mark": {"type": "bar", "height": 8, "opacity": 0.45, "color": OTHER},
                "encoding": {"x": {**x, "field": "low"}, "x2": {"field": "high"}, "tooltip": about},
            },
            {
                "mark": {"type": "point", "filled": True, "size": 150, "color": TRAINING},
                "encoding": {"x": x, "tooltip": about},
            },
            {
                "mark": {"type": "text", "dy": -17, "fontSize": 13, "interactive": False},
                "encoding": {"x": x, "text": {"field": "shown"}, "color": INK},
            },
        ],
        "resolve": {"scale": {"color": "independent"}},
    }


def learning_chart(frame: pd.DataFrame) -> Picture:
    """Accuracy against the number of labelled messages, a line with its 95% intervals for each model.

    frame  columns model, messages, share, low, high, shown
    """
    color = {
        "field": "model",
        "type": "nominal",
        "title": None,
        "scale": {"range": [NEUTRAL, OTHER]},
        "legend": {"orient": "top"},
    }
    x = {
        "field": "messages",
        "type": "quantitative",
        "title": "labelled messages learned from",
        "scale": {"type": "log", "base": 2, "nice": False, "padding": 20},
        "axis": {"values": sorted(set(frame["messages"].tolist())), "grid": False},
    }
    y = {
        "field": "share",
        "type": "quantitative",
        "title": "accuracy on the held-out messages",
        "scale": {"domain": [0.4, 1]},
        "axis": {"format": ".0%", "tickCount": 6},
    }
    about = [
        {"field": "model", "title": "model"},
        {"field": "messages", "title": "learned from"},
        {"field": "shown", "title": "right"},
        {"field": "low", "type": "quantitative", "title": "interval from", "format": ".4f"},
        {"field": "high", "type": "quantitative", "title": "interval to", "format": ".4f"},
    ]
    shape = {"field": "model", "type": "nominal", "legend": None}
    return frame, {
        "width": "container",
        "height": 380,
        "encoding": {"x": x, "color": color},
        "layer": [
            {
                "mark": {"type": "rule", "opacity": 0.6, "strokeWidth": 2},
                "encoding": {"y": {**y, "field": "low"}, "y2": {"field": "high"}},
            },
            {"mark": {"type": "line", "strokeWidth": 2}, "encoding": {"y": y}},
            {
                "mark": {"type": "point", "filled": True, "size": 110},
                "encoding": {"y": y, "shape": shape, "tooltip": about},
            },
        ],
    }


def signed_bars(names: Sequence[str], values: Sequence[float], title: str) -> Picture:
    """Bars to the left and right of zero, one a name, in the order given.

    names   may repeat nothing: each is a row
    values  with sign
    title   what the values are
    """
    frame = pd.DataFrame({"name": list(names), "value": list(values), "shown": [fmt(v) for v in values]})
    limit = float(frame["value"].abs().max()) if len(frame) else 1.0
    x = {
        "field": "value",
        "type": "quantitative",
        "title": title,
        "axis": {"tickCount": 5, "grid": False},
        "scale": {"padding": 40},  # pixels for the numbers beside the bars
    }
    text = {"type": "text", "fontSize": 11, "interactive": False}
    return frame, {
        "width": "container",
        "height": {"step": 20},
        "encoding": {
            "y": {
                "field": "name",
                "type": "nominal",
                "sort": None,
                "title": None,
                "axis": {"ticks": False, "domain": False, "labelLimit": 130, "labelOverlap": False},
            },
            "x": x,
        },
        "layer": [
            {
                "mark": {"type": "bar", "cornerRadiusEnd": 3, "stroke": NEUTRAL, "strokeWidth": 0.5},
                "encoding": {
                    "color": {
                        "field": "value",
                        "type": "quantitative",
                        "scale": {"range": DIVERGING, "domain": [-limit, limit], "interpolate": "rgb"},
                        "legend": None,
                    },
                    "tooltip": [
                        {"field": "name", "title": "word"},
                        {"field": "value", "type": "quantitative", "title": title, "format": ".10~g"},
                    ],
                },
            },
            {
                "transform": [{"filter": "datum.value >= 0"}],
                "mark": {**text, "align": "left", "dx": 4},
                "encoding": {"text": {"field": "shown"}, "color": INK},
            },
            {
                "transform": [{"filter": "datum.value < 0"}],
                "mark": {**text, "align": "right", "dx": -4},
                "encoding": {"text": {"field": "shown"}, "color": INK},
            },
        ],
        "resolve": {"scale": {"color": "independent"}},
    }
