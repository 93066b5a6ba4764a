"""Pictures of padding: lengths of texts and what is cut, a batch as a grid of tokens, vectors read at a pad."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ui.palette import CHANGED, CHOSEN, NEUTRAL, OTHER

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

Picture = tuple[pd.DataFrame, dict[str, Any]]
MOST_ROWS, MOST_PLACES = 16, 120
WHOLE, CUT = "read whole", "cut"
LIMIT = "limit"  # the row whose place has a line through it
KINDS = ["token", "padding", "read"]


def length_histogram(lengths: NDArray[np.int64], most: int) -> Picture:
    """How many texts have how many tokens; those beyond `most` are cut.

    lengths  (N,)
    """
    width = max(1, int(np.ceil(int(lengths.max()) / 40)))
    starts = (np.minimum(lengths, 1_000_000) - 1) // width * width + 1
    kinds = np.where(lengths > most, CUT, WHOLE)
    table = pd.DataFrame({"from": starts, "kind": kinds}).value_counts().rename("texts").reset_index()
    frame = table.sort_values(["from", "kind"]).reset_index(drop=True)
    frame["to"] = frame["from"] + width
    if most < int(lengths.max()):
        frame = pd.concat([frame, pd.DataFrame([{"from": most + 1, "kind": LIMIT}])], ignore_index=True)
    x = {"field": "from", "type": "quantitative", "title": "tokens in a text", "bin": {"binned": True}}
    return frame, {
        "width": "container",
        "height": 260,
        "layer": [
            {
                "transform": [{"filter": f"datum.kind !== '{LIMIT}'"}],
                "mark": {"type": "bar", "binSpacing": 1},
                "encoding": {
                    "x": {**x, "axis": {"grid": False, "tickMinStep": 1}},
                    "x2": {"field": "to"},
                    "y": {"field": "texts", "type": "quantitative", "title": "texts", "axis": {"tickMinStep": 1}},
                    "color": {
                        "field": "kind",
                        "scale": {"domain": [WHOLE, CUT], "range": [OTHER, CHANGED]},
                        "legend": {"title": None, "orient": "top"},
                    },
                    "tooltip": [
                        {"field": "from", "title": "tokens from"},
                        {"field": "to", "title": "to below"},
                        {"field": "texts"},
                        {"field": "kind"},
                    ],
                },
            },
            {
                "transform": [{"filter": f"datum.kind === '{LIMIT}'"}],
                "mark": {"type": "rule", "color": CHOSEN, "strokeWidth": 2},
                "encoding": {"x": {"field": "from", "type": "quantitative"}},
            },
        ],
    }


def token_grid(texts: Sequence[Sequence[str]], rows: Sequence[int], wide: int, reads: str) -> Picture:
    """A batch: a row for each text, a square for each place, the places that are read in the chosen colour.

    texts       the tokens of each text
    rows        what each is called
    wide        places of the batch; the first MOST_PLACES are drawn
    reads       what is read, as a recipe says it: last, last_position, first, mean or layers (every token)
    """
    records = []
    for order, (tokens, name) in enumerate(zip(texts, rows, strict=True)):
        last = len(tokens) - 1
        every = range(last + 1)
        read = {"last_position": (wide - 1,), "first": (0,), "mean": every, "layers": every}.get(reads, (last,))
        for place in range(min(wide, MOST_PLACES)):
            kind = KINDS[2] if place in read else KINDS[place >= len(tokens)]
            token = tokens[place] if place < len(tokens) else "padding"
            records.append((order, f"row {name}", place + 1, token, kind))
    frame = pd.DataFrame(records, columns=["order", "text", "place", "token", "kind"])
    names = [f"row {name}" for name in rows]
    return frame, {
        "width": "container",
        "height": {"step": 15},
        "params": [{"name": "labels", "value": names}],
        "mark": {"type": "rect"},
        "encoding": {
            "x": {
                "field": "place",
                "type": "ordinal",
                "title": "place in the batch",
                "axis": {"labelOverlap": True, "labelAngle": 0, "ticks": False},
            },
            "y": {
                "field": "order",
                "type": "ordinal",
                "title": None,
                "axis": {
                    "labelExpr": "labels[datum.value]",
                    "labelOverlap": False,
                    "labelFlush": False,
                    "ticks": False,
                    "domain": False,
                },
            },
            "color": {
                "field": "kind",
                "scale": {"domain": KINDS, "range": [OTHER, NEUTRAL, CHOSEN]},
                "legend": {"title": None, "orient": "top", "symbolStrokeWidth": 0},
            },
            "opacity": {"condition": {"test": f"datum.kind === '{KINDS[1]}'", "value": 0.3}, "value": 0.95},
            # Not of the mark: its legend would frame every colour thickly.
            "stroke": {"value": NEUTRAL},
            "strokeWidth": {"value": 0.3},
            "tooltip": [{"field": "text"}, {"field": "place"}, {"field": "token"}, {"field": "kind"}],
        },
    }


def drift_line(cosines: NDArray[np.float64]) -> Picture:
    """Cosine with the last token's vector against the pads behind it; 0 pads is the last token itself.

    cosines  (K,)
    """
    frame = pd.DataFrame({"pads": range(len(cosines)), "cosine": cosines})
    return frame, {
        "width": "container",
        "height": 220,
        "mark": {"type": "line", "point": {"size": 25}, "color": CHANGED},
        "encoding": {
            "x": {"field": "pads", "type": "quantitative", "title": "pads before the place that is read"},
            "y": {
                "field": "cosine",
                "type": "quantitative",
                "title": "cosine",
                "axis": {"tickCount": 5},
            },
            "tooltip": [{"field": "pads"}, {"field": "cosine", "type": "quantitative", "format": ".10~g"}],
        },
    }
