"""Pictures of a GPT's architecture: the map's boxes and arrows, shares of the parameters, bars of memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from ui.numbers import count, percent
from ui.palette import CHANGED, INK, NEUTRAL, OTHER, TOKEN_HUES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from engine.anatomy import Part

TONES = {"att.W_query": "query", "att.W_key": "key", "att.W_value": "value"}
ATTENTION = ("norm1", ("att.W_query", "att.W_key", "att.W_value"), "att.scores", "att.weights", "att.context")
FEED_FORWARD = ("norm2", "ff.layers.0", "ff.layers.1", "ff.layers.2", "add2")
# Kinds of parts, and what their names begin with.
KINDS = {
    "token embedding": ("tok_emb",),
    "position embedding": ("pos_emb",),
    "attention": ("att.",),
    "feed-forward": ("ff.",),
    "norms": ("norm", "final_norm"),
    "output head": ("out_head",),
}
# What a bar of memory consists of, in order: label and colour, none of them one that has a meaning elsewhere.
MEMORY = {
    "weights": ("weights", OTHER),
    "masks": ("causal masks", NEUTRAL),
    "gradients": ("gradients", "#A79FE6"),
    "optimizer": ("AdamW", CHANGED),
    "activations": ("activations", TOKEN_HUES[6]),
    "kv_cache": ("KV cache", "#8F8200"),
}


def map_columns(
    parts: Sequence[Part], layers: int, shape: Callable[[str], str], labels: Mapping[str, str]
) -> list[dict[str, Any]]:
    """The map for the component: the model, and the two halves of a block.

    parts   from engine.anatomy
    layers  number of blocks
    shape   letters of a shape -> the numbers, as text
    labels  name of a part -> what its box is called; "blocks" is the box of all blocks
    """
    by_name = {part.name: part for part in parts}
    total = sum(part.total for part in parts)
    inside = sum(part.total for part in parts if part.in_block)

    def box(name: str) -> dict[str, Any]:
        part = by_name[name]
        shown = count(part.parameters) if part.weights else ("tied: 0" if name == "out_head" else "0")
        return _box(name, labels[name], shown, part.total / total, TONES.get(name, "" if part.weights else "step"))

    def arrow(letters: str) -> dict[str, str]:
        return {"shape": shape(letters), "letters": f"({', '.join(letters.split())})"}

    def flow(names: Sequence[str | tuple[str, ...]]) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = []
        for entry in names:
            row = (entry,) if isinstance(entry, str) else entry
            items += [arrow(by_name[row[0]].takes[0]), {"boxes": [box(name) for name in row]}]
        return items

    blocks = _box("blocks", f"{count(layers)} × {labels['blocks']}", count(inside), inside / total, "")
    model = [
        {"end": "token IDs"},
        *flow([("tok_emb", "pos_emb"), "add_emb"]),
        arrow("B T D"),
        {"boxes": [blocks]},
        *flow(["final_norm", "out_head"]),
        arrow("B T V"),
        {"end": "logits: a score for each token"},
    ]
    return [
        {"title": f"The model: {count(total)} parameters", "items": model},
        {
            "title": "Inside each block: attention …",
            "items": flow([*ATTENTION, "att.out_proj", "add1"]),
            "shortcut": "shortcut",
            "inside": True,
        },
        {
            "title": "… then feed-forward",
            "items": flow(FEED_FORWARD),
            "after": [arrow("B T D"), {"end": "the next block, or the final norm"}],
            "shortcut": "shortcut",
            "inside": True,
        },
    ]


def _box(name: str, label: str, shown: str, share: float, tone: str) -> dict[str, Any]:
    about = f"{label}: {shown} parameters, {percent(share)} of the model in all its copies"
    return {"name": name, "label": label, "count": shown, "share": round(share, 5), "tone": tone, "about": about}


def share_bars(parts: Sequence[Part]) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Where the parameters of the model are: a bar for each kind of part, all copies together."""
    total = sum(part.total for part in parts)
    sizes = {kind: sum(p.total for p in parts if p.name.startswith(starts)) for kind, starts in KINDS.items()}
    frame = pd.DataFrame(
        [
            {
                "part": kind,
                "parameters": size,
                "share": percent(size / total),
                "shown": f"{count(size)}  ({percent(size / total)})",
            }
            for kind, size in sizes.items()
        ]
    )
    x = {
        "field": "parameters",
        "type": "quantitative",
        "title": "trainable parameters",
        "axis": {"format": "~s", "tickCount": 6},
        "scale": {"domainMax": 1.3 * max(sizes.values()), "nice": False},
    }
    return frame, {
        "width": "container",
        "height": {"step": 26},
        "encoding": {
            "y": {
                "field": "part",
                "type": "nominal",
                "sort": None,
                "title": None,
                "axis": {"ticks": False, "labelLimit": 160},
            },
            "x": x,
        },
        "layer": [
            {"mark": {"type": "bar", "color": OTHER}},
            {
                "mark": {"type": "text", "align": "left", "dx": 5},
                # On a phone there is no room for both.
                "encoding": {
                    "text": {"condition": {"test": "width < 300", "field": "share"}, "field": "shown"},
                    "color": INK,
                },
            },
        ],
        "resolve": {"scale": {"color": "independent"}},
    }


def memory_bars(
    rows: Mapping[str, Mapping[str, int]], size: Callable[[float], str]
) -> tuple[pd.DataFrame, dict[str, Any]]:
    """A bar of memory for each use and precision, stacked by what it holds.

    rows  label of the bar -> bytes of each entry of MEMORY
    size  bytes -> text
    """
    known = [kind for kind in MEMORY if any(kind in row for row in rows.values())]
    frame = pd.DataFrame(
        [
            {
                "name": name,
                "what": MEMORY[kind][0],
                "order": list(MEMORY).index(kind),
                "gigabytes": value / 1e9,
                "shown": size(value),
                "total": size(sum(row.values())),
                "sum": sum(row.values()) / 1e9,
            }
            for name, row in rows.items()
            for kind, value in row.items()
        ]
    )
    y = {"field": "name", "type": "nominal", "sort": None, "title": None, "axis": {"ticks": False, "labelLimit": 200}}
    longest = float(frame["sum"].max())
    bars = {
        "mark": {"type": "bar"},
        "encoding": {
            "x": {
                "field": "gigabytes",
                "type": "quantitative",
                "title": "gigabytes (1 GB = 1,000,000,000 bytes)",
                "axis": {"tickCount": 6},
                "scale": {"domainMax": 1.13 * longest},
            },
            "order": {"field": "order", "type": "quantitative"},
            "color": {
                "field": "what",
                "type": "nominal",
                "scale": {"domain": [MEMORY[kind][0] for kind in known], "range": [MEMORY[kind][1] for kind in known]},
                "legend": {"title": None, "orient": "top", "columns": 3},
            },
            "tooltip": [{"field": "name"}, {"field": "what"}, {"field": "shown", "title": "memory"}],
        },
    }
    totals = {
        "transform": [{"aggregate": [{"op": "max", "field": "sum", "as": "sum"}], "groupby": ["name", "total"]}],
        "mark": {"type": "text", "align": "left", "dx": 5, "interactive": False},
        "encoding": {
            "x": {"field": "sum", "type": "quantitative"},
            "text": {"field": "total"},
            "color": INK,
        },
    }
    return frame, {
        "width": "container",
        "height": {"step": 30},
        "encoding": {"y": y},
        "layer": [bars, totals],
        "resolve": {"scale": {"color": "independent"}},
    }


def reach_bars(
    labels: Sequence[str], outline: NDArray[np.float32], whole: NDArray[np.float32]
) -> tuple[pd.DataFrame, dict[str, Any]]:
    """How much the logits change at each place, in the outline and in the whole model.

    labels          (T,) each token with its place, all different
    outline, whole  (T,) largest change of a logit
    """
    models = {"DummyGPTModel": outline, "GPTModel": whole}
    frame = pd.DataFrame(
        [
            {"token": label, "model": name, "change": float(value)}
            for name, values in models.items()
            for label, value in zip(labels, values, strict=True)
        ]
    )
    return frame, {
        "width": "container",
        "height": 240,
        "mark": {"type": "bar"},
        "encoding": {
            "x": {
                "field": "token",
                "type": "nominal",
                "sort": None,
                "title": None,
                "axis": {"labelLimit": 80, "labelAngle": -40},
            },
            "xOffset": {"field": "model", "type": "nominal", "sort": list(models)},
            "y": {"field": "change", "type": "quantitative", "title": "largest change of a logit"},
            "color": {
                "field": "model",
                "type": "nominal",
                "scale": {"domain": list(models), "range": [NEUTRAL, CHANGED]},
                "legend": {"title": None, "orient": "top"},
            },
            "tooltip": [{"field": "token"}, {"field": "model"}, {"field": "change", "format": ".6g"}],
        },
    }
