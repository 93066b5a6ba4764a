"""Pictures of writing: the scores of the last place, the order that softmax keeps, the time of each token."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ui.figures.axes import log_axis
from ui.labels import short
from ui.numbers import count, fmt, percent
from ui.palette import CHANGED, CHOSEN, INK, NEUTRAL, OTHER

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

ROWS = 8
POINTS = 300
Picture = tuple[pd.DataFrame, dict[str, Any]]


def next_token_bars(
    logits: np.ndarray, probs: np.ndarray, label: Callable[[int], str], kind: str, chosen: int, marked: bool
) -> Picture:
    """The best tokens by score, and all others as one row.

    logits, probs  (V,) of the last place
    label          token ID -> its text
    kind           what the bars are: "logit" or "probability"
    chosen         the token whose arithmetic is shown; it has a row
    marked         whether the best token is marked as the one that argmax takes

    A click gives the selection `pick` with `id`.
    """
    best = np.argsort(-logits, kind="stable")[:ROWS].tolist()
    ids = best if chosen in best else [*best[:-1], chosen]
    rest = np.delete(logits, ids)
    rows = [
        {
            "id": i,
            "value": float(probs[i] if kind == "probability" else logits[i]),
            "shown": percent(float(probs[i])) if kind == "probability" else fmt(float(logits[i])),
            "full": f"logit {logits[i]:.7g}, probability {probs[i]:.7g}",
        }
        for i in ids
    ]
    if kind == "probability":
        left = max(0.0, 1 - float(probs[ids].sum()))
        others = {"value": left, "shown": percent(left)}
    elif len(rest):
        others = {"value": float(rest.max()), "shown": f"{fmt(float(rest.min()))} to {fmt(float(rest.max()))}"}
    else:
        others = {"value": 0.0, "shown": ""}
    rows.append({"id": -1, **others, "full": f"{count(len(rest))} other tokens"})
    frame = pd.DataFrame(rows)
    frame["place"] = range(len(frame))
    frame["mark"] = (frame["place"] == 0) & marked
    frame["picked"] = frame["id"] == chosen
    labels = [short(label(i), 12) for i in ids] + [f"rest: {count(len(rest))}"]
    low, high = min(0.0, float(frame["value"].min())), max(0.0, float(frame["value"].max()))
    if kind == "probability":
        low, high = 0.0, 1.0  # the same for both models, so that their bars can be compared
    room = 0.28 * (high - low)
    x = {
        "field": "value",
        "type": "quantitative",
        "title": f"{kind} of the next token",
        "axis": {"format": "~%", "values": [0, 0.5, 1]} if kind == "probability" else {"tickCount": 4},
        "scale": {"domain": [low, high + room], "nice": False},
    }
    y = {
        "field": "place",
        "type": "ordinal",
        "title": None,
        "axis": {"labelExpr": "labels[datum.value]", "ticks": False, "labelLimit": 110},
        "scale": {"paddingInner": 0.2},
    }
    bars = {
        "mark": {"type": "bar", "cursor": "pointer"},
        "params": [{"name": "pick", "select": {"type": "point", "fields": ["id"], "toggle": False}}],
        "encoding": {
            "color": {
                "condition": [
                    {"test": "datum.mark", "value": CHOSEN},
                    {"test": "datum.id < 0", "value": NEUTRAL},
                ],
                "value": OTHER,
            },
            "stroke": {"condition": {"test": "datum.picked", "value": CHOSEN}, "value": None},
            "strokeWidth": {"value": 2},
            "tooltip": [{"field": "id", "title": "ID"}, {"field": "full", "title": "exactly"}],
        },
    }
    numbers = {
        "mark": {"type": "text", "align": "left", "dx": 5, "interactive": False},
        "encoding": {
            "x": {"field": "end", "type": "quantitative"},
            "text": {"field": "shown"},
            "color": INK,
        },
        "transform": [{"calculate": "max(datum.value, 0)", "as": "end"}],
    }
    return frame, {
        "params": [{"name": "labels", "value": labels}],
        "width": "container",
        "height": {"step": 25},
        "encoding": {"x": x, "y": y},
        "layer": [bars, numbers],
        "resolve": {"scale": {"color": "independent"}},
    }


def order_curve(logits: np.ndarray, probs: np.ndarray, chosen: int, label: Callable[[int], str]) -> Picture:
    """Probability against logit, a point for each of some hundred tokens from best to worst, the chosen one marked.

    logits, probs  (V,); of many tokens the best are all drawn, the others at even steps of log rank
    """
    order = np.argsort(-logits, kind="stable")
    ranks = np.unique(np.geomspace(1, len(order), POINTS).astype(int)) - 1
    own = int(np.flatnonzero(order == chosen)[0])
    ranks = np.unique([*ranks, own])
    picked = order[ranks]
    frame = pd.DataFrame(
        {
            "logit": logits[picked].astype(float),
            "probability": probs[picked],
            "rank": ranks + 1,
            "token": [short(label(int(i))) for i in picked],
            "chosen": picked == chosen,
        }
    )
    return frame.sort_values("chosen", kind="stable"), {
        "width": "container",
        "height": 250,
        "mark": {"type": "point", "filled": True, "size": 40, "opacity": 0.9},
        "encoding": {
            "x": {"field": "logit", "type": "quantitative", "title": "logit", "scale": {"zero": False}},
            "y": {
                "field": "probability",
                "type": "quantitative",
                "title": "probability (log scale)",
                "scale": {"type": "log"},
                "axis": log_axis(frame["probability"]),
            },
            "color": {"condition": {"test": "datum.chosen", "value": CHOSEN}, "value": OTHER},
            "size": {"condition": {"test": "datum.chosen", "value": 160}, "value": 36},
            "tooltip": [
                {"field": "token"},
                {"field": "rank", "format": ","},
                {"field": "logit", "format": ".7g"},
                {"field": "probability", "format": ".7g"},
            ],
        },
    }


def time_curve(series: Mapping[str, Sequence[tuple[int, float]]]) -> Picture:
    """Milliseconds of each token against the length of the text before it.

    series  two of them, name -> (tokens before, seconds) of each token
    """
    frame = pd.DataFrame(
        [
            {"how": name, "length": length, "ms": 1000 * seconds}
            for name, points in series.items()
            for length, seconds in points
        ],
        columns=["how", "length", "ms"],
    )
    colour = {
        "field": "how",
        "type": "nominal",
        "scale": {"domain": list(series), "range": [NEUTRAL, CHANGED]},
        "legend": {"title": None, "orient": "top"},
    }
    return frame, {
        "width": "container",
        "height": 260,
        "encoding": {
            "x": {
                "field": "length",
                "type": "quantitative",
                "title": "tokens in the text so far",
                "scale": {"zero": False, "nice": False},
            },
            "y": {"field": "ms", "type": "quantitative", "title": "milliseconds for the next token"},
            "color": colour,
        },
        "layer": [
            {"mark": {"type": "line", "strokeWidth": 1.5, "opacity": 0.6}},
            {
                "mark": {"type": "point", "filled": True, "size": 26},
                "encoding": {
                    "shape": {"field": "how", "type": "nominal", "scale": {"domain": list(series)}, "legend": None},
                    "tooltip": [{"field": "how"}, {"field": "length"}, {"field": "ms", "format": ".3g"}],
                },
            },
        ],
    }
