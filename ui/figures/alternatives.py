"""What else could have come: the whole vocabulary by rank, counts of many draws, a tree of continuations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ui.labels import short
from ui.numbers import count, percent
from ui.palette import CHOSEN, NEUTRAL, TRAINING, token_hue

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from engine.branching import Node


def whole_vocabulary(before: np.ndarray, after: np.ndarray) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Probability against rank for all tokens, on log axes: the model's, and what is drawn from.

    before, after  (V,) probabilities; at most 200 ranks of each are drawn, evenly on the log axis
    """
    size = len(before)
    ranks = np.unique(np.geomspace(1, size, 200).round().astype(int))
    frames = []
    for name, probs in (("the model", before), ("you draw from", after)):
        ordered = -np.sort(-probs.astype(np.float64))
        at = ranks[ordered[ranks - 1] > 0]
        # The last token that is left marks where the filter cut, on the grid of ranks or not.
        at = np.unique([*at, int((ordered > 0).sum())])
        frames.append(pd.DataFrame({"rank": at, "probability": ordered[at - 1], "of": name}))
    spec = {
        "width": "container",
        "height": 330,
        "mark": {"type": "line", "point": {"opacity": 0, "size": 90}, "strokeWidth": 2.5},
        "encoding": {
            "x": {
                "field": "rank",
                "type": "quantitative",
                "scale": {"type": "log", "domain": [1, size], "nice": False},
                "title": f"rank of the token, 1 to {count(size)} (log scale)",
                "axis": {"format": ",", "grid": False, "values": [10**power for power in range(6)]},
            },
            "y": {
                "field": "probability",
                "type": "quantitative",
                "scale": {"type": "log"},
                "title": "probability (log scale)",
                "axis": {"format": "~%", "values": [10.0**-power for power in range(0, 40, 2)]},
            },
            "color": {
                "field": "of",
                "type": "nominal",
                "scale": {"domain": ["the model", "you draw from"], "range": [NEUTRAL, TRAINING]},
                "legend": {"title": None, "orient": "top", "symbolType": "stroke", "symbolSize": 700},
            },
            "strokeDash": {
                "field": "of",
                "type": "nominal",
                "scale": {"domain": ["the model", "you draw from"], "range": [[5, 4], [1, 0]]},
                "legend": None,
            },
            "tooltip": [
                {"field": "of", "type": "nominal", "title": "of"},
                {"field": "rank", "type": "quantitative", "format": ","},
                {"field": "probability", "type": "quantitative", "format": ".10~g"},
            ],
        },
    }
    return pd.concat(frames, ignore_index=True), spec


def spread(probability: float, draws: int) -> float:
    """The standard deviation of a token's count in so many draws: sqrt(n p (1 - p))."""
    return float(np.sqrt(draws * probability * (1 - probability)))


def counts_against_theory(
    labels: Sequence[str], hues: Sequence[str], probs: Sequence[float], counted: Sequence[int], draws: int
) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Bars of counts with a tick where theory expects each, and a line over two standard deviations to either side.

    labels, hues, probs, counted  a row each; the last one may be the rest of the vocabulary
    """
    expected = [p * draws for p in probs]
    sigma = [spread(p, draws) for p in probs]
    frame = pd.DataFrame(
        {
            "token": [f"{place}" for place in range(len(labels))],
            "label": [short(label, 24) for label in labels],
            "hue": list(hues),
            "drawn": counted,
            "expected": expected,
            "low": [max(0.0, e - 2 * s) for e, s in zip(expected, sigma, strict=True)],
            "high": [min(float(draws), e + 2 * s) for e, s in zip(expected, sigma, strict=True)],
        }
    )
    y = {
        "field": "token",
        "type": "ordinal",
        "sort": None,
        "title": None,
        "axis": {"labelExpr": "labels[toNumber(datum.value)]", "ticks": False, "domain": False, "labelLimit": 130},
    }
    tooltip = [
        {"field": "label", "type": "nominal", "title": "token"},
        {"field": "drawn", "type": "quantitative", "title": "times drawn"},
        {"field": "expected", "type": "quantitative", "title": "expected", "format": ".10~g"},
    ]
    title = f"times drawn, of {count(draws)}"
    spec = {
        "params": [{"name": "labels", "value": frame["label"].tolist()}],
        "width": "container",
        "height": {"step": 27},
        "encoding": {"y": y, "tooltip": tooltip},
        "layer": [
            {
                "mark": {"type": "bar", "opacity": 0.6, "height": {"band": 0.62}},
                "encoding": {
                    "x": {"field": "drawn", "type": "quantitative", "title": title, "axis": {"tickCount": 6}},
                    "color": {"field": "hue", "type": "nominal", "scale": None},
                },
            },
            {
                "mark": {"type": "rule", "color": CHOSEN, "strokeWidth": 2.5},
                "encoding": {"x": {"field": "low", "type": "quantitative"}, "x2": {"field": "high"}},
            },
            {
                "mark": {"type": "tick", "color": CHOSEN, "thickness": 3.5, "height": {"band": 0.8}},
                "encoding": {"x": {"field": "expected", "type": "quantitative"}},
            },
        ],
    }
    return frame, spec


def tree_nodes(root: Node, label: Callable[[int], str], chosen: Sequence[int]) -> list[dict[str, Any]]:
    """A tree of continuations laid out from left to right: every leaf has a line of its own, parents stand between.

    label   a token's text
    chosen  the path whose nodes stand out

    Nodes come parents first; `line` counts leaves from the top, `parent` is the parent's place in the list, -1 at the
    root; `others` marks the probability that is not drawn as tokens.
    """
    nodes: list[dict[str, Any]] = []
    free = 0

    def place(node: Node, parent: int, hue: str) -> float:
        nonlocal free
        here = len(nodes)
        depth = len(node.path)
        nodes.append(
            {
                "path": list(node.path),
                "depth": depth,
                "parent": parent,
                "label": short(label(node.path[-1])) if node.path else "",
                "share": node.probability,
                "shown": percent(node.probability) if node.path else "",
                "together": percent(node.path_probability),
                "hue": hue,
                "open": node.children is not None,
                "chosen": list(chosen[:depth]) == list(node.path),
                "others": False,
            }
        )
        lines = []
        for i, child in enumerate(node.children or ()):
            lines.append(place(child, here, hue if depth else token_hue(i)))
        if node.children is not None and node.rest > 0:
            nodes.append(
                {
                    **nodes[here],
                    "depth": depth + 1,
                    "parent": here,
                    "label": "all others",
                    "share": node.rest,
                    "shown": percent(node.rest),
                    "together": "",
                    "hue": NEUTRAL,
                    "open": False,
                    "chosen": False,
                    "others": True,
                    "line": free,
                }
            )
            lines.append(free)
            free += 1
        if not lines:
            lines = [free]
            free += 1
        line = (lines[0] + lines[-1]) / 2
        nodes[here]["line"] = line
        return line

    place(root, -1, NEUTRAL)
    return nodes
