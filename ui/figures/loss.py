"""Pictures of the loss: surprise token by token, the curve of minus the logarithm, trained against untrained."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ui.figures.heads import bare_axis, number_beside
from ui.labels import short
from ui.numbers import fmt
from ui.palette import CHOSEN, NEUTRAL, OTHER

if TYPE_CHECKING:
    from collections.abc import Sequence

Picture = tuple[pd.DataFrame, dict[str, Any]]
MOST_NAMED = 24  # tokens that all have their names below, also on a phone


def surprise_bars(tokens: Sequence[str], surprises: Sequence[float], uniform: float, unit: str, chosen: int) -> Picture:
    """A bar for each token's surprise, a line at the mean (the loss) and one at ln(vocabulary).

    surprises  one for each token, in the unit
    uniform    the surprise of a model that holds all tokens for equally likely
    unit       nats or bits

    A click gives the selection `pick` with `place`.
    """
    frame = pd.DataFrame(
        {
            "place": range(len(tokens)),
            "token": [short(token) for token in tokens],
            "surprise": list(surprises),
            "chosen": [i == chosen for i in range(len(tokens))],
        }
    )
    names = ["loss: the mean", "all equally likely"]
    lines = [{"at": at, "name": name} for at, name in zip((float(np.mean(surprises)), uniform), names, strict=True)]
    bars = {
        "mark": {"type": "bar", "cursor": "pointer"},
        "params": [{"name": "pick", "select": {"type": "point", "fields": ["place"], "toggle": False}}],
        "encoding": {
            "x": {
                "field": "place",
                "type": "ordinal",
                "title": None,
                "axis": {
                    "labelExpr": "labels[datum.value]",
                    "labelAngle": -45,
                    "labelOverlap": len(tokens) > MOST_NAMED,
                    "ticks": False,
                },
            },
            "y": {
                "field": "surprise",
                "type": "quantitative",
                "title": f"surprise, {unit}",
                "axis": {"tickCount": 5},
            },
            "color": {"condition": {"test": "datum.chosen", "value": CHOSEN}, "value": OTHER},
            "tooltip": [
                {"field": "token", "type": "nominal"},
                {"field": "surprise", "title": f"surprise, {unit}", "format": ".10~g"},
            ],
        },
    }
    rules = {
        "data": {"values": lines},
        "mark": {"type": "rule", "strokeWidth": 2, "color": NEUTRAL, "interactive": False},
        "encoding": {
            "y": {"field": "at", "type": "quantitative"},
            "strokeDash": {
                "field": "name",
                "type": "nominal",
                "sort": None,
                "scale": {"domain": names, "range": [[1, 0], [6, 4]]},
                "legend": {
                    "title": None,
                    "orient": "top",
                    "labelLimit": 0,
                    "symbolType": "stroke",
                    "symbolSize": 400,  # long enough for two dashes, short enough for a phone
                    "symbolStrokeWidth": 2,
                },
            },
        },
    }
    return frame, {
        "params": [{"name": "labels", "value": frame["token"].tolist()}],
        "width": "container",
        "height": 300,
        "layer": [bars, rules],
    }


def minus_log(
    tokens: Sequence[str], probabilities: Sequence[float], surprises: Sequence[float], unit: str, chosen: int
) -> Picture:
    """Surprise against probability: the curve -log p, and the text's tokens on it."""
    chances = np.geomspace(max(min(*probabilities, 1e-3), 1e-30), 1, 400)
    curve = pd.DataFrame({"p": chances, "s": -np.log(chances) / (np.log(2) if unit == "bits" else 1)})
    frame = pd.DataFrame(
        {
            "token": [short(token) for token in tokens],
            "p": list(probabilities),
            "s": list(surprises),
            "chosen": [i == chosen for i in range(len(tokens))],
        }
    )
    axes = {
        "x": {
            "field": "p",
            "type": "quantitative",
            "title": "probability that the model gave",
            "axis": {"tickCount": 5},
        },
        "y": {"field": "s", "type": "quantitative", "title": f"surprise, {unit}", "axis": {"tickCount": 5}},
    }
    return frame, {
        "width": "container",
        "height": 280,
        "encoding": axes,
        "layer": [
            {
                "data": {"values": curve.to_dict("records")},
                "mark": {"type": "line", "color": NEUTRAL, "interactive": False},
            },
            {
                "mark": {"type": "point", "filled": True, "size": 70, "opacity": 0.85},
                "encoding": {
                    "color": {"condition": {"test": "datum.chosen", "value": CHOSEN}, "value": OTHER},
                    "tooltip": [
                        {"field": "token", "type": "nominal"},
                        {"field": "p", "title": "probability", "format": ".10~g"},
                        {"field": "s", "title": f"surprise, {unit}", "format": ".10~g"},
                    ],
                },
            },
        ],
    }


def loss_bars(names: Sequence[str], losses: Sequence[float], unit: str) -> Picture:
    """Losses side by side; the last is the chosen model's."""
    frame = pd.DataFrame(
        {
            "name": list(names),
            "loss": list(losses),
            "shown": [fmt(loss) for loss in losses],
            "chosen": [i == len(names) - 1 for i in range(len(names))],
        }
    )
    bars = {
        "mark": {"type": "bar", "cornerRadiusEnd": 3},
        "encoding": {
            "x": {
                "field": "loss",
                "type": "quantitative",
                "title": f"loss, {unit} a token",
                "scale": {"domain": [0, max(losses) * 1.15], "nice": False},
                "axis": {"tickCount": 5, "grid": False},
            },
            "color": {"condition": {"test": "datum.chosen", "value": CHOSEN}, "value": OTHER},
            "tooltip": [{"field": "name", "type": "nominal"}, {"field": "loss", "format": ".10~g"}],
        },
    }
    return frame, {
        "width": "container",
        "height": {"step": 30},
        "encoding": {"y": {"field": "name", "type": "nominal", "sort": None, "title": None, "axis": bare_axis()}},
        "layer": [bars, number_beside("loss", "shown")],
        "resolve": {"scale": {"color": "independent"}},
    }
