"""Pictures of answers: what a model would say next, or how a head decides."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from ui.numbers import percent
from ui.palette import CHANGED, CHOSEN, INK, NEUTRAL, OTHER

if TYPE_CHECKING:
    from collections.abc import Sequence

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
            "labelFlush": False,
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
