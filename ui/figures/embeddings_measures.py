"""Pictures for the lesson on embeddings that show measurements: analogies, dimensions, moments of a training."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from ui.numbers import fmt, percent
from ui.palette import CHANGED, CHOSEN, INK, NEUTRAL, OTHER, TOKEN_HUES, TRAINING

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from engine.analysis.neighbours import AnalogyScore, DimensionCost

    Picture = tuple[pd.DataFrame, dict[str, Any]]

WAYS = ("a − b + c", "c alone")
KEPT = ("neighbours found (recall)", "variance kept")


def analogy_scores(scores: Mapping[str, AnalogyScore]) -> Picture:
    """Two bars for each relation: right answers by the analogy, and by the third word alone."""
    rows = [
        {
            "relation": f"{name} ({s.questions})",
            "way": way,
            "share": right / s.questions,
            "of": f"{right} of {s.questions}",
        }
        for name, s in scores.items()
        for way, right in zip(WAYS, (s.by_offset, s.by_c), strict=True)
    ]
    return pd.DataFrame(rows), {
        "width": "container",
        "height": {"step": 15, "for": "offset"},
        "mark": {"type": "bar", "cornerRadiusEnd": 3},
        "encoding": {
            "y": {
                "field": "relation",
                "type": "nominal",
                "sort": None,
                "title": None,
                "axis": {"labelLimit": 170, "ticks": False, "domain": False},
            },
            "yOffset": {"field": "way", "type": "nominal", "sort": list(WAYS)},
            "x": {
                "field": "share",
                "type": "quantitative",
                "title": "share of questions answered right (in brackets: how many)",
                "scale": {"domain": [0, 1]},
                "axis": {"format": ".0%"},
            },
            "color": {
                "field": "way",
                "type": "nominal",
                "title": None,
                "scale": {"domain": list(WAYS), "range": [CHANGED, NEUTRAL]},
                "legend": {"orient": "top"},
            },
            "tooltip": [
                {"field": "relation", "title": "relation"},
                {"field": "way", "title": "answered by"},
                {"field": "of", "title": "right"},
            ],
        },
    }


def dimension_chart(costs: Sequence[DimensionCost], chosen: int) -> Picture:
    """Recall and variance against the number of principal components, a line for the chosen number."""
    rows = [
        {
            "dimensions": c.dimensions,
            "what": what,
            "share": share,
            "shown": percent(share),
            "size": f"{c.bytes:,} bytes",
            "time": f"{fmt(1e6 * c.seconds)} µs",
        }
        for c in costs
        for what, share in zip(KEPT, (c.recall, c.variance), strict=True)
    ]
    x = {
        "field": "dimensions",
        "type": "quantitative",
        "title": "principal components kept (each step doubles)",
        "scale": {"type": "log", "base": 2, "nice": False},
        "axis": {"values": [c.dimensions for c in costs], "grid": False},
    }
    colour = {
        "field": "what",
        "type": "nominal",
        "title": None,
        "scale": {"domain": list(KEPT), "range": [CHANGED, NEUTRAL]},
        "legend": {"orient": "top"},
    }
    return pd.DataFrame(rows), {
        "width": "container",
        "height": 320,
        "layer": [
            {
                "mark": {"type": "rule", "color": CHOSEN, "strokeWidth": 3},
                "encoding": {"x": {"datum": chosen, "type": "quantitative", "scale": x["scale"]}},
            },
            {
                "mark": {"type": "line", "point": {"size": 60}, "strokeWidth": 2},
                "encoding": {
                    "x": x,
                    "y": {
                        "field": "share",
                        "type": "quantitative",
                        "title": "share",
                        "scale": {"domain": [0, 1]},
                        "axis": {"format": ".0%"},
                    },
                    "color": colour,
                    "strokeDash": {
                        "field": "what",
                        "type": "nominal",
                        "legend": None,
                        "scale": {"domain": list(KEPT), "range": [[1, 0], [6, 4]]},
                    },
                    "tooltip": [
                        {"field": "dimensions", "title": "components"},
                        {"field": "what", "title": "what"},
                        {"field": "shown", "title": "share"},
                        {"field": "size", "title": "table"},
                        {"field": "time", "title": "one search"},
                    ],
                },
            },
        ],
    }


def moment_map(
    places: NDArray[np.float32],
    moment: int,
    names: Sequence[str],
    groups: NDArray[np.int64],
    titles: Sequence[str],
    chosen: int,
    neighbours: NDArray[np.int64],
) -> Picture:
    """The words at one moment of training, on axes that stay the same for all moments.

    places  (M, N, 2) at each moment
    groups  (N,) the number of each word's group; titles its names
    """
    now, marked = places[moment], {chosen, *neighbours.tolist()}
    frame = pd.DataFrame(
        {
            "x": now[:, 0],
            "y": now[:, 1],
            "word": list(names),
            "group": [titles[g] for g in groups.tolist()],
            "mark": [2 if i == chosen else 1 if i in marked else 0 for i in range(len(names))],
        }
    )
    low, high = places.min(axis=(0, 1)).tolist(), places.max(axis=(0, 1)).tolist()
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
    only_marked = [{"filter": "datum.mark > 0"}]
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
                        "scale": {"domain": list(titles), "range": [h for h in TOKEN_HUES if h != CHOSEN]},
                        "legend": {"orient": "bottom", "columns": 3, "symbolOpacity": 1, "labelLimit": 200},
                    },
                    "tooltip": about,
                },
            },
            {
                "transform": only_marked,
                "mark": {"type": "circle", "color": CHOSEN, "opacity": 1},
                "encoding": {
                    "size": {"condition": {"test": "datum.mark == 2", "value": 180}, "value": 55},
                    "tooltip": about,
                },
            },
            {
                "transform": only_marked,
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
    """Words as text on two axes from -limit to limit; the chosen one and its neighbours with a purple dot."""
    frame = pd.DataFrame(
        {
            "x": places[:, 0],
            "y": places[:, 1],
            "word": list(words),
            "mark": [2 if i == chosen else 1 if i in near else 0 for i in range(len(words))],
        }
    )
    plain = {"grid": False, "labels": False, "ticks": False}
    scale = {"domain": [-limit, limit], "nice": False}
    return frame, {
        "width": "container",
        "height": 340,
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
                "mark": {"type": "text", "dy": -9, "fontSize": 12, "interactive": False},
                "encoding": {"text": {"field": "word"}, "color": INK},
            },
        ],
        "resolve": {"scale": {"color": "independent"}},
    }
