"""Why a classifier says what it says: pads behind the text, and words left out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ui.labels import short, visible
from ui.palette import CHANGED, CHOSEN, DIVERGING, NEUTRAL, OTHER

if TYPE_CHECKING:
    from engine.analysis.leave_one_out import LeftOut
    from engine.finetune.pads import Padded

Picture = tuple[pd.DataFrame, dict[str, Any]]
READ, SKIPPED = "padding is read", "padding is not read"


def pad_lines(found: Padded, target: int, at: int) -> Picture:
    """The probability of one class against the number of pads, with the padding read and not read.

    at  the number of pads with a line through it
    """
    pads = found.counts.tolist()
    rows = [(n, READ, float(p)) for n, p in zip(pads, found.read[:, target], strict=True)]
    rows += [(n, SKIPPED, float(found.skipped[target])) for n in pads]
    frame = pd.DataFrame(rows, columns=["pads", "which", "probability"])
    x = {"field": "pads", "type": "quantitative", "title": "pads behind the text", "axis": {"tickMinStep": 1}}
    names = [READ, SKIPPED]
    legend = {"title": None, "orient": "top"}
    return frame, {
        "width": "container",
        "height": 320,
        "layer": [
            {
                "mark": {"type": "line", "point": {"size": 25}},
                "encoding": {
                    "x": x,
                    "y": {
                        "field": "probability",
                        "type": "quantitative",
                        "scale": {"domain": [0, 1]},
                        "axis": {"format": ".0%", "tickCount": 5},
                    },
                    "color": {
                        "field": "which",
                        "scale": {"domain": names, "range": [CHANGED, OTHER]},
                        "legend": legend,
                    },
                    "strokeDash": {
                        "field": "which",
                        "scale": {"domain": names, "range": [[1, 0], [6, 4]]},
                        "legend": legend,
                    },
                    "tooltip": [{"field": "which"}, {"field": "pads"}, {"field": "probability", "format": ".10~g"}],
                },
            },
            {
                "mark": {"type": "rule", "color": CHOSEN, "strokeWidth": 2},
                "encoding": {"x": {"datum": at, "type": "quantitative"}},
            },
        ],
    }


def word_bars(found: LeftOut, by_size: bool) -> Picture:
    """How much the probability falls without each word: to the right, the word speaks for the class."""
    support = found.support
    order = np.argsort(-np.abs(support), kind="stable") if by_size else np.arange(len(support))
    words = found.words
    frame = pd.DataFrame(
        {
            "place": range(len(order)),
            "word": [visible(words[i]) for i in order],
            "support": support[order],
            "without": found.without[order],
        }
    )
    limit = max(float(np.abs(support).max()), 1e-6)
    tooltip = [
        {"field": "word"},
        {"field": "support", "title": "fall of the probability", "format": ".10~g"},
        {"field": "without", "title": "probability without it", "format": ".10~g"},
    ]
    return frame, {
        "width": "container",
        "height": {"step": 20},
        "params": [{"name": "word_names", "value": [short(words[i], 20) for i in order]}],
        "mark": {"type": "bar", "cornerRadiusEnd": 2, "stroke": NEUTRAL, "strokeWidth": 0.4},
        "encoding": {
            "y": {
                "field": "place",
                "type": "ordinal",
                "title": None,
                "axis": {
                    "labelFlush": False,
                    "labelExpr": "word_names[datum.value]",
                    "labelLimit": 150,
                    "labelOverlap": False,
                    "ticks": False,
                    "domain": False,
                },
            },
            "x": {
                "field": "support",
                "type": "quantitative",
                "title": "probability lost without the word",
                "scale": {"domain": [-limit, limit]},
                "axis": {"format": "+.2~p", "tickCount": 5, "orient": "top"},
            },
            "color": {
                "field": "support",
                "type": "quantitative",
                "scale": {"range": DIVERGING, "domain": [-limit, limit]},
                "legend": None,
            },
            "tooltip": tooltip,
        },
    }
