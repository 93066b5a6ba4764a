"""Small loss curves that stand side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from ui.figures.loss_curves import EACH_STEP, TRAIN, VAL
from ui.palette import TRAINING, VALIDATION, VALIDATION_DASH

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Picture = tuple[pd.DataFrame, dict[str, Any]]


def small_curves(rows: Sequence[Mapping[str, Any]], top: float) -> Picture:
    """Both losses of one training, small: training blue and solid, validation orange and dashed.

    rows  of ui.figures.loss_curves.curve_rows, of one run
    top   the end of the axis, nats; what is higher is cut off
    """
    frame = pd.DataFrame(rows, columns=["run", "series", "step", "loss", "value"])
    colour = {"domain": [EACH_STEP, TRAIN, VAL], "range": [TRAINING, TRAINING, VALIDATION]}
    shared = {
        "x": {"field": "step", "type": "quantitative", "title": None, "axis": {"tickCount": 4, "tickMinStep": 1}},
        "y": {
            "field": "loss",
            "type": "quantitative",
            "title": None,
            "scale": {"domain": [0, top]},
            "axis": {"tickCount": 4},
        },
        "color": {"field": "series", "type": "nominal", "scale": colour, "legend": None},
    }
    tooltip = [
        {"field": "series", "title": "curve"},
        {"field": "step", "title": "step"},
        {"field": "loss", "title": "loss, nats a token", "format": ".10~g"},
    ]
    dash = {
        "field": "series",
        "type": "nominal",
        "scale": {"domain": [TRAIN, VAL], "range": [[1, 0], VALIDATION_DASH]},
        "legend": None,
    }
    return frame, {
        "width": "container",
        "height": 150,
        "encoding": shared,
        "layer": [
            {
                "transform": [{"filter": f"datum.series == '{EACH_STEP}'"}],
                "mark": {"type": "line", "strokeWidth": 1, "opacity": 0.35, "clip": True},
            },
            {
                "transform": [{"filter": f"datum.series != '{EACH_STEP}'"}],
                "mark": {"type": "line", "strokeWidth": 2, "clip": True},
                "encoding": {"strokeDash": dash, "tooltip": tooltip},
            },
        ],
    }
