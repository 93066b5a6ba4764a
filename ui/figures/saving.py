"""Curves of a training that was stopped and gone on with, and the losses of two modes as dots."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ui.palette import CHANGED, CHOSEN, NEUTRAL, OTHER, TRAINING, VALIDATION

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

Picture = tuple[pd.DataFrame, dict[str, Any]]
RUNS = ("never stopped", "everything restored", "new optimizer", "weights only")
HUES = (NEUTRAL, OTHER, CHANGED, VALIDATION)
MODES = ("train mode", "eval mode")


def resumed_curves(whole: Floats, others: Sequence[Floats], saved_at: int, near: bool) -> Picture:
    """Loss after each step; the wide line never stopped, the others go on at `saved_at`, marked by a rule.

    whole   (steps + 1,)
    others  three, each (steps + 1 - saved_at,)
    near    only from a little before the save
    """
    low = max(saved_at - 3, 0) if near else 0
    steps = [np.arange(len(whole)), *(np.arange(saved_at, len(whole)) for _ in others)]
    frame = pd.DataFrame(
        {
            "step": np.concatenate(steps),
            "loss": np.concatenate([whole, *others]),
            "run": np.repeat(RUNS, [len(s) for s in steps]),
        }
    )
    frame = frame[frame["step"] >= low]
    x: dict[str, Any] = {
        "field": "step",
        "type": "quantitative",
        "title": "steps done",
        "axis": {"grid": False, "format": "d"},
    }
    x["scale"] = {"domain": [low, len(whole) - 1], "nice": False}
    y: dict[str, Any] = {"field": "loss", "type": "quantitative", "title": "held-out loss, nats a character"}
    y["scale"] = {"zero": False}
    legend = {"orient": "top", "title": None, "symbolType": "stroke", "symbolSize": 700, "columns": 2}
    colour = {"field": "run", "type": "nominal", "scale": {"domain": list(RUNS), "range": list(HUES)}, "legend": legend}
    dash: dict[str, Any] = {"field": "run", "type": "nominal", "legend": None}
    dash["scale"] = {"domain": list(RUNS), "range": [[1, 0], [5, 4], [1, 0], [8, 3, 2, 3]]}
    wide = {"condition": {"test": f"datum.run == '{RUNS[0]}'", "value": 6}, "value": 2}
    tooltip = [
        {"field": "step", "type": "quantitative"},
        {"field": "run", "type": "nominal"},
        {"field": "loss", "type": "quantitative", "format": ".10~g"},
    ]
    rule = {
        "mark": {"type": "rule", "color": CHOSEN, "strokeWidth": 2},
        "encoding": {"x": {"datum": saved_at, "type": "quantitative"}, "y": None},
    }
    lines = {"mark": "line", "encoding": {"color": colour, "strokeDash": dash, "strokeWidth": wide}}
    points = {"mark": {"type": "circle", "size": 18}, "encoding": {"color": colour, "tooltip": tooltip}}
    return frame, {
        "width": "container",
        "height": 330,
        "encoding": {"x": x, "y": y},
        "layer": [rule, lines, points],
    }


def mode_dots(train: Sequence[float], calm: Sequence[float]) -> Picture:
    """One dot for each pass; equal losses lie in a row."""
    passes = [*range(1, len(train) + 1), *range(1, len(calm) + 1)]
    frame = pd.DataFrame({"pass": passes, "loss": [*train, *calm], "mode": np.repeat(MODES, [len(train), len(calm)])})
    return frame, {
        "width": "container",
        "height": 330,
        "mark": {"type": "point", "filled": True, "size": 70, "opacity": 1},
        "encoding": {
            "x": {
                "field": "pass",
                "type": "quantitative",
                "axis": {"grid": False, "format": "d", "values": list(range(1, len(train) + 1))},
                "scale": {"domain": [0.5, len(train) + 0.5], "nice": False},  # no dot is cut at the edge
            },
            "y": {
                "field": "loss",
                "type": "quantitative",
                "title": "loss, nats a token",
                "scale": {"zero": False},
            },
            "color": {
                "field": "mode",
                "type": "nominal",
                "scale": {"domain": list(MODES), "range": [TRAINING, VALIDATION]},
                "legend": {"orient": "top", "title": None},
            },
            "shape": {"field": "mode", "type": "nominal", "scale": {"domain": list(MODES)}, "legend": None},
            "tooltip": [
                {"field": "mode", "type": "nominal"},
                {"field": "pass", "type": "quantitative"},
                {"field": "loss", "type": "quantitative", "format": ".10~g"},
            ],
        },
    }
