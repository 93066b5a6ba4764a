"""Pictures for "What is an LLM?": sizes on log axes, a loss curve, accuracies with intervals, telling words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from ui.numbers import fmt, percent
from ui.palette import CHOSEN, DIVERGING, INK, NEUTRAL, OTHER, TRAINING, VALIDATION, VALIDATION_DASH

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.evaluation.metrics import Accuracy

Picture = tuple[pd.DataFrame, dict[str, Any]]

# Hoffmann et al. 2022, table 3: for a given amount of computing, about this many tokens a parameter are best.
BEST_TOKENS_PER_PARAMETER = 20
# Names written beside their points; the others show theirs on hover, or when chosen.
LABELLED = {"GPT-3", "Chinchilla", "T5 base", "LLaMA 7B", "PaLM", "Qwen3 235B"}


def size_chart(sizes: pd.DataFrame, ours: str, chosen: str) -> Picture:
    """Parameters against training tokens, both on log axes; ticks at the foot where the tokens are not published.

    sizes   columns model, year, developer, parameters, training_tokens, note, source
    ours    the name of our own model
    chosen  the name of the marked one

    A click gives the selection `pick` with `model`.
    """
    frame = sizes[sizes["parameters"].notna()].copy()
    frame["tokens_shown"] = [
        "not published" if pd.isna(tokens) else f"{tokens:,.0f}" for tokens in frame["training_tokens"]
    ]
    frame["chosen"] = frame["model"] == chosen
    frame["ours"] = frame["model"] == ours
    frame["label"] = [name if name in LABELLED or name in (ours, chosen) else "" for name in frame["model"]]
    has_tokens = {"filter": "isValid(datum.training_tokens)"}
    x = {"field": "parameters", **log_axis("parameters (adjustable numbers)", [1e6, 4e12])}
    y = {"field": "training_tokens", **log_axis("tokens read in training", [1e6, 2e14])}
    color = {
        "condition": [{"test": "datum.chosen", "value": CHOSEN}, {"test": "datum.ours", "value": OTHER}],
        "value": NEUTRAL,
    }
    points = {
        "transform": [has_tokens],
        "mark": {"type": "point", "filled": True, "size": 110, "opacity": 0.95, "cursor": "pointer"},
        "params": [{"name": "pick", "select": {"type": "point", "fields": ["model"], "toggle": False}}],
        "encoding": {
            "x": x,
            "y": y,
            "color": color,
            "shape": {"condition": {"test": "datum.ours", "value": "diamond"}, "value": "circle"},
            "size": {"condition": {"test": "datum.ours || datum.chosen", "value": 240}, "value": 110},
            "tooltip": tooltips(),
        },
    }
    unknown = {
        "transform": [{"filter": "!isValid(datum.training_tokens)"}],
        "mark": {"type": "tick", "thickness": 3, "size": 16},
        "encoding": {"x": x, "y": {"value": "height"}, "color": color, "tooltip": tooltips()},
    }
    names = {
        "transform": [has_tokens, {"filter": "datum.label"}],
        "mark": {"type": "text", "align": "right", "dx": -9, "dy": -8, "fontSize": 12, "interactive": False},
        "encoding": {"x": x, "y": y, "text": {"field": "label"}, "color": INK},
    }
    # The chosen one is drawn last, above its neighbours.
    return frame.sort_values("chosen", kind="stable"), {
        "width": "container",
        "height": 430,
        "layer": [best_line(x, y), unknown, points, names],
        "resolve": {"scale": {"color": "independent", "size": "independent"}},
    }


def best_line(x: dict[str, Any], y: dict[str, Any]) -> dict[str, Any]:
    """The dashed line at 20 tokens a parameter, across the picture."""
    ends = [{"parameters": p, "training_tokens": BEST_TOKENS_PER_PARAMETER * p} for p in (1e6, 4e12)]
    return {
        "data": {"values": ends},
        "mark": {"type": "line", "strokeDash": [3, 4], "color": NEUTRAL, "clip": True},
        "encoding": {"x": x, "y": y},
    }


def log_axis(title: str, domain: list[float]) -> dict[str, Any]:
    """A quantitative log axis with a grid line and a label (1M, 1B, 1T) at every power of ten."""
    powers = [10.0**p for p in range(6, 15) if domain[0] <= 10.0**p <= domain[1]]
    return {
        "type": "quantitative",
        "title": title,
        "scale": {"type": "log", "domain": domain},
        "axis": {
            "values": powers,
            "labelExpr": "replace(format(datum.value, '.0s'), 'G', 'B')",
            "grid": True,
            "gridOpacity": 0.35,
        },
    }


def tooltips() -> list[dict[str, Any]]:
    """Everything known about a model, its source last."""
    return [
        {"field": "model", "title": "model"},
        {"field": "year", "title": "year", "type": "quantitative", "format": "d"},
        {"field": "parameters", "title": "parameters", "type": "quantitative", "format": ","},
        {"field": "tokens_shown", "title": "tokens"},
        {"field": "note", "title": "note"},
        {"field": "source", "title": "source"},
    ]


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
