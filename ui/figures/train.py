"""Pictures of what a training kept: words on a map, and losses with dropout drawn anew."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from ui.palette import INK, NEUTRAL, TRAINING

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

Picture = tuple[pd.DataFrame, dict[str, Any]]
TRAIN_MODE, EVAL_MODE = "training mode", "evaluation mode"


def word_map(tokens: Sequence[str], places: NDArray[np.float32], reach: float) -> Picture:
    """Words where their embeddings lie in a plane.

    tokens  N texts
    places  (N, 2)
    reach   both axes go from -reach to reach, whatever the checkpoint
    """
    frame = pd.DataFrame({"token": list(tokens), "x": places[:, 0], "y": places[:, 1]})
    scale = {"domain": [-reach, reach], "nice": False}
    axes = {
        name: {
            "field": name,
            "type": "quantitative",
            "scale": scale,
            "title": title,
            "axis": {"tickCount": 4, "grid": False},
        }
        for name, title in (("x", "first direction"), ("y", "second direction"))
    }
    return frame, {
        "width": "container",
        "height": 330,
        "encoding": axes,
        "layer": [
            {"mark": {"type": "point", "filled": True, "size": 18, "color": TRAINING, "opacity": 0.5}},
            {
                "mark": {"type": "text", "dy": -7, "fontSize": 11, "clip": True},
                "encoding": {
                    "text": {"field": "token"},
                    "color": INK,
                    "tooltip": [
                        {"field": "token", "title": "token"},
                        {"field": "x", "title": "first direction", "format": ".10~g"},
                        {"field": "y", "title": "second direction", "format": ".10~g"},
                    ],
                },
            },
        ],
        "resolve": {"scale": {"color": "independent"}},
    }


def noise_strip(calm: float, noisy: NDArray[np.float32]) -> Picture:
    """Losses of the same batch: with dropout one tick a draw, without it a line that does not move."""
    rows = [{"mode": TRAIN_MODE, "loss": float(loss), "draw": n} for n, loss in enumerate(noisy, 1)]
    rows.append({"mode": EVAL_MODE, "loss": calm, "draw": 0})
    frame = pd.DataFrame(rows)
    return frame, {
        "width": "container",
        "height": {"step": 46},
        "encoding": {
            "x": {
                "field": "loss",
                "type": "quantitative",
                "title": "loss of the same batch, nats a token",
                "scale": {"zero": False},
            },
            "y": {"field": "mode", "type": "nominal", "sort": [TRAIN_MODE, EVAL_MODE], "title": None},
            "color": {
                "field": "mode",
                "type": "nominal",
                "scale": {"domain": [TRAIN_MODE, EVAL_MODE], "range": [TRAINING, NEUTRAL]},
                "legend": None,
            },
            "tooltip": [{"field": "mode"}, {"field": "draw"}, {"field": "loss", "format": ".10~g"}],
        },
        "mark": {"type": "tick", "thickness": 2, "size": 30},
    }
