"""The pictures of the lesson on prompts: the right answer against examples, what follows, loss of repetitions."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ui.labels import short
from ui.numbers import percent
from ui.palette import CHANGED, CHOSEN, INK, NEUTRAL, OTHER

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

Picture = tuple[pd.DataFrame, dict[str, Any]]
KINDS = ["right examples", "answers mixed up"]
ASIDE = 0.09  # of one example: the dots of the two kinds stand side by side, so that each can be clicked
REST = "rest of the vocabulary"


def curves(right: Floats, mixed: Floats, k: int, order: int, kind: str = KINDS[0]) -> Picture:
    """Probability of the right answer against the number of examples, on a log axis: a dot an order, a line their mean.

    right, mixed  (N, K + 1) ln P after right and after mixed-up examples
    k, order      the prompt that is shown, of this kind: its dot is ringed

    A click on a dot gives the selection `pick` with `k`, `order` and `of`, its kind.
    """
    rows = [
        {"k": n, "at": n + aside, "of": of, "order": number, "p": float(np.exp(row[n]))}
        for of, logs, aside in zip(KINDS, (right, mixed), (-ASIDE, ASIDE), strict=True)
        for number, row in enumerate(logs)
        for n in range(len(row))
    ]
    means = [
        {"k": n, "at": n, "of": of, "order": -1, "p": float(np.exp(logs[:, n].mean()))}
        for of, logs in zip(KINDS, (right, mixed), strict=True)
        for n in range(logs.shape[1])
    ]
    frame = pd.DataFrame(rows + means)
    frame["shown"] = (frame["k"] == k) & (frame["order"] == order) & (frame["of"] == kind)
    last, tens = right.shape[1] - 1, powers_of_ten(frame["p"])
    x = {
        "field": "at",
        "type": "quantitative",
        "title": "examples in the prompt",
        "scale": {"domain": [-0.3, last + 0.3], "nice": False},
        "axis": {"values": list(range(last + 1)), "format": "d", "ticks": False, "grid": False},
    }
    y = {
        "field": "p",
        "type": "quantitative",
        "scale": {"type": "log", "domain": [tens[0], tens[-1]]},
        "title": "probability of the right answer (log scale)",
        "axis": {"format": "~%", "values": tens},
    }
    color = {
        "field": "of",
        "type": "nominal",
        "scale": {"domain": KINDS, "range": [OTHER, CHANGED]},
        "legend": {"title": None, "orient": "top", "symbolType": "stroke", "symbolSize": 400, "symbolStrokeWidth": 3},
    }
    tooltip = [
        {"field": "of", "type": "nominal", "title": "prompt"},
        {"field": "k", "type": "quantitative", "title": "examples"},
        {"field": "p", "type": "quantitative", "title": "probability", "format": ".6~g"},
    ]
    pick = {"name": "pick", "select": {"type": "point", "fields": ["k", "order", "of"], "toggle": False}}
    dash = {"field": "of", "scale": {"domain": KINDS, "range": [[1, 0], [6, 4]]}, "legend": None}
    return frame, {
        "width": "container",
        "height": 350,
        "encoding": {"x": x},
        "layer": [
            {
                "transform": [{"filter": "datum.order < 0"}],
                "mark": {"type": "line", "strokeWidth": 3, "point": {"size": 45}},
                "encoding": {"y": y, "color": color, "strokeDash": dash, "tooltip": tooltip},
            },
            {
                "transform": [{"filter": "datum.order >= 0"}],
                "mark": {"type": "circle", "size": 55, "cursor": "pointer"},
                "params": [pick],
                "encoding": {
                    "y": y,
                    "color": color,
                    "opacity": {"condition": {"test": "datum.shown", "value": 1}, "value": 0.35},
                    "stroke": {"condition": {"test": "datum.shown", "value": CHOSEN}, "value": None},
                    "strokeWidth": {"value": 3},
                    "tooltip": [*tooltip, {"field": "order", "type": "quantitative", "title": "order"}],
                },
            },
        ],
    }


def powers_of_ten(probabilities: pd.Series[float]) -> list[float]:
    """The powers of ten around the probabilities, at least two: the only lines that a log axis needs."""
    logs = np.log10(probabilities.clip(lower=1e-300))
    low, high = math.floor(logs.min()), math.ceil(logs.max())
    return [10.0**n for n in range(min(low, high - 1), high + 1)]


def what_follows(name: Callable[[int], str], probabilities: Floats, answer: int, top: int = 5) -> Picture:
    """The likeliest tokens after the prompt, the answer's first token among them, and the rest of the vocabulary.

    name    a token's text, by its ID
    answer  ID of the right answer's first token
    """
    ids = np.argsort(-probabilities, kind="stable")[:top].tolist()
    if answer not in ids:
        ids.append(answer)
    values = [float(probabilities[i]) for i in ids]
    values.append(max(0.0, 1 - sum(values)))
    names = [*(short(name(i)) for i in ids), REST]
    frame = pd.DataFrame({"place": range(len(names)), "token": names, "probability": values})
    frame["kind"] = ["answer" if i == answer else "other" for i in ids] + ["rest"]
    frame["shown"] = [percent(p) for p in values]
    x = {
        "field": "probability",
        "type": "quantitative",
        "title": "probability of the next token",
        "scale": {"domain": [0, max(values) * 1.3]},
        "axis": {"format": "%", "tickCount": 4, "grid": False},
    }
    kinds = {"domain": ["answer", "other", "rest"], "range": [CHOSEN, OTHER, NEUTRAL]}
    return frame, {
        "width": "container",
        "height": {"step": 22},
        "params": [{"name": "labels", "value": names}],
        "encoding": {
            "y": {
                "field": "place",
                "type": "ordinal",
                "title": None,
                "axis": {"labelExpr": "labels[datum.value]", "ticks": False, "domain": False, "labelLimit": 150},
            }
        },
        "layer": [
            {
                "mark": {"type": "bar", "cornerRadiusEnd": 3},
                "encoding": {
                    "x": x,
                    "color": {"field": "kind", "scale": kinds, "legend": None},
                    "tooltip": [
                        {"field": "token", "type": "nominal"},
                        {"field": "probability", "type": "quantitative", "format": ".10~g"},
                    ],
                },
            },
            {
                "mark": {"type": "text", "align": "left", "dx": 5, "fontSize": 12, "interactive": False},
                "encoding": {"x": x, "text": {"field": "shown", "type": "nominal"}, "color": INK},
            },
        ],
        "resolve": {"scale": {"color": "independent"}},
    }


def losses(values: Floats, even: float, chosen: int) -> Picture:
    """Loss at each place of a text said several times: bars for each token, a line for the mean of each round.

    values  (rounds, length) loss in nats, mean over the texts
    even    loss of choosing evenly among all tokens
    chosen  the place in the round whose bars are in the chosen colour

    A click gives the selection `pick` with `place`.
    """
    rounds, length = values.shape
    frame = pd.DataFrame(
        {
            "at": np.arange(values.size),
            "round": np.repeat([f"round {n + 1}" for n in range(rounds)], length),
            "place": np.tile(np.arange(length), rounds),
            "loss": values.ravel(),
            "mean": np.repeat(values.mean(axis=1), length),
        }
    )
    frame["chosen"] = frame["place"] == chosen
    y = {"field": "loss", "type": "quantitative", "title": "loss, nats", "scale": {"zero": True}}
    x = {
        "field": "at",
        "type": "ordinal",
        "title": f"token of the text: {length} random ones, said {rounds} times",
        "axis": {"labelOverlap": True, "labelAngle": 0, "ticks": False},
    }
    colors = {"domain": frame["round"].unique().tolist(), "range": [NEUTRAL, OTHER, CHANGED][:rounds]}
    return frame, {
        "width": "container",
        "height": 350,
        "encoding": {"x": x},
        "layer": [
            {
                "mark": {"type": "bar", "cursor": "pointer"},
                "params": [{"name": "pick", "select": {"type": "point", "fields": ["place"], "toggle": False}}],
                "encoding": {
                    "y": y,
                    "color": {"field": "round", "scale": colors, "legend": {"title": None, "orient": "top"}},
                    "stroke": {"condition": {"test": "datum.chosen", "value": CHOSEN}, "value": None},
                    "strokeWidth": {"value": 3},
                    "tooltip": [
                        {"field": "round", "type": "nominal"},
                        {"field": "place", "type": "quantitative", "title": "place in the round"},
                        {"field": "loss", "type": "quantitative", "format": ".10~g"},
                    ],
                },
            },
            {
                "mark": {"type": "line", "strokeWidth": 3, "interactive": False},
                "encoding": {
                    "y": {"field": "mean", "type": "quantitative"},
                    "detail": {"field": "round"},
                    "color": INK,
                },
            },
            {
                "mark": {"type": "rule", "strokeDash": [5, 4], "color": CHOSEN, "interactive": False},
                "encoding": {"x": None, "y": {"datum": even, "type": "quantitative"}},
            },
        ],
        "resolve": {"scale": {"color": "independent"}},
    }
