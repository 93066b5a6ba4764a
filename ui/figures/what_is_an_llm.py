"""Pictures for "What is an LLM?": a loss curve, what labels buy, telling words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from ui.numbers import fmt
from ui.palette import DIVERGING, INK, NEUTRAL, OTHER, TRAINING, VALIDATION, VALIDATION_DASH

if TYPE_CHECKING:
    from collections.abc import Sequence

Picture = tuple[pd.DataFrame, dict[str, Any]]
FILTERS = {"counting": NEUTRAL, "gpt": OTHER}


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
        "height": 300,
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


def learning_chart(frame: pd.DataFrame) -> Picture:
    """Accuracy against the number of labelled messages, a line with its 95% intervals for each model.

    frame  columns model, messages, share, low, high, shown
    """
    color = {
        "field": "model",
        "type": "nominal",
        "title": None,
        "scale": {"range": list(FILTERS.values())},
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
