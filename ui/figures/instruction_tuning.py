"""Which kinds of tasks a tuned model answers right."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from ui.numbers import percent
from ui.palette import CHANGED, NEUTRAL

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Picture = tuple[pd.DataFrame, dict[str, Any]]
BEFORE, AFTER = "before tuning", "after tuning"
BAR = 11  # pixels of a kind


def kinds_right(kinds: Mapping[str, Sequence[int]]) -> Picture:
    """A bar for each kind, the most often right first; a tick where the untuned model stood.

    kinds  kind -> how many tasks were right before, right after, and asked
    """
    rows = []
    for kind, (before, after, of) in sorted(kinds.items(), key=lambda item: -item[1][1] / item[1][2]):
        for when, right in ((BEFORE, before), (AFTER, after)):
            said = f"{right} of {of}, {percent(right / of)}"
            rows.append({"kind": kind.replace("_", " "), "model": when, "share": right / of, "right": said})
    colour = {
        "field": "model",
        "type": "nominal",
        "scale": {"domain": [BEFORE, AFTER], "range": [NEUTRAL, CHANGED]},
        "legend": {"orient": "top", "title": None},
    }
    tooltip = [{"field": name} for name in ("kind", "model", "right")]
    layers = [
        {
            "transform": [{"filter": f"datum.model === '{when}'"}],
            "mark": mark,
            "encoding": {
                "x": {
                    "field": "share",
                    "type": "quantitative",
                    "title": "answered right",
                    "scale": {"domain": [0, 1]},
                    "axis": {"format": ".0%", "tickCount": 5},
                },
                "color": colour,
                "tooltip": tooltip,
            },
        }
        for when, mark in ((AFTER, {"type": "bar", "height": BAR - 4}), (BEFORE, {"type": "tick", "thickness": 3}))
    ]
    axis = {"labelLimit": 120, "labelOverlap": False, "labelFontSize": 9}
    y = {"field": "kind", "type": "nominal", "sort": None, "title": None, "axis": axis}
    return pd.DataFrame(rows), {
        "width": "container",
        "height": {"step": BAR},
        "encoding": {"y": y},
        "layer": layers,
    }
