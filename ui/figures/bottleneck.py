"""Pictures of the lesson on the bottleneck: accuracy by length, losses, and what was read and written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ui.palette import CHANGED, CHOSEN, NEUTRAL

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Picture = tuple[pd.DataFrame, dict[str, Any]]
NAMES = {False: "one hidden state", True: "with attention"}


def accuracy_lines(
    lengths: Sequence[int], accuracy: Mapping[bool, np.ndarray], trained_to: int, guessing: float, chosen: int
) -> Picture:
    """Share of symbols right against the length of the sequence.

    accuracy    {attention?: (N,)} 0 to 1
    trained_to  the longest length in training
    guessing    the share that guessing gets right
    chosen      the length of the reader's sequence; 0 when there is none
    """
    layers = [
        {
            "mark": {"type": "rule", "strokeDash": [2, 4], "color": NEUTRAL},
            "encoding": {"y": {"datum": guessing, "type": "quantitative"}},
        },
        {
            "mark": {"type": "rule", "color": NEUTRAL},
            "encoding": {"x": {"datum": trained_to + 0.5, "type": "quantitative"}},
        },
        {
            "mark": {"type": "line", "strokeWidth": 2.5, "point": {"size": 28}},
            "encoding": {
                "x": {
                    "field": "x",
                    "type": "quantitative",
                    "title": "symbols in the sequence",
                    "scale": {"domain": [0, max(lengths) + 1], "nice": False},
                    "axis": {"grid": False, "tickMinStep": 1},
                },
                "y": {
                    "field": "y",
                    "type": "quantitative",
                    "title": "symbols right",
                    "scale": {"domain": [0, 1.02]},
                    "axis": {"format": ".0%", "values": [0, 0.25, 0.5, 0.75, 1]},
                },
                **two_models(),
                "tooltip": [
                    {"field": "x", "title": "symbols"},
                    {"field": "model"},
                    {"field": "y", "title": "right", "format": ".1%"},
                ],
            },
        },
    ]
    if chosen:
        here = {"x": {"datum": chosen, "type": "quantitative"}}
        layers.insert(0, {"mark": {"type": "rule", "color": CHOSEN, "strokeWidth": 3}, "encoding": here})
    return long_frame(lengths, accuracy), {"width": "container", "height": 270, "layer": layers}


def loss_lines(steps: Sequence[float], losses: Mapping[bool, np.ndarray], guessing: float) -> Picture:
    """Training loss of both models by step.

    losses    {attention?: (N,)} nats per symbol
    guessing  the loss of guessing evenly
    """
    layers = [
        {
            "mark": {"type": "rule", "strokeDash": [2, 4], "color": NEUTRAL},
            "encoding": {"y": {"datum": guessing, "type": "quantitative"}},
        },
        {
            "mark": {"type": "line", "strokeWidth": 2},
            "encoding": {
                "x": {"field": "x", "type": "quantitative", "title": "training step"},
                "y": {
                    "field": "y",
                    "type": "quantitative",
                    "title": "loss, nats per symbol",
                    "scale": {"domainMin": 0},
                },
                **two_models(),
                "tooltip": [
                    {"field": "x", "title": "step"},
                    {"field": "model"},
                    {"field": "y", "title": "loss", "format": ".3f"},
                ],
            },
        },
    ]
    return long_frame(steps, losses), {"width": "container", "height": 270, "layer": layers}


def two_models() -> dict[str, Any]:
    """Colour and dashes of the two models, with one legend."""
    legend = {"title": None, "orient": "top", "symbolType": "stroke"}
    names = list(NAMES.values())
    return {
        channel: {"field": "model", "type": "nominal", "scale": {"domain": names, "range": used}, "legend": legend}
        for channel, used in (("color", [NEUTRAL, CHANGED]), ("strokeDash", [[6, 4], [1, 0]]))
    }


def long_frame(x: Sequence[float], values: Mapping[bool, np.ndarray]) -> pd.DataFrame:
    """Both models' values below each other."""
    return pd.concat(
        [
            pd.DataFrame({"x": np.asarray(x, dtype=float), "y": np.asarray(v, dtype=float), "model": NAMES[kind]})
            for kind, v in values.items()
        ]
    )
