"""Published sizes of language models: parameters against training tokens, on log axes."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from ui.palette import CHOSEN, INK, NEUTRAL, OTHER

if TYPE_CHECKING:
    import pandas as pd

# Hoffmann et al. 2022, table 3: for a given amount of computing, about this many tokens a parameter are best.
BEST_TOKENS_PER_PARAMETER = 20
# Names written beside their points and ticks; the others show theirs on hover, or when chosen.
LABELLED = {name: name for name in ("GPT-3", "Chinchilla", "T5 base", "LLaMA 7B", "PaLM", "Qwen3 235B", "GPT-2 XL")}
LABELLED["GPT-2 small"] = "GPT-1, GPT-2 small"  # their ticks lie on one another
KEPT = ("GPT-3", "GPT-2 small", "GPT-2 XL")  # on a phone, where the other names would meet


def size_chart(sizes: pd.DataFrame, ours: str, chosen: str) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Parameters against training tokens, both on log axes; ticks at the foot where the tokens are not published.

    sizes   columns model, year, developer, parameters, training_tokens, note, source
    ours    the name of our own model
    chosen  the name of the marked one

    A click gives the selection `pick` with `model`.
    """
    frame = sizes[sizes["parameters"].notna()].copy()
    frame["tokens_shown"] = [
        "not published" if math.isnan(tokens) else f"{tokens:,.0f}" for tokens in frame["training_tokens"]
    ]
    frame["chosen"] = frame["model"] == chosen
    frame["ours"] = frame["model"] == ours
    frame["label"] = [name if name in (ours, chosen) else LABELLED.get(name, "") for name in frame["model"]]
    frame["kept"] = frame["model"].isin([*KEPT, ours, chosen])
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
    text = {
        "type": "text",
        "fontSize": 12,
        "interactive": False,
        "opacity": {"expr": "datum.kept || width > 420 ? 1 : 0"},
    }
    names = {
        "transform": [has_tokens, {"filter": "datum.label"}],
        "mark": {
            **text,
            "align": {"expr": "datum.ours ? 'left' : 'right'"},
            "dx": {"expr": "datum.ours ? 12 : -9"},
            "dy": {"expr": "datum.ours ? 4 : -8"},
        },
        "encoding": {"x": x, "y": y, "text": {"field": "label"}, "color": INK},
    }
    at_foot = {
        "transform": [{"filter": "!isValid(datum.training_tokens) && datum.label"}],
        "mark": {
            **text,
            "align": {"expr": "datum.parameters < 1e9 ? 'right' : 'left'"},
            "dy": {"expr": "datum.chosen ? -32 : -16"},
        },
        "encoding": {"x": x, "y": {"value": "height"}, "text": {"field": "label"}, "color": INK},
    }
    # The chosen one is drawn last, above its neighbours.
    return frame.sort_values("chosen", kind="stable"), {
        "width": "container",
        "height": 430,
        "layer": [best_line(x, y), unknown, at_foot, points, names],
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
