"""Pictures of byte pair encoding: which pair is joined next, how a word is put together, what a language costs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from engine.tokenizers.pretrained import show_bytes
from ui.labels import visible
from ui.numbers import count, fmt
from ui.palette import CHOSEN, NEUTRAL, OTHER, SEQUENTIAL

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from engine.tokenizers.replay import WordTrace

ROW = 26  # pixels for one byte of a word
WIDEST_LEVEL = 140  # pixels from a piece to the one that it becomes part of
# The strong end of the theme's ramp: dark on a light page, pale on a dark one. Vega's own text is always black.
INK = {"datum": 1, "type": "quantitative", "scale": {"range": SEQUENTIAL, "domain": [0, 1]}, "legend": None}
NO_AXIS = {"axis": None, "type": "quantitative"}


def label(piece: bytes) -> str:
    """A piece as pictures write it: a dot for a space, <0xE2> for a byte that is no character."""
    return visible(show_bytes(piece))


def pair_bars(counts: Sequence[tuple[tuple[bytes, bytes], int]], chosen: int) -> tuple[pd.DataFrame, dict[str, Any]]:
    """How often pairs of neighbours occur, the most frequent first; a click gives the selection `pick`.

    counts  pairs and their counts, in the order in which they would be joined
    chosen  the index of the outlined pair
    """
    frame = pd.DataFrame(
        {
            "place": range(len(counts)),
            "left": [label(left) for (left, _), _ in counts],
            "right": [label(right) for (_, right), _ in counts],
            "joined": [label(left + right) for (left, right), _ in counts],
            "count": [n for _, n in counts],
            "shown": [count(n) for _, n in counts],
            "next": [i == 0 for i in range(len(counts))],
            "outlined": [i == chosen for i in range(len(counts))],
        }
    )
    most = max((n for _, n in counts), default=1)
    names = [f"{label(left)} + {label(right)}" for (left, right), _ in counts]
    spec = {
        "params": [{"name": "names", "value": names}],
        "width": "container",
        "height": {"step": 24},
        "encoding": {
            "y": {
                "field": "place",
                "type": "ordinal",
                "title": None,
                "axis": {
                    "labelExpr": "names[datum.value]",
                    "labelFontSize": 14,
                    "labelLimit": 200,
                    "ticks": False,
                    "domain": False,
                },
            },
            "x": {
                "field": "count",
                "type": "quantitative",
                "title": "times side by side in the text",
                "scale": {"domain": [0, most * 1.12], "nice": False},
                "axis": {"format": ",d", "tickMinStep": 1, "tickCount": 5},
            },
        },
        "layer": [
            {
                "mark": {"type": "bar", "cursor": "pointer", "cornerRadiusEnd": 2},
                "params": [{"name": "pick", "select": {"type": "point", "fields": ["place"], "toggle": False}}],
                "encoding": {
                    "color": {"condition": {"test": "datum.next", "value": CHOSEN}, "value": NEUTRAL},
                    "opacity": {"condition": {"test": "datum.next", "value": 1}, "value": 0.6},
                    "stroke": {"condition": {"test": "datum.outlined", "value": CHOSEN}, "value": None},
                    "strokeWidth": {"condition": {"test": "datum.outlined", "value": 2}, "value": 0},
                    "tooltip": [
                        {"field": "left", "type": "nominal"},
                        {"field": "right", "type": "nominal"},
                        {"field": "joined", "type": "nominal", "title": "would become"},
                        {"field": "count", "type": "quantitative", "title": "times", "format": ",d"},
                    ],
                },
            },
            {
                "mark": {"type": "text", "align": "left", "dx": 6, "fontSize": 13, "interactive": False},
                "encoding": {"text": {"field": "shown", "type": "nominal"}, "color": INK},
            },
        ],
        "resolve": {"scale": {"color": "independent"}},
    }
    return frame, spec


def merge_tree(words: Sequence[WordTrace]) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Words from their bytes, on the left, to their tokens, on the right; each join with its rank.

    words  the traces of one word or several, at least one; drawn below one another
    """
    nodes: list[dict[str, Any]] = []
    lines: list[dict[str, Any]] = []
    row = 0
    for word in words:
        row = _grow(word, row, nodes, lines)
    frame = pd.DataFrame(nodes + lines)
    depth = max(node["x"] for node in nodes)
    widest = max(len(node["text"]) for node in nodes if node["x"] == depth)
    # Room for the last labels is kept at the right; letters are smaller on a phone.
    letter = "(width < 420 ? 6.2 : 8.5)"
    room = f"min(max(width - {widest + 1} * {letter}, width / 2), {WIDEST_LEVEL * (depth + 0.1)})"
    level = f"({room} / {depth + 0.1})"
    place = {
        "x": {
            "field": "x",
            **NO_AXIS,
            "scale": {"domain": [-0.1, depth], "nice": False, "range": [0, {"expr": room}]},
        },
        "y": {"field": "y", **NO_AXIS, "scale": {"domain": [-0.6, row - 0.4], "reverse": True, "nice": False}},
    }
    size, small = {"expr": "width < 420 ? 11.5 : 15"}, {"expr": "width < 420 ? 9 : 11"}
    # A line starts where the label of its piece ends.
    after_label = f"min(datum.x + (12 + {letter} * datum.chars) / {level}, datum.x2 - 0.02)"
    spec = {
        "width": "container",
        "height": max(ROW * row, 2 * ROW),
        "layer": [
            {
                "transform": [
                    {"filter": "datum.kind === 'line'"},
                    {"calculate": f"datum.chars < 0 ? datum.x : {after_label}", "as": "start"},
                ],
                "mark": {"type": "rule", "color": NEUTRAL, "strokeWidth": 1.5},
                "encoding": {
                    "x": {**place["x"], "field": "start"},
                    "x2": {"field": "x2"},
                    "y": place["y"],
                    "y2": {"field": "y2"},
                },
            },
            _tree_text("node", "text", {"fontSize": size}, place),
            _tree_text("token", "text", {"fontSize": size, "fontWeight": "bold"}, place),
            _tree_text("node", "about", {"fontSize": small, "dy": 14, "opacity": 0.75}, place),
            _tree_text("token", "about", {"fontSize": small, "dy": 14, "opacity": 0.75}, place),
        ],
        "config": {"view": {"stroke": None}},
    }
    return frame, spec


def _grow(word: WordTrace, row: int, nodes: list[dict[str, Any]], lines: list[dict[str, Any]]) -> int:
    """Add one word's tree below the rows that are taken; returns the first row below it."""
    pieces = [_node(piece, 0, row + i) for i, piece in enumerate(word.states[0])]
    nodes += pieces
    for order, (state, rank, place) in enumerate(zip(word.states[1:], word.ranks, word.places, strict=True), start=1):
        children = pieces[place : place + 2]
        x = max(child["x"] for child in children) + 1
        parent = _node(state[place], x, sum(child["y"] for child in children) / 2)
        parent |= {"rank": rank, "order": order, "about": f"rank {rank:,}"}
        pieces = [*pieces[:place], parent, *pieces[place + 2 :]]
        nodes.append(parent)
        corner = x - 0.1
        lines += [
            {"kind": "line", "x": c["x"], "x2": corner, "y": c["y"], "y2": c["y"], "chars": len(c["text"])}
            for c in children
        ]
        lines.append(
            {
                "kind": "line",
                "x": corner,
                "x2": corner,
                "y": children[0]["y"],
                "y2": children[1]["y"],
                "chars": -1,
            }
        )
    for token in pieces:
        token["kind"] = "token"
    return row + len(word.states[0])


def _node(piece: bytes, x: float, y: float) -> dict[str, Any]:
    return {"kind": "node", "x": x, "y": y, "text": label(piece), "about": ""}


def _tree_text(kind: str, field: str, style: dict[str, Any], place: dict[str, Any]) -> dict[str, Any]:
    return {
        "transform": [{"filter": f"datum.kind === '{kind}'"}],
        "mark": {"type": "text", "align": "left", "baseline": "middle", **style},
        "encoding": {
            **place,
            "text": {"field": field, "type": "nominal"},
            "color": INK,
            "tooltip": [
                {"field": "text", "type": "nominal", "title": "piece"},
                {"field": "rank", "type": "quantitative", "title": "rank", "format": ",d"},
                {"field": "order", "type": "quantitative", "title": "merge number", "format": ",d"},
            ],
        },
    }


def language_bars(rows: Sequence[Mapping[str, Any]], tokenizers: Sequence[str]) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Tokens for the same sentence in several languages, one bar for each tokenizer; tokens per character in brackets.

    rows        language, tokenizer, tokens, characters
    tokenizers  their names, in the order of the bars
    """
    frame = pd.DataFrame(rows)
    frame["per_character"] = frame["tokens"] / frame["characters"]
    frame["shown"] = [
        f"{tokens} ({fmt(rate)})" for rate, tokens in zip(frame["per_character"], frame["tokens"], strict=True)
    ]
    spec = {
        "width": "container",
        "height": {"step": 17},
        "encoding": {
            "y": {
                "field": "language",
                "type": "nominal",
                "title": None,
                "sort": None,
                "axis": {"labelFontSize": 14, "ticks": False, "domain": False},
                "scale": {"paddingInner": 0.25},
            },
            "yOffset": {"field": "tokenizer", "type": "nominal", "sort": list(tokenizers)},
            "x": {
                "field": "tokens",
                "type": "quantitative",
                "title": "tokens for the sentence (in brackets: tokens per character)",
                "scale": {"domain": [0, float(frame["tokens"].max()) * 1.35], "nice": False},
                "axis": {"tickCount": 5},
            },
        },
        "layer": [
            {
                "mark": {"type": "bar", "cornerRadiusEnd": 2},
                "encoding": {
                    "color": {
                        "field": "tokenizer",
                        "type": "nominal",
                        "scale": {"domain": list(tokenizers), "range": [OTHER, NEUTRAL]},
                        "legend": {"orient": "top", "title": None},
                    },
                    "tooltip": [{"field": name, "type": "nominal"} for name in ("language", "tokenizer", "characters")]
                    + [
                        {"field": "tokens", "type": "quantitative"},
                        {"field": "per_character", "type": "quantitative", "title": "tokens per character"},
                    ],
                },
            },
            {
                "mark": {"type": "text", "align": "left", "dx": 5, "fontSize": 12},
                "encoding": {"text": {"field": "shown", "type": "nominal"}, "color": INK},
            },
        ],
        "resolve": {"scale": {"color": "independent"}},
    }
    return frame, spec
