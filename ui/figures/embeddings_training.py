"""Pictures for the lesson on embeddings of vectors while they are trained: words on a map, curves over the steps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ui.figures.embeddings import spread
from ui.palette import CHANGED, CHOSEN, INK, ORDINARY_HUES, OTHER, TRAINING

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from numpy.typing import NDArray

    Picture = tuple[pd.DataFrame, dict[str, Any]]


def moment_map(
    places: NDArray[np.float32],
    moment: int,
    names: Sequence[str],
    groups: NDArray[np.int64],
    titles: Sequence[str],
    chosen: int,
    neighbours: NDArray[np.int64],
) -> Picture:
    """The words at one moment of training, on axes that stay the same for all moments; names only where there is room.

    places  (M, N, 2) at each moment
    groups  (N,) the number of each word's group; titles its names
    """
    now, marked = places[moment], [chosen, *neighbours.tolist()]
    corners = np.stack([places.min(axis=(0, 1)), places.max(axis=(0, 1))])
    named = set(spread(np.concatenate([now, corners]), 22, marked)).intersection(marked)
    frame = pd.DataFrame(
        {
            "x": now[:, 0],
            "y": now[:, 1],
            "word": list(names),
            "group": [titles[g] for g in groups.tolist()],
            "mark": [2 if i == chosen else 1 if i in marked else 0 for i in range(len(names))],
            "named": [i in named for i in range(len(names))],
        }
    )
    low, high = corners.tolist()
    x, y = (
        {
            "field": name,
            "type": "quantitative",
            "title": f"component {i + 1}",
            "scale": {"domain": [low[i], high[i]], "nice": False, "zero": False},
            "axis": {"grid": False, "labels": False, "ticks": False},
        }
        for i, name in enumerate("xy")
    )
    about = [{"field": "word", "title": "word"}, {"field": "group", "title": "group"}]
    return frame, {
        "width": "container",
        "height": 480,
        "encoding": {"x": x, "y": y},
        "layer": [
            {
                "mark": {"type": "circle", "size": 22, "opacity": 0.55},
                "encoding": {
                    "color": {
                        "field": "group",
                        "type": "nominal",
                        "title": None,
                        "scale": {"domain": list(titles), "range": list(ORDINARY_HUES)},
                        "legend": {"orient": "bottom", "columns": 3, "symbolOpacity": 1, "labelLimit": 200},
                    },
                    "tooltip": about,
                },
            },
            {
                "transform": [{"filter": "datum.mark > 0"}],
                "mark": {"type": "circle", "color": CHOSEN, "opacity": 1},
                "encoding": {
                    "size": {"condition": {"test": "datum.mark == 2", "value": 180}, "value": 55},
                    "tooltip": about,
                },
            },
            {
                "transform": [{"filter": "datum.named"}],
                "mark": {"type": "text", "dy": -10, "fontSize": 12, "interactive": False},
                "encoding": {
                    "text": {"field": "word"},
                    "color": INK,
                    "opacity": {"condition": {"test": "datum.mark == 2", "value": 1}, "value": 0.85},
                },
            },
        ],
        "resolve": {"scale": {"color": "independent"}},
    }


def order_chart(steps: Sequence[int], kept: Sequence[float], losses: Sequence[float], chosen: int) -> Picture:
    """The share of the final neighbours that are there already, at each moment; the loss in the tooltip."""
    frame = pd.DataFrame(
        {
            "moment": range(len(steps)),
            "step": list(steps),
            "kept": list(kept),
            "loss": list(losses),
            "chosen": [i == chosen for i in range(len(steps))],
        }
    )
    return frame, {
        "width": "container",
        "height": 150,
        "encoding": {
            "x": {
                "field": "step",
                "type": "quantitative",
                "title": "step of training",
                "scale": {"type": "symlog", "constant": 20},
                "axis": {"values": list(steps), "labelOverlap": True, "grid": False},
            },
            "y": {
                "field": "kept",
                "type": "quantitative",
                "title": None,
                "scale": {"domain": [0, 1]},
                "axis": {"format": ".0%", "values": [0, 0.5, 1]},
            },
            "tooltip": [
                {"field": "step", "title": "step", "format": ","},
                {"field": "kept", "type": "quantitative", "title": "share of final neighbours", "format": ".4f"},
                {"field": "loss", "type": "quantitative", "title": "loss, nats a token", "format": ".4f"},
            ],
        },
        "layer": [
            {"mark": {"type": "line", "color": CHANGED, "strokeWidth": 2}},
            {
                "mark": {"type": "circle", "opacity": 1},
                "encoding": {
                    "color": {"condition": {"test": "datum.chosen", "value": CHOSEN}, "value": CHANGED},
                    "size": {"condition": {"test": "datum.chosen", "value": 170}, "value": 40},
                },
            },
        ],
    }


def word_loss(steps: Sequence[int], losses: Sequence[float], last: int, chosen: int | None = None) -> Picture:
    """The loss of word2vec so far; the chosen moment as a larger point."""
    frame = pd.DataFrame({"step": list(steps), "loss": list(losses), "chosen": [s == chosen for s in steps]})
    return frame, {
        "width": "container",
        "height": 190,
        "encoding": {
            "x": {
                "field": "step",
                "type": "quantitative",
                "title": "step",
                "scale": {"domain": [0, last]},
                "axis": {"grid": False},
            },
            "y": {
                "field": "loss",
                "type": "quantitative",
                "title": "loss, nats a pair",
                "scale": {"zero": False},
                "axis": {"tickCount": 4},
            },
            "tooltip": [
                {"field": "step", "title": "step", "format": ","},
                {"field": "loss", "type": "quantitative", "title": "loss", "format": ".4f"},
            ],
        },
        "layer": [
            {"mark": {"type": "line", "color": TRAINING, "strokeWidth": 2}},
            {
                "transform": [{"filter": "datum.chosen"}],
                "mark": {"type": "circle", "opacity": 1, "size": 150, "color": CHOSEN},
            },
        ],
    }


def word_map(
    places: NDArray[np.float32], words: Sequence[str], chosen: int, near: Collection[int], limit: float
) -> Picture:
    """Words as points on two axes from -limit to limit, named where there is room; the chosen ones are purple."""
    named = set(spread(places, 22, [i for i in (chosen, *near) if i < len(words)]))
    frame = pd.DataFrame(
        {
            "x": places[:, 0],
            "y": places[:, 1],
            "word": list(words),
            "named": [i in named for i in range(len(words))],
            "mark": [2 if i == chosen else 1 if i in near else 0 for i in range(len(words))],
        }
    )
    plain = {"grid": False, "labels": False, "ticks": False}
    scale = {"domain": [-limit, limit], "nice": False}
    return frame, {
        "width": "container",
        "height": 380,
        "encoding": {
            name: {
                "field": name,
                "type": "quantitative",
                "title": f"component {i + 1}",
                "scale": scale,
                "axis": plain,
            }
            for i, name in enumerate("xy")
        },
        "layer": [
            {
                "mark": {"type": "circle", "opacity": 1},
                "encoding": {
                    "size": {"condition": {"test": "datum.mark == 2", "value": 170}, "value": 45},
                    "color": {"condition": {"test": "datum.mark > 0", "value": CHOSEN}, "value": OTHER},
                    "tooltip": [{"field": "word", "title": "word"}],
                },
            },
            {
                "transform": [{"filter": "datum.named"}],
                "mark": {"type": "text", "dy": -9, "fontSize": 12, "interactive": False},
                "encoding": {"text": {"field": "word"}, "color": INK},
            },
        ],
        "resolve": {"scale": {"color": "independent"}},
    }
