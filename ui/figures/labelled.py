"""Pictures of labelled texts: rows of each class, lengths, and how classes lie in the three parts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from engine.datasets.labelled import in_order
from ui.labels import short
from ui.palette import CHANGED, CHOSEN, INK, NEUTRAL, OTHER, TRAINING, VALIDATION

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

Picture = tuple[pd.DataFrame, dict[str, Any]]
MOST_BARS = 50
BINS = 32
PART_COLOURS = {"train": TRAINING, "validation": VALIDATION, "test": OTHER}
PART_NAMES = {"train": "training", "validation": "validation", "test": "test"}


def class_bars(before: Mapping[str, int], after: Mapping[str, int] | None = None, chosen: str = "") -> Picture:
    """Rows of each class, the largest first; at most fifty classes are drawn.

    before  class -> rows
    after   rows that are left of each; drawn over the pale bars of before
    chosen  the marked class; empty: none

    A click gives the selection `pick` with `name`.
    """
    names = sorted(before, key=lambda name: (-before[name], name))[:MOST_BARS]
    total = sum((after or before).values())
    frame = pd.DataFrame(
        {
            "name": names,
            "label": [short(name, 22) or "(empty)" for name in names],
            "place": range(len(names)),
            "before": [before[name] for name in names],
            "rows": [(after or before).get(name, 0) for name in names],
            "chosen": [bool(chosen) and name == chosen for name in names],
        }
    )
    frame["share"] = frame["rows"] / max(total, 1)
    frame["written"] = [f"{n:,} ({s:.1%})" for n, s in zip(frame["rows"], frame["share"], strict=True)]
    most = float(frame["before"].max())
    y = {
        "field": "place",
        "type": "ordinal",
        "title": None,
        "axis": {"labelExpr": label_of_place(frame["label"].to_list()), "ticks": False, "labelLimit": 160},
    }
    tooltip = [
        {"field": "name", "title": "class"},
        {"field": "rows", "title": "rows", "format": ","},
        {"field": "share", "title": "share", "format": ".2%"},
    ]
    x = {"type": "quantitative", "scale": {"domain": [0, most * 1.28]}, "axis": {"tickCount": 4, "format": ",d"}}
    pale = {
        "mark": {"type": "bar", "color": NEUTRAL, "opacity": 0.35},
        "encoding": {"x": {"field": "before", "title": "rows", **x}, "tooltip": [*tooltip, BEFORE]},
    }
    full = {
        "mark": {"type": "bar", "cursor": "pointer", "height": {"band": 0.55 if after else 0.8}},
        "params": [{"name": "pick", "select": {"type": "point", "fields": ["name"], "toggle": False}}],
        "encoding": {
            "x": {"field": "rows", "title": "rows", **x},
            "color": {"condition": {"test": "datum.chosen", "value": CHOSEN}, "value": CHANGED if after else NEUTRAL},
            "tooltip": tooltip,
        },
    }
    numbers = {
        "mark": {"type": "text", "align": "left", "dx": 5, "fontSize": 11, "interactive": False},
        "encoding": {
            "x": {"field": "before" if after else "rows", "title": "rows", **x},
            "text": {"field": "written"},
            "color": INK,
        },
    }
    return frame, {
        "width": "container",
        "height": {"step": bar_step(len(names))},
        "encoding": {"y": y},
        "layer": [*([pale] if after else []), full, numbers],
        "resolve": {"scale": {"color": "independent"}},
    }


BEFORE = {"field": "before", "title": "rows before", "format": ","}


def bar_step(bars: int) -> int:
    """Height of one bar with its gap, in pixels."""
    return 34 if bars <= 5 else 24 if bars <= 12 else 17


def label_of_place(labels: Sequence[str]) -> str:
    """A Vega expression: the name at an axis place; names may be equal once cut, places never are."""
    quoted = ", ".join("'" + "".join(f"\\u{ord(c):04x}" if ord(c) < 65536 else c for c in s) + "'" for s in labels)
    return f"[{quoted}][datum.value]"


def length_bars(lengths: NDArray[np.int64], limit: int) -> Picture:
    """How many texts have how many tokens, and a line at what the model reads at most.

    lengths  (N,) tokens of each text
    """
    top = int(lengths.max(initial=1))
    width = -(-(top + 1) // BINS)  # all bars as many lengths wide, or even texts would look uneven
    edges = np.arange(0, top + 1 + width, width)
    counts, _ = np.histogram(lengths, edges)
    frame = pd.DataFrame({"low": edges[:-1], "end": edges[1:], "rows": counts})
    frame["tokens"] = [
        f"{low:,} to {end - 1:,}" if end - 1 > low else f"{low:,}"
        for low, end in zip(frame["low"], frame["end"], strict=True)
    ]
    frame["cut"] = frame["low"] >= limit
    x = {
        "type": "quantitative",
        "scale": {"domain": [0, max(int(edges[-1]), 8)], "nice": False},
        "title": "tokens in a text",
    }
    bars = {
        "mark": {"type": "bar", "binSpacing": 1},
        "encoding": {
            "x": {"field": "low", "bin": {"binned": True}, **x},
            "x2": {"field": "end"},
            "y": {"field": "rows", "type": "quantitative", "title": "texts", "axis": {"tickCount": 3}},
            "color": {"condition": {"test": "datum.cut", "value": CHOSEN}, "value": NEUTRAL},
            "tooltip": [{"field": "tokens"}, {"field": "rows", "title": "texts", "format": ","}],
        },
    }
    layers: list[dict[str, Any]] = [bars]
    if limit <= top:
        layers.append(
            {
                "mark": {"type": "rule", "color": CHOSEN, "strokeWidth": 2, "strokeDash": [4, 3]},
                "encoding": {"x": {"datum": limit, **x}, "tooltip": {"value": f"the model reads {limit:,} tokens"}},
            }
        )
    return frame, {"width": "container", "height": 180, "layer": layers}


def part_bars(parts: Mapping[str, Mapping[str, int]], shares: Sequence[float]) -> Picture:
    """For each class the shares of its rows that are in training, validation and test.

    parts   part -> class -> rows
    shares  where training ends and where validation ends, as asked for, 0 to 1

    A click gives the selection `pick` with `part`.
    """
    names = in_order(set().union(*parts.values()))[:MOST_BARS]
    totals = {name: sum(rows.get(name, 0) for rows in parts.values()) for name in names}
    rows = []
    for place, name in enumerate(["all rows", *names]):
        start = 0.0
        for part, of_class in parts.items():
            number = sum(of_class.values()) if place == 0 else of_class.get(name, 0)
            whole = sum(sum(r.values()) for r in parts.values()) if place == 0 else totals[name]
            end = start + number / max(whole, 1)
            rows.append((place, name, part, PART_NAMES[part], number, start, end, (start + end) / 2))
            start = end
    columns = ["place", "name", "part", "called", "rows", "start", "end", "middle"]
    frame = pd.DataFrame(rows, columns=columns)
    frame["share"] = frame["end"] - frame["start"]
    frame["written"] = [
        f"{n:,}" if share > 0.045 else "" for n, share in zip(frame["rows"], frame["share"], strict=True)
    ]
    labels = ["all rows", *(short(name, 22) for name in names)]
    x = {"type": "quantitative", "title": "share of its rows", "axis": {"format": "%", "tickCount": 5}}
    x["scale"] = {"domain": [0, 1]}
    colour = {
        "field": "called",
        "type": "nominal",
        "sort": None,
        "scale": {"domain": list(PART_NAMES.values()), "range": list(PART_COLOURS.values())},
        "legend": {"orient": "top", "title": None},
    }
    tooltip = [
        {"field": "name", "title": "class"},
        {"field": "called", "title": "part"},
        {"field": "rows", "format": ","},
        {"field": "share", "title": "share of the class", "format": ".2%"},
    ]
    bars = {
        "mark": {"type": "bar", "cursor": "pointer", "opacity": 0.75, "height": {"band": 0.8}},
        "params": [{"name": "pick", "select": {"type": "point", "fields": ["part"], "toggle": False}}],
        "encoding": {"x": {"field": "start", **x}, "x2": {"field": "end"}, "color": colour, "tooltip": tooltip},
    }
    numbers = {
        "mark": {"type": "text", "fontSize": 11, "interactive": False},
        "encoding": {"x": {"field": "middle", **x}, "text": {"field": "written"}, "color": INK},
    }
    rules = [
        {
            "mark": {"type": "rule", "strokeDash": [4, 3], "strokeWidth": 1.5, "color": CHOSEN},
            "encoding": {"x": {"datum": share, **x}, "y": None, "tooltip": {"value": "as asked for"}},
        }
        for share in shares
    ]
    return frame, {
        "width": "container",
        "height": {"step": bar_step(len(labels))},
        "encoding": {
            "y": {
                "field": "place",
                "type": "ordinal",
                "title": None,
                "axis": {"labelExpr": label_of_place(labels), "ticks": False, "labelLimit": 160},
            }
        },
        "layer": [bars, numbers, *rules],
        "resolve": {"scale": {"color": "independent"}},
    }
