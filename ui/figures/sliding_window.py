"""The pictures of the lesson on the sliding window: windows over the text, and the batches of an epoch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from ui.labels import short
from ui.palette import CHANGED, CHOSEN, INK, NEUTRAL, OTHER

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Picture = tuple[pd.DataFrame, dict[str, Any]]
PARTS = ["input", "target"]


def window_rows(
    tokens: Sequence[str],
    first_token: int,
    starts: Mapping[int, int],
    length: int,
    batch: Sequence[int],
    left_out: Sequence[int],
    chosen: int,
) -> Picture:
    """Windows as bars over the text, the target's bar one token further; those of one batch are opaque.

    tokens       texts of the tokens in the picture
    first_token  the place in the text of the first of them
    starts       number of a window -> the place in the text where it starts
    length       tokens in a window
    batch        numbers of the windows in the chosen batch
    left_out     numbers of the windows that this epoch leaves out
    chosen       the outlined window

    A click gives the selection `pick` with `window`.
    """
    frame = pd.DataFrame(
        [
            {
                "window": number,
                "name": f"window {number}" + (" (left out)" if number in left_out else ""),
                "part": part,
                "from": min(start - first_token + shift, len(tokens)),
                "to": min(start - first_token + shift + length, len(tokens)),
                "places": f"{start + shift} to {start + shift + length - 1}",
                "in_batch": number in batch,
                "chosen": number == chosen,
            }
            for number, start in starts.items()
            for shift, part in enumerate(PARTS)
        ]
    )
    x = {
        "field": "from",
        "type": "quantitative",
        "title": "tokens of the text",
        "scale": {"domain": [0, len(tokens)], "nice": False},
        "axis": {
            "values": [place + 0.5 for place in range(len(tokens))],
            "labelExpr": "labels[floor(datum.value)]",
            "labelAngle": -90,
            "labelOverlap": True,
            "labelLimit": 80,
            "gridOpacity": 0.5,
            "ticks": False,
            "orient": "top",
        },
    }
    return frame, {
        "params": [
            {"name": "labels", "value": [short(token, 11) for token in tokens]},
            {"name": "pick", "select": {"type": "point", "fields": ["window"], "toggle": False}},
        ],
        "width": "container",
        "height": {"step": 13, "for": "offset"},
        "mark": {"type": "bar", "cornerRadius": 3, "cursor": "pointer"},
        "encoding": {
            "x": x,
            "x2": {"field": "to"},
            "y": {"field": "name", "type": "nominal", "sort": None, "title": None, "axis": {"ticks": False}},
            "yOffset": {"field": "part", "type": "nominal", "sort": PARTS},
            "color": {
                "field": "part",
                "type": "nominal",
                "sort": PARTS,
                "scale": {"domain": PARTS, "range": [OTHER, CHANGED]},
                "legend": {"title": None, "orient": "bottom"},
            },
            "opacity": {"condition": {"test": "datum.in_batch", "value": 1}, "value": 0.4},
            "stroke": {"condition": {"test": "datum.chosen", "value": CHOSEN}, "value": None},
            "strokeWidth": {"condition": {"test": "datum.chosen", "value": 3}, "value": 0},
            "tooltip": [
                {"field": "name", "type": "nominal", "title": "window"},
                {"field": "part", "type": "nominal", "title": "part"},
                {"field": "places", "type": "nominal", "title": "tokens"},
            ],
        },
    }


def batch_grid(batches: Mapping[int, Sequence[int]], left_out: Sequence[int], chosen: int, width: int) -> Picture:
    """The order of an epoch: a row for each batch, the numbers of its windows; left-out ones in a last row.

    batches  number of a batch -> the numbers of its windows
    width    windows in a full batch

    A click gives the selection `pick` with `batch`; -1 for the windows left out.
    """
    rows = [(f"batch {number}", number, windows) for number, windows in batches.items()]
    if left_out:
        rows.append(("left out", -1, left_out[:width]))
    frame = pd.DataFrame(
        [
            {"name": name, "batch": number, "place": place, "window": window, "chosen": number == chosen}
            for name, number, windows in rows
            for place, window in enumerate(windows)
        ]
    )
    cells = {
        "mark": {"type": "rect", "cornerRadius": 3, "cursor": "pointer"},
        "params": [{"name": "pick", "select": {"type": "point", "fields": ["batch"], "toggle": False}}],
        "encoding": {
            "color": {"condition": {"test": "datum.batch < 0", "value": NEUTRAL}, "value": OTHER},
            "opacity": {"condition": {"test": "datum.chosen", "value": 0.75}, "value": 0.25},
            "stroke": {"condition": {"test": "datum.chosen", "value": CHOSEN}, "value": None},
            "strokeWidth": {"value": 2},
            "tooltip": [{"field": "name", "title": "batch"}, {"field": "window", "title": "window"}],
        },
    }
    numbers = {
        "mark": {"type": "text", "interactive": False},
        "encoding": {"text": {"field": "window", "type": "quantitative"}, "color": INK},
    }
    return frame, {
        "width": "container",
        "height": {"step": 26},
        "encoding": {
            "x": {
                "field": "place",
                "type": "ordinal",
                "title": "place in the batch",
                "scale": {"domain": list(range(width)), "paddingInner": 0.08},
                "axis": {"labelAngle": 0, "ticks": False, "orient": "top"},
            },
            "y": {
                "field": "name",
                "type": "nominal",
                "sort": None,
                "title": None,
                "scale": {"paddingInner": 0.12},
                "axis": {"ticks": False},
            },
        },
        "layer": [cells, numbers],
        "resolve": {"scale": {"color": "independent"}},
        "config": {"view": {"stroke": None}},
    }
