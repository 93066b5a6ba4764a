"""Pictures for the lesson on embeddings that show measurements: analogies answered, what dimensions keep."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from ui.numbers import fmt, percent
from ui.palette import CHANGED, CHOSEN, NEUTRAL

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from engine.analysis.neighbours import AnalogyScore, DimensionCost

    Picture = tuple[pd.DataFrame, dict[str, Any]]

WAYS = ("a − b + c", "c alone")
KEPT = ("neighbours found (recall)", "variance kept")


def analogy_scores(scores: Mapping[str, AnalogyScore]) -> Picture:
    """Two bars for each relation: right answers by the analogy, and by the third word alone."""
    rows = [
        {
            "relation": f"{name} ({s.questions})",
            "way": way,
            "share": right / s.questions,
            "of": f"{right} of {s.questions}",
        }
        for name, s in scores.items()
        for way, right in zip(WAYS, (s.by_offset, s.by_c), strict=True)
    ]
    return pd.DataFrame(rows), {
        "width": "container",
        "height": {"step": 15, "for": "offset"},
        "mark": {"type": "bar", "cornerRadiusEnd": 3},
        "encoding": {
            "y": {
                "field": "relation",
                "type": "nominal",
                "sort": None,
                "title": None,
                "axis": {"labelLimit": 170, "ticks": False, "domain": False},
            },
            "yOffset": {"field": "way", "type": "nominal", "sort": list(WAYS)},
            "x": {
                "field": "share",
                "type": "quantitative",
                "title": "questions answered right",
                "scale": {"domain": [0, 1]},
                "axis": {"format": ".0%"},
            },
            "color": {
                "field": "way",
                "type": "nominal",
                "title": None,
                "scale": {"domain": list(WAYS), "range": [CHANGED, NEUTRAL]},
                "legend": {"orient": "top"},
            },
            "tooltip": [
                {"field": "relation", "title": "relation"},
                {"field": "way", "title": "answered by"},
                {"field": "of", "title": "right"},
            ],
        },
    }


def dimension_chart(costs: Sequence[DimensionCost], chosen: int) -> Picture:
    """Recall and variance against the number of principal components, a line for the chosen number."""
    rows = [
        {
            "dimensions": c.dimensions,
            "what": what,
            "share": share,
            "shown": percent(share),
            "size": f"{c.bytes:,} bytes",
            "time": f"{fmt(1e6 * c.seconds)} µs",
        }
        for c in costs
        for what, share in zip(KEPT, (c.recall, c.variance), strict=True)
    ]
    x = {
        "field": "dimensions",
        "type": "quantitative",
        "title": "principal components kept (each step doubles)",
        "scale": {"type": "log", "base": 2, "nice": False},
        "axis": {"values": [c.dimensions for c in costs], "grid": False},
    }
    colour = {
        "field": "what",
        "type": "nominal",
        "title": None,
        "scale": {"domain": list(KEPT), "range": [CHANGED, NEUTRAL]},
        "legend": {"orient": "top", "symbolType": "stroke", "symbolSize": 400, "symbolStrokeWidth": 3},
    }
    return pd.DataFrame(rows), {
        "width": "container",
        "height": 320,
        "layer": [
            {
                "mark": {"type": "rule", "color": CHOSEN, "strokeWidth": 3},
                "encoding": {"x": {"datum": chosen, "type": "quantitative", "scale": x["scale"]}},
            },
            {
                "mark": {"type": "line", "point": {"size": 60}, "strokeWidth": 2},
                "encoding": {
                    "x": x,
                    "y": {
                        "field": "share",
                        "type": "quantitative",
                        "title": "share",
                        "scale": {"domain": [0, 1]},
                        "axis": {"format": ".0%"},
                    },
                    "color": colour,
                    "strokeDash": {
                        "field": "what",
                        "type": "nominal",
                        "legend": None,
                        "scale": {"domain": list(KEPT), "range": [[1, 0], [6, 4]]},
                    },
                    "tooltip": [
                        {"field": "dimensions", "title": "components"},
                        {"field": "what", "title": "what"},
                        {"field": "shown", "title": "share"},
                        {"field": "size", "title": "table"},
                        {"field": "time", "title": "one search"},
                    ],
                },
            },
        ],
    }
