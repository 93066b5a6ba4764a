"""Figures of the lesson on instruction data: a batch as a grid of tokens, coloured by what each is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from ui.labels import short, visible
from ui.palette import CHANGED, CHOSEN, INK, NEUTRAL, OTHER

if TYPE_CHECKING:
    from collections.abc import Sequence

ROLES = {"prompt": OTHER, "answer": CHANGED, "end of text": CHOSEN, "padding": NEUTRAL, "−100": "transparent"}
MOST_WRITTEN = 24  # columns beyond which tokens are only colours


def batch_picture(
    cells: Sequence[tuple[str, int, int, str, str]], chosen: int, folded: int
) -> tuple[pd.DataFrame, dict[str, Any]]:
    """The batch, a line for each text or for its inputs and targets; a click gives the selection `pick` with `text`.

    cells   line, place, token ID, token, role
    chosen  number of the text in the frame, from 1
    folded  first places of every line that are drawn as one column; 0 for none
    """
    frame = pd.DataFrame(cells, columns=["line", "place", "id", "token", "role"])
    frame["text"] = frame["line"].str.extract(r"(\d+)$", expand=False).astype(int)
    frame["chosen"] = frame["text"] == chosen
    frame["written"] = frame["token"].map(lambda token: short(token, 7))
    frame["token"] = frame["token"].map(visible)
    frame["column"], frame["id"] = frame["place"].astype(str), frame["id"].astype(str)
    if folded:
        frame = frame[(frame["place"] == 0) | (frame["place"] >= folded)].copy()
        frame.loc[frame["place"] == 0, ["column", "token", "written", "id"]] = [
            f"0–{folded - 1}",
            f"{folded} tokens",
            "…",
            "–",
        ]
    columns = max(1, frame["place"].nunique())
    squares: dict[str, Any] = {
        "mark": {"type": "rect", "cornerRadius": 2, "cursor": "pointer"},
        "params": [{"name": "pick", "select": {"type": "point", "fields": ["text"], "toggle": False}}],
        "encoding": {
            "color": {
                "field": "role",
                "type": "nominal",
                "title": None,
                "scale": {"domain": list(ROLES), "range": list(ROLES.values())},
                "legend": {
                    "orient": "top",
                    "columns": 3,  # five in one line are too wide for a phone
                    "symbolType": "square",
                    "symbolStrokeWidth": 1,
                    "symbolStrokeColor": NEUTRAL,
                },
            },
            "opacity": {"condition": {"test": "datum.role == 'padding'", "value": 0.35}, "value": 0.75},
            "stroke": {"condition": {"test": "datum.role == '−100'", "value": NEUTRAL}, "value": None},
            "strokeOpacity": {"value": 0.5},
            "tooltip": [
                {"field": "line", "title": "line"},
                {"field": "column", "title": "place"},
                {"field": "token", "title": "token"},
                {"field": "id", "title": "ID"},
                {"field": "role", "title": "what it is"},
            ],
        },
    }
    layers = [squares]
    if columns <= MOST_WRITTEN:
        room = f"width / {columns} - 2"  # pixels
        layers.append(
            {
                "mark": {
                    "type": "text",
                    "interactive": False,
                    "fontSize": 10,
                    "limit": {"expr": room},
                    "opacity": {"expr": f"{room} > 22 ? 1 : 0"},
                },
                "encoding": {"text": {"field": "written"}, "color": INK},
            }
        )
    return frame, {
        "width": "container",
        "height": {"step": 26},
        "encoding": {
            "x": {
                "field": "column",
                "type": "ordinal",
                "sort": {"field": "place", "op": "min"},
                "title": "place in the text, tokens",
                "scale": {"paddingInner": 0.12},
                "axis": {"labelOverlap": True, "labelAngle": 0, "ticks": False},
            },
            "y": {
                "field": "line",
                "type": "nominal",
                "sort": None,
                "title": None,
                "scale": {"paddingInner": 0.16},
                "axis": {
                    "ticks": False,
                    "labelFontWeight": {
                        "condition": {"test": f"test(/ {chosen}$/, datum.value)", "value": "bold"},
                        "value": "normal",
                    },
                },
            },
        },
        "layer": layers,
        "resolve": {"scale": {"color": "independent"}},
        "config": {"view": {"stroke": None}},
    }
