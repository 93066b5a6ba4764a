"""The pictures of the lesson on both sides: candidates ranked twice, and what each token on the right says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ui.labels import short
from ui.numbers import percent
from ui.palette import CHANGED, CHOSEN, INK, NEUTRAL, OTHER

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike

Picture = tuple[pd.DataFrame, dict[str, Any]]
REST = "rest of the vocabulary"
ROW = 23  # pixels
LEVEL = 8  # so many tokens have room for level labels


def candidates(
    names: Sequence[str],
    probabilities: Sequence[float],
    ids: Sequence[int],
    *,
    title: str,
    own: Sequence[bool],
    chosen: int,
    notes: Sequence[str],
    rest: float | None = None,
) -> Picture:
    """Candidates as bars, in the order given; a click gives the selection `pick` with `candidate`.

    names, probabilities  N candidates; ids their numbers
    own    whether the reader typed it
    notes  N remarks behind the percentages, may be empty
    rest   probability of everything else, as a last bar that cannot be chosen
    """
    rows = [
        (i, short(name, 18), p, f"{percent(p)}{note}", "chosen" if i == chosen else "own" if mine else "model's")
        for name, p, i, mine, note in zip(names, probabilities, ids, own, notes, strict=True)
    ]
    if rest is not None:
        rows.append((-1, REST, rest, percent(rest), "rest"))
    frame = pd.DataFrame(rows, columns=["candidate", "name", "probability", "shown", "kind"])
    frame.insert(0, "place", range(len(frame)))
    # Room for the number behind the longest bar.
    end = float(frame["probability"].max()) * 1.3 or 1.0
    x = {
        "field": "probability",
        "type": "quantitative",
        "title": title,
        "scale": {"domain": [0, end]},
        "axis": {"format": "%", "tickCount": 4, "grid": False},
    }
    bars = {
        "mark": {"type": "bar", "cornerRadiusEnd": 3, "interactive": False},
        "encoding": {
            "x": x,
            "color": {
                "field": "kind",
                "scale": {"domain": ["model's", "own", "chosen", "rest"], "range": [OTHER, CHANGED, CHOSEN, NEUTRAL]},
                "legend": None,
            },
        },
    }
    # Some bars are too small to be hit: the whole row can be clicked.
    rows_to_click = {
        "mark": {"type": "bar", "opacity": 0, "cursor": "pointer"},
        "params": [{"name": "pick", "select": {"type": "point", "fields": ["candidate"], "toggle": False}}],
        "encoding": {
            "x": {"datum": end, "type": "quantitative"},
            "tooltip": [
                {"field": "name", "type": "nominal", "title": "candidate"},
                {"field": "probability", "type": "quantitative", "format": ".10~g"},
            ],
        },
    }
    numbers = {
        "mark": {"type": "text", "align": "left", "dx": 5, "fontSize": 12, "interactive": False},
        "encoding": {"x": x, "text": {"field": "shown", "type": "nominal"}, "color": INK},
    }
    return frame, {
        "width": "container",
        "height": {"step": ROW},
        "params": [{"name": "labels", "value": frame["name"].tolist()}],
        "encoding": {
            "y": {
                "field": "place",
                "type": "ordinal",
                "title": None,
                "axis": {"labelExpr": "labels[datum.value]", "ticks": False, "domain": False, "labelLimit": 150},
            }
        },
        "layer": [bars, numbers, rows_to_click],
        "resolve": {"scale": {"color": "independent"}},
    }


def right_side(tokens: Sequence[str], words: Sequence[str], logs: Sequence[ArrayLike]) -> Picture:
    """How probable each token on the right is after two candidates, in natural logarithms.

    tokens  R texts
    words   the two candidates, the chosen one first
    logs    for each (R,) ln P
    """
    frame = pd.DataFrame(
        [
            {"place": place, "token": short(tokens[place]), "after": f"after {short(word)}", "log": float(value)}
            for word, values in zip(words, logs, strict=True)
            for place, value in enumerate(np.asarray(values))
        ],
        columns=["place", "token", "after", "log"],
    )
    frame["probability"] = np.exp(frame["log"])
    names = [f"after {short(word)}" for word in words]
    return frame, {
        "width": "container",
        "height": 300,
        "params": [{"name": "labels", "value": [short(token) for token in tokens]}],
        "mark": {"type": "bar"},
        "encoding": {
            "x": {
                "field": "place",
                "type": "ordinal",
                "title": "token on the right of the hole",
                "axis": {
                    "labelExpr": "labels[datum.value]",
                    "labelAngle": 0 if len(tokens) <= LEVEL else -40,
                    "labelOverlap": True,
                    "ticks": False,
                },
            },
            "xOffset": {"field": "after", "sort": names},
            "y": {"field": "log", "type": "quantitative", "title": "ln of its probability (0 is certain)"},
            "color": {
                "field": "after",
                "sort": names,
                "scale": {"domain": names, "range": [CHOSEN, NEUTRAL]},
                "legend": {"title": None, "orient": "top"},
            },
            "tooltip": [
                {"field": "token", "type": "nominal"},
                {"field": "after", "type": "nominal"},
                {"field": "probability", "type": "quantitative", "format": ".6~g"},
                {"field": "log", "type": "quantitative", "title": "ln", "format": ".10~g"},
            ],
        },
    }
