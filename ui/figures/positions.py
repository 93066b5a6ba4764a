"""The pictures of the lesson on positions: lengths of vectors, lines over positions, two predictions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ui.labels import short
from ui.numbers import percent
from ui.palette import CHANGED, CHOSEN, INK, NEUTRAL, OTHER

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import ArrayLike, NDArray

Picture = tuple[pd.DataFrame, dict[str, Any]]
REST = "rest of the vocabulary"
ORDERS = ["as typed", "shuffled"]
# Absolute positions share a hue, relative ones another; the dashes tell the two of each apart.
LINES = {
    "learned": (OTHER, [1, 0]),
    "waves": (OTHER, [5, 4]),
    "rotation": (CHANGED, [1, 0]),
    "ALiBi": (CHANGED, [5, 4]),
    "before training": (NEUTRAL, [2, 3]),
}


def lengths(tokens: Sequence[str], parts: Mapping[str, ArrayLike], chosen: int) -> Picture:
    """How long each token's vectors are, a bar a part.

    parts   name -> (T,) lengths
    chosen  the place whose bars are outlined
    """
    names = list(parts)
    frame = pd.DataFrame(
        [
            {"place": place, "token": short(tokens[place]), "part": name, "length": float(length)}
            for name, values in parts.items()
            for place, length in enumerate(np.asarray(values))
        ]
    )
    frame["chosen"] = frame["place"] == chosen
    return frame, {
        "width": "container",
        "height": 260,
        "params": [{"name": "labels", "value": [short(token) for token in tokens]}],
        "mark": {"type": "bar"},
        "encoding": {
            "x": {
                "field": "place",
                "type": "ordinal",
                "title": None,
                "axis": {"labelExpr": "labels[datum.value]", "labelAngle": -40, "labelOverlap": True, "ticks": False},
            },
            "xOffset": {"field": "part", "sort": names},
            "y": {"field": "length", "type": "quantitative", "title": "length of the vector", "axis": {"tickCount": 4}},
            "color": {
                "field": "part",
                "sort": names,
                "scale": {"domain": names, "range": [NEUTRAL, OTHER, CHANGED]},
                "legend": {"title": None, "orient": "top"},
            },
            "stroke": {"condition": {"test": "datum.chosen", "value": CHOSEN}, "value": None},
            "strokeWidth": {"value": 2},
            "tooltip": [
                {"field": "token", "type": "nominal"},
                {"field": "part", "type": "nominal"},
                {"field": "length", "type": "quantitative", "format": ".10~g"},
            ],
        },
    }


def lines(
    series: Mapping[str, ArrayLike], x_title: str, y_title: str, at: int | None = None, height: int = 300
) -> Picture:
    """Lines over positions or distances, each with its hue and dash of LINES.

    series  name, one of LINES -> (N,) values, the first at 0
    at      where a rule marks the chosen place
    """
    frame = pd.concat(
        [
            pd.DataFrame({"x": np.arange(len(np.asarray(values))), "y": np.asarray(values, dtype=float), "of": name})
            for name, values in series.items()
        ],
        ignore_index=True,
    )
    names = list(series)
    of = {"field": "of", "type": "nominal", "sort": names}
    legend = {
        "title": None,
        "orient": "top",
        "symbolType": "stroke",
        "symbolStrokeWidth": 2.5,
        "symbolSize": 400,
        "columns": 2,
    }
    line = {
        "mark": {"type": "line", "strokeWidth": 2, "point": {"opacity": 0, "size": 60}},
        "encoding": {
            "color": {
                **of,
                "scale": {"domain": names, "range": [LINES[name][0] for name in names]},
                "legend": legend if len(names) > 1 else None,
            },
            "strokeDash": {
                **of,
                "scale": {"domain": names, "range": [LINES[name][1] for name in names]},
                "legend": legend if len(names) > 1 else None,
            },
            "tooltip": [
                {"field": "of", "type": "nominal", "title": "line"},
                {"field": "x", "type": "quantitative", "title": x_title},
                {"field": "y", "type": "quantitative", "title": y_title, "format": ".10~g"},
            ],
        },
    }
    rule = {
        "mark": {"type": "rule", "color": CHOSEN, "strokeWidth": 2, "interactive": False},
        "encoding": {"x": {"datum": at, "type": "quantitative"}},
    }
    return frame, {
        "width": "container",
        "height": height,
        "encoding": {
            "x": {
                "field": "x",
                "type": "quantitative",
                "title": x_title,
                "scale": {"nice": False},
                "axis": {"grid": False},
            },
            "y": {"field": "y", "type": "quantitative", "title": y_title, "scale": {"zero": True}},
        },
        "layer": [line] if at is None else [rule, line],
    }


def two_distributions(
    name: Callable[[int], str], before: NDArray[np.float32], after: NDArray[np.float32], top: int = 5
) -> Picture:
    """The next token after the text as typed and after the shuffled one, over the whole vocabulary.

    name           a token's text, by its ID
    before, after  (V,) probabilities
    top            how many of the likeliest tokens of each to show; a last pair of bars holds the rest
    """
    best = [np.argsort(-probs, kind="stable")[:top].tolist() for probs in (before, after)]
    shown = list(dict.fromkeys(best[0] + best[1]))
    rows = []
    for order, probs in zip(ORDERS, (before, after), strict=True):
        values = [float(probs[i]) for i in shown]
        values.append(float(np.delete(probs, shown).sum(dtype=np.float64)))
        texts = [short(name(i)) for i in shown] + [REST]
        rows += [(place, text, order, p) for place, (text, p) in enumerate(zip(texts, values, strict=True))]
    frame = pd.DataFrame(rows, columns=["place", "token", "order", "probability"])
    frame["shown"] = [percent(p) for p in frame["probability"]]
    x = {
        "field": "probability",
        "type": "quantitative",
        "title": "probability of the next token",
        "scale": {"domainMin": 0},
        "axis": {"format": "%", "tickCount": 5, "grid": False},
    }
    bars = {
        "mark": {"type": "bar", "cornerRadiusEnd": 3},
        "encoding": {
            "x": x,
            "color": {
                "field": "order",
                "scale": {"domain": ORDERS, "range": [OTHER, CHANGED]},
                "legend": {"orient": "top", "title": None},
            },
            "tooltip": [
                {"field": "token", "type": "nominal"},
                {"field": "order", "type": "nominal", "title": "text"},
                {"field": "probability", "type": "quantitative", "format": ".10~g"},
            ],
        },
    }
    numbers = {
        "mark": {"type": "text", "align": "left", "dx": 5, "fontSize": 11, "interactive": False},
        "encoding": {"x": x, "text": {"field": "shown", "type": "nominal"}, "color": INK},
    }
    return frame, {
        "width": "container",
        "height": {"step": 14},
        "params": [{"name": "labels", "value": frame["token"].tolist()}],
        "encoding": {
            "y": {
                "field": "place",
                "type": "ordinal",
                "title": None,
                "scale": {"paddingInner": 0.25},
                "axis": {"labelExpr": "labels[datum.value]", "ticks": False, "domain": False, "labelLimit": 160},
            },
            "yOffset": {"field": "order", "sort": ORDERS},
        },
        "layer": [bars, numbers],
        "resolve": {"scale": {"color": "independent"}},
    }
