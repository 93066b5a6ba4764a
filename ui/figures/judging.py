"""Scores as a histogram, two judges against each other, and length against winning."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ui.numbers import fmt
from ui.palette import CHANGED, CHOSEN, DIVERGING, INK, NEUTRAL, OTHER, SEQUENTIAL

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Picture = tuple[pd.DataFrame, dict[str, Any]]
BINS = 10
ANSWERS = [CHANGED, OTHER, NEUTRAL]  # whose answers, in their order
COLUMNS = {"expr": "width < 420 ? 1 : 3"}  # of a legend: on a phone its words stand below each other


def histogram(scores: Mapping[str, Sequence[float]], title: str, low: float, high: float) -> Picture:
    """How many answers have which score: bars side by side, one colour for each key of `scores`."""
    high = high if high > low else low + 1
    edges = np.linspace(low, high, BINS + 1)
    rows = [
        {"from": f"{edges[i]:.3g}–{edges[i + 1]:.3g}", "answers": int(n), "of": name}
        for name, values in scores.items()
        for i, n in enumerate(np.histogram(np.clip(list(values), low, high), edges)[0])
    ]
    names = list(scores)
    return pd.DataFrame(rows), {
        "width": "container",
        "height": 360,
        "mark": {"type": "bar", "cornerRadiusEnd": 2},
        "encoding": {
            "x": {"field": "from", "type": "nominal", "sort": None, "title": title, "axis": {"labelAngle": 0}},
            "xOffset": {"field": "of", "sort": names},
            "y": {"field": "answers", "type": "quantitative", "title": "answers", "axis": {"tickMinStep": 1}},
            "color": {
                "field": "of",
                "type": "nominal",
                "scale": {"domain": names, "range": ANSWERS[: len(names)]},
                "legend": {"title": None, "orient": "top", "columns": COLUMNS},
            },
            "tooltip": [{"field": "of"}, {"field": "from", "title": title}, {"field": "answers"}],
        },
    }


def scatter(first: Sequence[float], second: Sequence[float], names: tuple[str, str]) -> Picture:
    """Two judges' scores of the same answers: a point for each pair of scores, larger for more answers."""
    frame = pd.DataFrame({"a": list(first), "b": list(second), "entry": range(1, len(first) + 1)})
    frame = frame.groupby(["a", "b"], as_index=False).agg(answers=("entry", "size"), entry=("entry", "min"))
    return frame, {
        "width": "container",
        "height": 320,
        "mark": {"type": "circle", "color": CHANGED, "opacity": 0.75},
        "encoding": {
            "x": {"field": "a", "type": "quantitative", "title": names[0]},
            "y": {"field": "b", "type": "quantitative", "title": names[1]},
            "size": {
                "field": "answers",
                "type": "quantitative",
                "scale": {"range": [50, 500]},
                "legend": None,
            },
            "tooltip": [{"field": "a", "title": names[0]}, {"field": "b", "title": names[1]}, {"field": "answers"}],
        },
    }


def length_and_winning(differences: Sequence[float], won: Sequence[float], curve: np.ndarray | None) -> Picture:
    """Each comparison at its difference in length, won above and lost below, with the fitted chance of winning.

    curve  (N, 2) difference and chance; None without one
    """
    points = pd.DataFrame({"difference": list(differences), "won": list(won)})
    points = points.groupby(["difference", "won"], as_index=False).size().rename(columns={"size": "answers"})
    frame = points.assign(kind="point")
    if curve is not None:
        line = pd.DataFrame({"difference": curve[:, 0], "won": curve[:, 1], "kind": "curve", "answers": 0})
        frame = pd.concat([frame, line], ignore_index=True)
    x = {
        "field": "difference",
        "type": "quantitative",
        "title": "words more than the answer it is compared with",
        "axis": {"format": "d", "tickMinStep": 1},
    }
    y = {
        "field": "won",
        "type": "quantitative",
        "scale": {"domain": [0, 1]},
        "title": "won (1), tie (½), lost (0)",
        "axis": {"values": [0, 0.5, 1]},
    }
    return frame, {
        "width": "container",
        "height": 300,
        "encoding": {"x": x, "y": y},
        "layer": [
            {
                "transform": [{"filter": "datum.kind == 'curve'"}],
                "mark": {"type": "line", "color": CHOSEN, "strokeWidth": 3},
            },
            {
                "transform": [{"filter": "datum.kind == 'point'"}],
                "mark": {"type": "circle", "color": CHANGED, "opacity": 0.7},
                "encoding": {
                    "size": {
                        "field": "answers",
                        "type": "quantitative",
                        "scale": {"range": [50, 500]},
                        "legend": None,
                    },
                    "tooltip": [{"field": "difference"}, {"field": "won"}, {"field": "answers"}],
                },
            },
        ],
    }


def outcomes(counted: Mapping[str, int], titles: Mapping[str, str]) -> Picture:
    """What came of asking about each pair twice: bars, the two biased outcomes in the colour of what is looked at.

    counted  outcome -> pairs, of engine.evaluation.preferences
    titles   its words on screen
    """
    frame = pd.DataFrame(
        [
            {"outcome": titles[name], "pairs": n, "biased": name.startswith("the ") and name.endswith("place")}
            for name, n in counted.items()
        ]
    )
    y = {"field": "outcome", "type": "nominal", "sort": None, "title": None, "axis": {"labelLimit": 220}}
    x = {"field": "pairs", "type": "quantitative", "title": "pairs", "axis": {"tickMinStep": 1, "tickCount": 5}}
    bars = {
        "mark": {"type": "bar", "cornerRadiusEnd": 3},
        "encoding": {
            "x": x,
            "color": {"condition": {"test": "datum.biased", "value": CHOSEN}, "value": CHANGED},
            "tooltip": [{"field": "outcome"}, {"field": "pairs"}],
        },
    }
    numbers = {
        "mark": {"type": "text", "align": "left", "dx": 4},
        "encoding": {"x": x, "text": {"field": "pairs"}, "color": INK},
    }
    return frame, {
        "width": "container",
        "height": {"step": 26},
        "encoding": {"y": y},
        "layer": [bars, numbers],
        "resolve": {"scale": {"color": "independent"}},
    }


def votes(counts: Sequence[tuple[int, int, int]], names: tuple[str, str]) -> Picture:
    """The votes on each entry, side by side in one bar.

    counts  for each entry the votes for the first, for the second, and ties
    """
    words = [names[0], "tie", names[1]]
    rows = [
        {"entry": i + 1, "for": word, "votes": number, "place": place}
        for i, (a, b, ties) in enumerate(counts)
        for place, (word, number) in enumerate(zip(words, (a, ties, b), strict=True))
        if number
    ]
    return pd.DataFrame(rows, columns=["entry", "for", "votes", "place"]), {
        "width": "container",
        "height": {"step": 20},
        "mark": {"type": "bar", "cornerRadius": 2},
        "encoding": {
            "y": {"field": "entry", "type": "ordinal", "title": "entry"},
            "x": {"field": "votes", "type": "quantitative", "title": "votes", "axis": {"tickMinStep": 1}},
            "order": {"field": "place"},
            "color": {
                "field": "for",
                "type": "nominal",
                "scale": {"domain": words, "range": [ANSWERS[0], ANSWERS[2], ANSWERS[1]]},
                "legend": {"title": "votes for", "orient": "top", "columns": COLUMNS, "labelLimit": 240},
            },
            "tooltip": [{"field": "entry"}, {"field": "for"}, {"field": "votes"}],
        },
    }


def jury(said: Mapping[str, Sequence[str | None]], names: tuple[str, str], chosen: int) -> Picture:
    """A row for each judge, a column for each entry, the colour for whom the judge is; a mark under the chosen entry.

    said    judge -> "a", "b", "tie" or None for each entry
    names   whose answers a and b are
    chosen  index of an entry

    A click gives the selection `pick` with `entry`, counted from 1.
    """
    words = {"a": names[0], "b": names[1], "tie": "tie"}
    rows = [
        {"judge": judge, "entry": i + 1, "for": words[s], "chosen": i == chosen}
        for judge, sides in said.items()
        for i, s in enumerate(sides)
        if s is not None
    ]
    return pd.DataFrame(rows, columns=["judge", "entry", "for", "chosen"]), {
        "width": "container",
        "height": {"step": 30},
        "params": [{"name": "pick", "select": {"type": "point", "fields": ["entry"], "toggle": False}}],
        "mark": {"type": "rect", "cornerRadius": 2, "cursor": "pointer"},
        "encoding": {
            "x": {
                "field": "entry",
                "type": "ordinal",
                "title": "entry",
                "axis": {"labelAngle": 0, "labelOverlap": True},
            },
            "y": {"field": "judge", "type": "nominal", "sort": list(said), "title": None, "axis": {"labelLimit": 240}},
            "color": {
                "field": "for",
                "type": "nominal",
                "scale": {"domain": [words["a"], words["b"], "tie"], "range": ANSWERS},
                "legend": {"title": "prefers the answer of", "orient": "top", "columns": COLUMNS, "labelLimit": 240},
            },
            "fillOpacity": {"condition": {"test": "datum.for === 'tie'", "value": 0.35}, "value": 1},
            "stroke": {"condition": {"test": "datum.chosen", "value": CHOSEN}, "value": None},
            "strokeWidth": {"value": 3},
            "tooltip": [{"field": "judge"}, {"field": "entry"}, {"field": "for", "title": "prefers the answer of"}],
        },
    }


def correlations(names: Sequence[str], values: np.ndarray) -> Picture:
    """How alike judges order the answers: a square for each two of them, with its number.

    values  (N, N) rank correlations, not a number where there is none
    """
    rows = [
        {"one": a, "two": b, "r": None if np.isnan(values[i, j]) else float(values[i, j]), "shown": shown(values[i, j])}
        # the strong end of the ramp as ink on pale cells, the pale end on strong ones
        | {"ink": 0.0 if abs(values[i, j]) > 0.5 else 1.0}
        for i, a in enumerate(names)
        for j, b in enumerate(names)
    ]
    axis = {"labelLimit": 150, "ticks": False, "domain": False}
    place = {"type": "nominal", "sort": None, "title": None, "axis": axis}
    return pd.DataFrame(rows), {
        "width": "container",
        "height": {"step": 34},
        "encoding": {
            "x": {"field": "two", **place, "axis": axis | {"labelAngle": -45, "labelOverlap": False}},
            "y": {"field": "one", **place},
        },
        "layer": [
            {
                "mark": "rect",
                "encoding": {
                    "color": {
                        "field": "r",
                        "type": "quantitative",
                        "scale": {"range": DIVERGING, "domain": [-1, 1]},
                        "legend": None,
                    },
                    "tooltip": [{"field": "one"}, {"field": "two"}, {"field": "r", "title": "Spearman"}],
                },
            },
            {
                "mark": {"type": "text", "fontSize": 12},
                "encoding": {
                    "text": {"field": "shown"},
                    "color": {
                        "field": "ink",
                        "type": "quantitative",
                        "scale": {"range": SEQUENTIAL, "domain": [0, 1]},
                        "legend": None,
                    },
                },
            },
        ],
        "resolve": {"scale": {"color": "independent"}},
    }


def shown(value: float) -> str:
    """A correlation's digits."""
    return "–" if np.isnan(value) else fmt(value, 2)
