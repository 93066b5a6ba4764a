"""Pictures of the lesson on many heads: a tensor's shapes as blocks of cells, both classes, the mix, the times."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ui.figures.attention_by_hand import answer, numbered, size
from ui.figures.matrices import Mark, Matrix, Product
from ui.labels import short
from ui.numbers import fmt
from ui.palette import CHANGED, CHOSEN, INK, NEUTRAL, TOKEN_HUES

if TYPE_CHECKING:
    from collections.abc import Sequence

Picture = tuple[pd.DataFrame, dict[str, Any]]
GAP = 0.55  # between blocks, in cells
NARROWEST = 4.6  # a stage, in cells, so that its title has room
NUMBERS_UP_TO = 30  # rows; more are too low for numbers


@dataclass(frozen=True)
class Stage:
    """One shape of a tensor on screen.

    title   its name and shape
    values  (blocks, rows, columns) numbers
    ids     the same shape: which number of the first stage each cell holds
    heads   the same shape: the head that each cell belongs to
    blocks  names of the blocks, [""] when there is one
    rows    names of the rows of a block
    """

    title: str
    values: np.ndarray
    ids: np.ndarray
    heads: np.ndarray
    blocks: Sequence[str]
    rows: Sequence[str]


def split_stages(words: Sequence[str], flat: np.ndarray, heads: int) -> list[Stage]:
    """(1, T, D), then (1, T, H, K), then (1, H, T, K), each with the numbers of flat (T, D)."""
    tokens, width = flat.shape
    k = width // heads
    ids = np.arange(flat.size).reshape(flat.shape)
    owner = np.broadcast_to(np.arange(width) // k, flat.shape)
    names = [f"head {h}" for h in range(heads)]
    a, b, c = (part.reshape(tokens, heads, k) for part in (flat, ids, owner))
    turn = (1, 0, 2)
    return [
        Stage(f"(B, T, D) = (1, {tokens}, {width})", flat[None], ids[None], owner[None], [""], words),
        Stage(f"view: (B, T, H, K) = (1, {tokens}, {heads}, {k})", a, b, c, words, names),
        Stage(
            f"transpose: (B, H, T, K) = (1, {heads}, {tokens}, {k})",
            a.transpose(turn),
            b.transpose(turn),
            c.transpose(turn),
            names,
            words,
        ),
    ]


def stage_width(stage: Stage) -> float:
    """How wide a stage is, in cells, names included."""
    return max(room(stage) + stage.values.shape[2], NARROWEST)


def room(stage: Stage) -> float:
    """The place that names take to the left of the cells, in cells."""
    return 1.25 if len(stage.blocks) == 1 else 2.4


def stage_cells(stage: Stage, chosen: int) -> Picture:
    """One shape of the tensor; cells coloured by head, the chosen number outlined.

    A click gives the selection `pick` with `id`.
    """
    blocks, rows, columns = stage.values.shape
    left, one = room(stage), blocks == 1
    tops = [b * (rows + (0 if one else GAP)) for b in range(blocks)]
    cells = [
        {
            "x": left + c,
            "x2": left + c + 0.94,
            "y": top + r,
            "y2": top + r + 0.94,
            "id": int(stage.ids[b, r, c]),
            "head": f"head {stage.heads[b, r, c]}",
            "value": float(stage.values[b, r, c]),
            "shown": fmt(float(stage.values[b, r, c])),
            "at": f"{stage.title.split(' =')[0]}, index {[0, r, c] if one else [0, b, r, c]}",
            "chosen": int(stage.ids[b, r, c]) == chosen,
        }
        for b, top in enumerate(tops)
        for r in range(rows)
        for c in range(columns)
    ]
    names = [
        {"x": left - 0.08, "y": top + r + 0.5, "text": short(stage.rows[r], 8), "kind": "row" if one else "inner"}
        for top in tops
        for r in range(rows)
    ]
    if not one:
        names += [
            {"x": left - 1.2, "y": top + rows / 2, "text": short(stage.blocks[b], 8), "kind": "block"}
            for b, top in enumerate(tops)
        ]
    return pd.DataFrame(cells), spec_of_stage(stage, cells, names, tops[-1] + rows)


def spec_of_stage(
    stage: Stage, cells: list[dict[str, Any]], names: list[dict[str, Any]], height: float
) -> dict[str, Any]:
    """Rectangles and words at the given places; one unit is one cell."""
    step, width = 26 if height <= NUMBERS_UP_TO else 13, stage_width(stage)
    heads = sorted({cell["head"] for cell in cells})
    x = {"field": "x", "type": "quantitative", "axis": None, "scale": {"domain": [0, width], "nice": False}}
    y = {
        "field": "y",
        "type": "quantitative",
        "axis": None,
        "scale": {"domain": [height, 0], "nice": False},
    }
    boxes = {
        "mark": {"type": "rect", "cornerRadius": 2, "cursor": "pointer"},
        "params": [{"name": "pick", "select": {"type": "point", "fields": ["id"], "toggle": False}}],
        "encoding": {
            "x": x,
            "x2": {"field": "x2"},
            "y": y,
            "y2": {"field": "y2"},
            "color": {
                "field": "head",
                "type": "nominal",
                "scale": {"domain": heads, "range": list(TOKEN_HUES[: len(heads)])},
                "legend": None,
            },
            "opacity": {"condition": {"test": "datum.chosen", "value": 0.75}, "value": 0.32},
            "stroke": {"condition": {"test": "datum.chosen", "value": CHOSEN}, "value": None},
            "strokeWidth": {"value": 3},
            "tooltip": [
                {"field": "at", "title": "where"},
                {"field": "head", "title": "belongs to"},
                {"field": "value", "type": "quantitative", "title": "number", "format": ".8~g"},
            ],
        },
    }
    numbers = {
        # Twelve numbers beside one another are narrow: smaller, they still do not touch.
        "mark": {"type": "text", "fontSize": {"expr": f"width / {width} > 44 ? 11 : 8.5"}, "interactive": False},
        "encoding": {
            "x": {**x, "field": "mid"},
            "y": {**y, "field": "middle"},
            "text": {"field": "shown"},
            "color": INK,
            # Cells too narrow for numbers, on a phone, keep them in the tooltip.
            "opacity": {"condition": {"test": f"width / {width} > 34", "value": 1}, "value": 0},
        },
        "transform": [
            {"calculate": "datum.x + 0.47", "as": "mid"},
            {"calculate": "datum.y + 0.47", "as": "middle"},
        ],
    }
    words = [
        label_layer(names, "row", x, y, {"fontSize": 12}),
        label_layer(names, "inner", x, y, {"fontSize": 10 if step > 20 else 8}),
        label_layer(names, "block", x, y, {"fontSize": 12, "fontWeight": 600}),
    ]
    return {
        "width": "container",
        "height": step * height,
        "layer": [boxes, *([numbers] if step > 20 else []), *words],
        "resolve": {"scale": {"color": "independent"}},
        "config": {"view": {"stroke": None}},
    }


def label_layer(
    texts: list[dict[str, Any]], kind: str, x: dict[str, Any], y: dict[str, Any], mark: dict[str, Any]
) -> dict[str, Any]:
    """Words of one kind at their places."""
    return {
        "data": {"values": [text for text in texts if text["kind"] == kind]},
        "mark": {"type": "text", "align": "right", "baseline": "middle", "interactive": False, **mark},
        "encoding": {"x": x, "y": y, "text": {"field": "text"}, "color": INK},
    }


def two_outputs(words: Sequence[str], outputs: dict[str, np.ndarray], head_width: int) -> Product:
    """Outputs of the wrapper and of the one class, each (T, H K), and their difference."""
    first, second, rest = outputs["wrapper"], outputs["one"], outputs["difference"]
    names = [f"h{n // head_width}" for n in range(first.shape[1])]
    most = float(np.abs(rest).max())
    verdict = "All differences are 0." if most == 0 else f"The largest difference is {fmt(most)}."
    mark = [Mark("cell", "i", "weight")]
    return Product(
        [
            Matrix(f"wrapper {size(first)}", first, words, names, marks=mark),
            Matrix(f"one class {size(second)}", second, words, names, before="−", marks=mark),
        ],
        # Rounding must not look like a difference: full colour from 0.1 on.
        Matrix(f"difference {size(rest)}", rest, words, names, before="=", top=max(most, 0.1)),
        [
            [
                [
                    (f"{short(word)}, from head {j // head_width}: ", ""),
                    (fmt(float(first[i, j])), "weight"),
                    (" − ", ""),
                    (fmt(float(second[i, j])), "weight"),
                    *answer(rest[i, j]),
                    (f"  {verdict}", ""),
                ]
                for j in range(first.shape[1])
            ]
            for i, word in enumerate(words)
        ],
    )


def mix(word: str, parts: np.ndarray, bias: np.ndarray, out: np.ndarray) -> Product:
    """What each head gives to each number of the output for one word: parts (H, D), bias (D,), out (D,)."""
    given = np.concatenate([parts, bias[None]]).T  # (D, H + 1)
    names = [*(f"head {h}" for h in range(len(parts))), "bias"]
    rows = numbered("z", len(out))
    return Product(
        [Matrix(f"from each head, for {short(word)}", given, rows, names, marks=[Mark("row", "i", "weight")])],
        Matrix("output", out[:, None], rows, ["sum"], before="→"),
        [
            [
                [
                    (f"{rows[i]} = ", ""),
                    (" + ".join(fmt(v) if v >= 0 else f"({fmt(v)})" for v in given[i].tolist()), "weight"),
                    *answer(out[i]),
                ]
            ]
            for i in range(len(out))
        ],
    )


def time_lines(heads: Sequence[int], wrapper: Sequence[float], one: Sequence[float], chosen: int) -> Picture:
    """Milliseconds of one forward pass against the number of heads, for both classes."""
    names = ["wrapper", "one class"]
    frame = pd.DataFrame(
        {
            "heads": [*heads, *heads],
            "ms": [*wrapper, *one],
            "class": [names[0]] * len(heads) + [names[1]] * len(heads),
        }
    )
    legend = {"title": None, "orient": "top", "symbolType": "stroke"}
    line = {
        "mark": {"type": "line", "point": {"size": 40}, "strokeWidth": 2.5},
        "encoding": {
            "x": {
                "field": "heads",
                "type": "quantitative",
                "title": "heads",
                "scale": {"type": "log", "base": 2},
                "axis": {"values": list(heads), "format": "d", "grid": False},
            },
            "y": {
                "field": "ms",
                "type": "quantitative",
                "title": "milliseconds, median",
                "scale": {"domainMin": 0},
            },
            "color": {
                "field": "class",
                "type": "nominal",
                "scale": {"domain": names, "range": [NEUTRAL, CHANGED]},
                "legend": legend,
            },
            "strokeDash": {
                "field": "class",
                "type": "nominal",
                "scale": {"domain": names, "range": [[6, 4], [1, 0]]},
                "legend": legend,
            },
            "tooltip": [{"field": "heads"}, {"field": "class"}, {"field": "ms", "format": ".3f"}],
        },
    }
    rule = {
        "mark": {"type": "rule", "color": CHOSEN, "strokeWidth": 3},
        "encoding": {"x": {"datum": chosen, "type": "quantitative"}},
    }
    return frame, {"width": "container", "height": 230, "layer": [rule, line]}
