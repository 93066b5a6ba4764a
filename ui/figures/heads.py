"""Pictures of attention heads: who scores best, how one weight comes about, what a head's absence changes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ui.figures.matrix import short
from ui.numbers import fmt, percent
from ui.palette import CHOSEN, DIVERGING, NEUTRAL, OTHER, SEQUENTIAL

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

Picture = tuple[pd.DataFrame, dict[str, Any]]
REST = "rest of the vocabulary"


def ranking(
    ranked: Sequence[tuple[int, int, float]], score_name: str, even: float | None, chosen: tuple[int, int]
) -> Picture:
    """Bars of the best heads; a tick marks what a head that looks at all tokens evenly would score.

    ranked      (layer, head, score), best first
    score_name  what the score is, with its unit
    even        the score of even attention, None where there is no such thing
    chosen      (layer, head) of the bar in the chosen colour

    A click gives the selection `pick` with `layer` and `head`.
    """
    frame = pd.DataFrame(
        {
            "layer": [layer for layer, _, _ in ranked],
            "head": [head for _, head, _ in ranked],
            "name": [f"layer {layer}, head {head}" for layer, head, _ in ranked],
            "score": [score for _, _, score in ranked],
            "shown": [fmt(score) for _, _, score in ranked],
            "even": [even] * len(ranked),
            "chosen": [(layer, head) == chosen for layer, head, _ in ranked],
        }
    )
    y = {"field": "name", "type": "nominal", "sort": None, "title": None, "axis": bare_axis()}
    bars = {
        "mark": {"type": "bar", "cornerRadiusEnd": 3, "cursor": "pointer"},
        "params": [{"name": "pick", "select": {"type": "point", "fields": ["layer", "head"], "toggle": False}}],
        "encoding": {
            "x": {
                "field": "score",
                "type": "quantitative",
                "title": score_name,
                "scale": {"domainMin": 0},
                "axis": {"tickCount": 4, "grid": False},
            },
            "color": {"condition": {"test": "datum.chosen", "value": CHOSEN}, "value": OTHER},
            "tooltip": [
                {"field": "name", "title": "head"},
                {"field": "score", "title": score_name, "format": ".10~g"},
            ],
        },
    }
    layers = [bars, number_beside("score", "shown")]
    if even is not None:
        tick = {"type": "tick", "color": NEUTRAL, "thickness": 2, "interactive": False}
        layers.append({"mark": tick, "encoding": {"x": {"field": "even", "type": "quantitative"}}})
    return frame, {
        "width": "container",
        "height": {"step": 24},
        "encoding": {"y": y},
        "layer": layers,
        "resolve": {"scale": {"color": "independent"}},
    }


def products(query: NDArray[np.float32], key: NDArray[np.float32]) -> Picture:
    """The products, number by number, whose sum is query . key.

    query, key  (K,) vectors
    """
    terms = np.asarray(query, dtype=float) * np.asarray(key, dtype=float)
    frame = pd.DataFrame({"place": np.arange(len(terms)), "query": query, "key": key, "product": terms})
    limit = float(np.abs(terms).max(initial=0)) or 1.0
    spec = {
        "width": "container",
        "height": 210,
        "mark": {"type": "bar", "stroke": NEUTRAL, "strokeWidth": 0.5},
        "encoding": {
            "x": {
                "field": "place",
                "type": "ordinal",
                "title": "place in the vectors",
                "axis": {"labelOverlap": True, "labelAngle": 0, "ticks": False},
            },
            "y": {
                "field": "product",
                "type": "quantitative",
                "title": "query × key",
                "axis": {"tickCount": 5},
            },
            "color": {
                "field": "product",
                "type": "quantitative",
                "scale": {"range": DIVERGING, "domain": [-limit, limit], "interpolate": "rgb"},
                "legend": None,
            },
            "tooltip": [{"field": f, "format": ".10~g"} for f in ("place", "query", "key", "product")],
        },
    }
    return frame, spec


def softmax_row(
    tokens: Sequence[str], scores: NDArray[np.float32], weights: NDArray[np.float32], chosen: int
) -> Picture:
    """Where one token looks: the weight of every token that it may see, the chosen one in the chosen colour.

    tokens   texts of the tokens up to and with the one that looks
    scores   their scores, q . k / sqrt(K)
    weights  their attention weights, which sum to 1
    chosen   index of the cell that the arithmetic is about
    """
    frame = pd.DataFrame(
        {
            "place": np.arange(len(tokens)),
            "token": [short(text) for text in tokens],
            "score": scores,
            "weight": weights,
            "chosen": [i == chosen for i in range(len(tokens))],
        }
    )
    spec = {
        "width": "container",
        "height": 210,
        "params": [{"name": "labels", "value": frame["token"].tolist()}],
        "mark": {"type": "bar"},
        "encoding": {
            "x": {
                "field": "place",
                "type": "ordinal",
                "title": "token looked at",
                "axis": {"labelExpr": "labels[datum.value]", "labelAngle": -45, "labelOverlap": True},
            },
            "y": {
                "field": "weight",
                "type": "quantitative",
                "title": "attention weight",
                "axis": {"tickCount": 5},
            },
            "color": {"condition": {"test": "datum.chosen", "value": CHOSEN}, "value": OTHER},
            "tooltip": [
                {"field": "token", "type": "nominal"},
                {"field": "score", "format": ".10~g"},
                {"field": "weight", "format": ".10~g"},
            ],
        },
    }
    return frame, spec


def before_after(
    name: Callable[[int], str],
    before: NDArray[np.float32],
    after: NDArray[np.float32] | None,
    top: int = 6,
) -> Picture:
    """The next-token distribution of the whole model and, if given, of the model with heads switched off.

    name           a token's text, by its ID
    before, after  (V,) probabilities over the full vocabulary
    top            how many of the likeliest tokens of each to show; a last bar holds the rest
    """
    shown = list(np.argsort(-before, kind="stable")[:top])
    if after is not None:
        shown += [i for i in np.argsort(-after, kind="stable")[:top] if i not in shown]
    rows = []
    for model, probabilities in (("whole model", before), ("heads off", after)):
        if probabilities is None:
            continue
        values = [float(probabilities[i]) for i in shown]
        values.append(float(np.delete(probabilities, shown).sum(dtype=np.float64)))
        names = [short(name(int(i))) for i in shown] + [REST]
        rows += [(place, name, model, p) for place, (name, p) in enumerate(zip(names, values, strict=True))]
    frame = pd.DataFrame(rows, columns=["place", "token", "model", "probability"])
    frame["shown"] = [percent(p) for p in frame["probability"]]
    spec = {
        "width": "container",
        "height": {"step": 13 if after is not None else 24},
        "params": [{"name": "labels", "value": frame["token"].tolist()}],
        "encoding": {
            "y": {
                "field": "place",
                "type": "ordinal",
                "title": None,
                "scale": {"paddingInner": 0.25},
                "axis": {**bare_axis(), "labelExpr": "labels[datum.value]"},
            },
            **({"yOffset": {"field": "model", "sort": None}} if after is not None else {}),
        },
        "layer": [
            {
                "mark": {"type": "bar", "cornerRadiusEnd": 3},
                "encoding": {
                    "x": {
                        "field": "probability",
                        "type": "quantitative",
                        "title": "probability of the next token",
                        "scale": {"domainMin": 0},
                        "axis": {"format": "%", "tickCount": 5, "grid": False},
                    },
                    "color": {
                        "field": "model",
                        "scale": {"domain": ["whole model", "heads off"], "range": [OTHER, CHOSEN]},
                        "legend": {"orient": "top", "title": None} if after is not None else None,
                    },
                    "tooltip": [
                        {"field": "token", "type": "nominal"},
                        {"field": "model", "type": "nominal"},
                        {"field": "probability", "format": ".10~g"},
                    ],
                },
            },
            number_beside("probability", "shown"),
        ],
        "resolve": {"scale": {"color": "independent"}},
    }
    return frame, spec


def number_beside(field: str, text: str) -> dict[str, Any]:
    """The number to the right of each bar, in the ramp's strongest colour: readable in both themes."""
    scale = {"range": SEQUENTIAL, "domain": [0, 1]}
    return {
        "mark": {"type": "text", "align": "left", "dx": 5, "fontSize": 12, "interactive": False},
        "encoding": {
            "x": {"field": field, "type": "quantitative"},
            "text": {"field": text, "type": "nominal"},
            "color": {"datum": 1, "type": "quantitative", "scale": scale, "legend": None},
        },
    }


def bare_axis() -> dict[str, Any]:
    """An axis that is only its labels."""
    return {"ticks": False, "domain": False, "labelLimit": 160, "labelPadding": 6}
