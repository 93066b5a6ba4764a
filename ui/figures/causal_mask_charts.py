"""Curves of the lesson on the causal mask: the mean over many draws of dropout, and the two trainings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ui.numbers import fmt
from ui.palette import CHANGED, CHOSEN, INK, NEUTRAL

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Picture = tuple[pd.DataFrame, dict[str, Any]]
SCALES = ["divided by 1 − p", "not divided"]
MODELS = {False: "without the mask", True: "with the mask"}
SITUATIONS = ["training: the next character is in view", "writing: it is not there yet"]


def running_mean(values: np.ndarray, rate: float, truth: float) -> Picture:
    """The mean of one weight over the first n draws of dropout, with the scale 1 / (1 - rate) and without it.

    values  (draws,) the weight after dropout, scaled
    truth   the weight before dropout
    """
    draws = np.arange(1, len(values) + 1)
    scaled = np.cumsum(values, dtype=np.float64) / draws
    frame = pd.DataFrame(
        {
            "draws": np.concatenate([draws, draws]),
            "mean": np.concatenate([scaled, scaled * (1 - rate)]),
            "scale": [SCALES[0]] * len(draws) + [SCALES[1]] * len(draws),
        }
    )
    top = max(1.25 * truth, 1.05 * float(scaled.max()), 1e-6)
    rule = {
        "mark": {"type": "rule", "color": CHOSEN, "strokeWidth": 3},
        "encoding": {"y": {"datum": truth, "type": "quantitative"}},
    }
    line = {
        "mark": {"type": "line", "strokeWidth": 2.5, "point": len(draws) == 1},
        "encoding": {
            "x": {"field": "draws", "type": "quantitative", "title": "draws averaged", "axis": {"tickMinStep": 1}},
            "y": {
                "field": "mean",
                "type": "quantitative",
                "title": "mean after dropout",
                "scale": {"domain": [0, top]},
            },
            **two_series("scale", SCALES, [CHANGED, NEUTRAL]),
            "tooltip": [{"field": "draws"}, {"field": "scale"}, {"field": "mean", "format": ".4f"}],
        },
    }
    return frame, {"width": "container", "height": 220, "layer": [rule, line]}


def loss_lines(losses: Mapping[bool, np.ndarray], guessing: float) -> Picture:
    """Training loss by step; the key says whether the model had its mask.

    losses    {masked?: (steps,)} nats per character
    guessing  the loss of a model that gives every character the same probability
    """
    frame = pd.concat(
        pd.DataFrame({"step": np.arange(1, len(loss) + 1), "loss": loss.astype(float), "model": MODELS[masked]})
        for masked, loss in losses.items()
    )
    rule = {
        "mark": {"type": "rule", "strokeDash": [2, 4], "color": NEUTRAL},
        "encoding": {"y": {"datum": guessing, "type": "quantitative"}},
    }
    line = {
        "mark": {"type": "line", "strokeWidth": 2},
        "encoding": {
            "x": {"field": "step", "type": "quantitative", "title": "training step"},
            "y": {
                "field": "loss",
                "type": "quantitative",
                "title": "training loss, nats per character",
                "scale": {"domainMin": 0},
            },
            **two_series("model", list(MODELS.values()), [CHANGED, NEUTRAL]),
            "tooltip": [{"field": "step"}, {"field": "model"}, {"field": "loss", "format": ".3f"}],
        },
    }
    return frame, {"width": "container", "height": 230, "layer": [rule, line]}


def two_series(name: str, names: Sequence[str], colours: Sequence[str]) -> dict[str, Any]:
    """Colour and dashes of two lines, the second one dashed, with one legend."""
    legend = {"title": None, "orient": "top", "symbolType": "stroke", "labelLimit": 300}
    return {
        "color": {
            "field": name,
            "type": "nominal",
            "scale": {"domain": names, "range": colours},
            "legend": legend,
        },
        "strokeDash": {
            "field": name,
            "type": "nominal",
            "scale": {"domain": names, "range": [[1, 0], [6, 4]]},
            "legend": legend,
        },
    }


def loss_bars(losses: Mapping[bool, tuple[float, float]]) -> Picture:
    """The loss of both models while the next character is in view, and when it is not.

    losses  {masked?: (reading, writing)} nats per character
    """
    frame = pd.DataFrame(
        [
            {"model": MODELS[masked], "situation": situation, "loss": loss, "shown": fmt(loss)}
            for masked, pair in losses.items()
            for situation, loss in zip(SITUATIONS, pair, strict=True)
        ]
    )
    top = 1.15 * float(frame["loss"].max())
    bars = {
        "mark": {"type": "bar", "cornerRadiusEnd": 2},
        "encoding": {
            "color": {
                "field": "model",
                "type": "nominal",
                "scale": {"domain": list(MODELS.values()), "range": [CHANGED, NEUTRAL]},
                "legend": None,
            },
            "tooltip": [{"field": "model"}, {"field": "situation"}, {"field": "loss", "format": ".4f"}],
        },
    }
    numbers = {
        "mark": {"type": "text", "align": "left", "dx": 4},
        "encoding": {"text": {"field": "shown"}, "color": INK},
    }
    return frame, {
        "width": "container",
        "height": {"step": 26, "for": "offset"},
        "encoding": {
            "y": {
                "field": "situation",
                "type": "nominal",
                "sort": SITUATIONS,
                "title": None,
                "axis": {"labelLimit": 260, "ticks": False, "labelExpr": "split(datum.label, ': ')"},
            },
            "yOffset": {"field": "model", "type": "nominal", "sort": list(MODELS.values())},
            "x": {
                "field": "loss",
                "type": "quantitative",
                "title": "loss, nats per character",
                "scale": {"domain": [0, top]},
            },
        },
        "layer": [bars, numbers],
        "resolve": {"scale": {"color": "independent"}},
    }
