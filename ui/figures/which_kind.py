"""Pictures of answers: what a model would say next or how a head decides, and how often each is right."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from ui.numbers import percent
from ui.palette import CHANGED, CHOSEN, INK, NEUTRAL, OTHER

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.evaluation.metrics import Accuracy

Picture = tuple[pd.DataFrame, dict[str, Any]]
COMPARED, TOKEN, REST = "answers that are compared", "other tokens", "rest of the vocabulary"
HUES = {COMPARED: CHOSEN, TOKEN: OTHER, REST: NEUTRAL}
UNTOUCHED, TUNED, HEAD = "as pretrained", "after instruction tuning", "with a head of its own"
KINDS = {UNTOUCHED: OTHER, TUNED: CHANGED, HEAD: CHOSEN}


def answer_bars(rows: Sequence[tuple[str, str, float]]) -> Picture:
    """One bar for each possible answer.

    rows  label, one of HUES, probability; together all there is, so that they add up to 1
    """
    frame = pd.DataFrame(rows, columns=["answer", "kind", "probability"])
    frame["order"] = range(len(frame))
    frame["shown"] = frame["probability"].map(percent)
    y = {
        "field": "order",
        "type": "ordinal",
        "title": None,
        "axis": {
            "labelExpr": "labels[datum.value]",
            "labelOverlap": False,
            "labelLimit": 90,
            "ticks": False,
            "domain": False,
        },
    }
    x = {
        "field": "probability",
        "type": "quantitative",
        "title": "probability",
        "scale": {"domain": [0, 1.35], "nice": False},
        "axis": {"format": ".0%", "values": [0, 0.5, 1], "grid": False},
    }
    about = [
        {"field": "answer"},
        {"field": "kind"},
        {"field": "probability", "type": "quantitative", "format": ".10~g"},
    ]
    return frame, {
        "width": "container",
        "height": {"step": 21},
        "params": [{"name": "labels", "value": list(frame["answer"])}],
        "encoding": {"y": y},
        "layer": [
            {
                "mark": {"type": "bar", "cornerRadiusEnd": 2},
                "encoding": {
                    "x": x,
                    "color": {
                        "field": "kind",
                        "type": "nominal",
                        "scale": {"domain": list(HUES), "range": list(HUES.values())},
                        "legend": None,
                    },
                    "tooltip": about,
                },
            },
            {
                "mark": {"type": "text", "align": "left", "dx": 4, "fontSize": 11, "interactive": False},
                "encoding": {"x": x, "text": {"field": "shown"}, "color": INK},
            },
        ],
        "resolve": {"scale": {"color": "independent"}},
    }


def told_chart(rows: Sequence[tuple[str, str, Accuracy]], guessing: float) -> Picture:
    """A dot for the accuracy of each way to ask on its 95% interval; dashed: always the same answer.

    rows      what it is called, one of KINDS, right answers out of all
    guessing  accuracy of always giving the more frequent answer, 0 to 1
    """
    frame = pd.DataFrame(
        [(name, kind, a.share, *a.interval, f"{percent(a.share)} ({a.right} of {a.total})") for name, kind, a in rows],
        columns=["asked", "kind", "share", "low", "high", "shown"],
    )
    frame["order"] = range(len(frame))
    y = {
        "field": "order",
        "type": "ordinal",
        "title": None,
        "axis": {"labelExpr": "labels[datum.value]", "labelOverlap": False, "labelLimit": 150, "ticks": False},
    }
    scale = {"domain": [0.3, 1]}
    x = {
        "field": "share",
        "type": "quantitative",
        "title": "right, with 95% interval",
        "scale": scale,
        "axis": {"format": ".0%", "tickCount": 7},
    }
    color = {
        "field": "kind",
        "type": "nominal",
        "scale": {"domain": list(KINDS), "range": list(KINDS.values())},
        "legend": {"title": None, "orient": "top", "columns": {"expr": "width < 420 ? 1 : 3"}},
    }
    about = [
        {"field": "asked"},
        {"field": "kind", "title": "model"},
        {"field": "shown", "title": "right"},
        {"field": "low", "type": "quantitative", "title": "interval from", "format": ".4f"},
        {"field": "high", "type": "quantitative", "title": "interval to", "format": ".4f"},
    ]
    return frame, {
        "width": "container",
        "height": {"step": 26},
        "params": [{"name": "labels", "value": list(frame["asked"])}],
        "encoding": {"y": y},
        "layer": [
            {
                "mark": {"type": "rule", "strokeDash": [4, 4], "color": NEUTRAL},
                "encoding": {"x": {"datum": guessing, "type": "quantitative", "scale": scale}, "y": None},
            },
            {
                "mark": {"type": "bar", "height": 6, "opacity": 0.45, "clip": True},
                "encoding": {
                    "x": {**x, "field": "low"},
                    "x2": {"field": "high"},
                    "color": color,
                    "tooltip": about,
                },
            },
            {
                "mark": {"type": "point", "filled": True, "size": 110, "opacity": 1, "clip": True},
                "encoding": {"x": x, "color": color, "tooltip": about},
            },
        ],
    }
