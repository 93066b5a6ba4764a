"""Pictures of the stream's levels: how long the vectors are, what each level would predict."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ui.figures.heads import bare_axis, number_beside
from ui.figures.matrix import heat_map, numbers
from ui.labels import short
from ui.numbers import count, percent
from ui.palette import CHOSEN, NEUTRAL, OTHER

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

Picture = tuple[pd.DataFrame, dict[str, Any]]
REST = "rest of the vocabulary"
NARROW, NARROW_WIDTH = 5, 420  # columns of the lens on a phone, and what is one, in pixels


def lens_map(
    tokens: Sequence[str],
    probabilities: NDArray[np.float32],
    rows: Sequence[str],
    columns: Sequence[str],
    chosen: tuple[int, int] | None,
) -> Picture:
    """The logit lens: what each level would predict after each token, coloured by how sure it is.

    A narrow screen shows the few columns around the chosen one, so that their words can be read.

    tokens         N x T labels, row by row
    probabilities  (N, T) of these tokens

    A click gives the selection `pick`, as `heat_map`'s does.
    """
    frame, spec = heat_map(
        probabilities,
        rows,
        columns,
        value_name="its probability",
        row_title="level of the stream",
        column_title="after this token",
        top=1.0,
        chosen=chosen,
        row_height=24,
    )
    frame["shown"] = [short(token, 11) for token in tokens]
    text = numbers(18, 0)  # words that are cut say more than none
    shown = f"(width > {NARROW_WIDTH} ? {len(columns)} : {min(NARROW, len(columns))})"
    text["mark"] |= {"limit": {"expr": f"width / {shown} - 3"}, "ellipsis": ""}
    spec["layer"] = [spec["layer"][0], text]
    at = min(max(chosen[1] if chosen else 0, NARROW // 2), max(len(columns) - 1 - NARROW // 2, 0))
    spec["transform"] = [{"filter": f"width > {NARROW_WIDTH} || abs(datum.k - {at}) <= {NARROW // 2}"}]
    del spec["encoding"]["x"]["scale"]["domain"]  # of the columns that are left
    spec["layer"][0]["encoding"]["tooltip"].insert(0, {"field": "shown", "type": "nominal", "title": "would say"})
    return frame, spec


def length_map(
    lengths: NDArray[np.float32], rows: Sequence[str], columns: Sequence[str], top: float, chosen: tuple[int, int]
) -> Picture:
    """How long every vector of the stream is: a row for each level, a column for each token.

    lengths  (N, T)
    top      the length of the strongest colour

    A click gives the selection `pick`, as `heat_map`'s does.
    """
    frame, spec = heat_map(
        lengths,
        rows,
        columns,
        value_name="length of the vector",
        row_title="level of the stream",
        column_title="token",
        top=top,
        chosen=chosen,
        row_height=24,
    )
    for layer in spec["layer"][1:]:  # three digits need less room than most numbers
        layer["encoding"]["opacity"]["condition"]["test"] = f"width > {30 * len(columns)}"
    return frame, spec


def answer_by_level(
    levels: Sequence[str], probability: NDArray[np.float32], rank: NDArray[np.int64], chosen: int
) -> Picture:
    """The probability that each level gives to the model's final answer, and its rank beside it.

    probability, rank  (N,) at one token
    """
    frame = pd.DataFrame(
        {
            "level": list(levels),
            "at": range(len(levels)),
            "probability": probability.astype(float),
            "rank": rank,
            "shown": [f"{percent(float(p))}, rank {count(int(r))}" for p, r in zip(probability, rank, strict=True)],
            "chosen": [i == chosen for i in range(len(levels))],
        }
    )
    bars = {
        "mark": {"type": "bar", "cornerRadiusEnd": 3, "cursor": "pointer"},
        "params": [{"name": "pick", "select": {"type": "point", "fields": ["at"], "toggle": False}}],
        "encoding": {
            "x": {
                "field": "probability",
                "type": "quantitative",
                "title": "probability of the final answer",
                "scale": {"domain": [0, max(float(probability.max()) * 1.6, 1e-9)], "nice": False},
                "axis": {"format": "~%", "tickCount": 3, "grid": False},
            },
            "color": {"condition": {"test": "datum.chosen", "value": CHOSEN}, "value": OTHER},
            "tooltip": [
                {"field": "level", "type": "nominal"},
                {"field": "probability", "format": ".10~g"},
                {"field": "rank", "format": ","},
            ],
        },
    }
    y = {"field": "level", "type": "nominal", "sort": None, "title": None, "axis": bare_axis()}
    return frame, {
        "width": "container",
        "height": {"step": 24},
        "encoding": {"y": y},
        "layer": [bars, number_beside("probability", "shown")],
        "resolve": {"scale": {"color": "independent"}},
    }


def distribution(name: Callable[[int], str], probabilities: NDArray[np.float32], answer: int, top: int = 6) -> Picture:
    """The likeliest tokens of one level, the model's final answer in the chosen colour, and the rest as one bar.

    name           a token's text, by its ID
    probabilities  (V,) over the whole vocabulary
    answer         the ID of the model's final answer; it always has a bar
    """
    ids = np.argsort(-probabilities, kind="stable")[:top].tolist()
    ids = ids if answer in ids else [*ids, answer]
    values = [float(probabilities[i]) for i in ids]
    values.append(float(np.delete(probabilities, ids).sum(dtype=np.float64)))
    frame = pd.DataFrame(
        {
            "place": range(len(values)),
            "token": [short(name(i)) for i in ids] + [REST],
            "probability": values,
            "shown": [percent(p) for p in values],
            "of": ["answer" if i == answer else "other" for i in ids] + ["rest"],
        }
    )
    bars = {
        "mark": {"type": "bar", "cornerRadiusEnd": 3},
        "encoding": {
            "x": {
                "field": "probability",
                "type": "quantitative",
                "title": "probability of the next token",
                "scale": {"domain": [0, max(values) * 1.35], "nice": False},
                "axis": {
                    "format": "~%",
                    "tickCount": 4,
                    "grid": False,
                    "labelExpr": "datum.value > 1 ? '' : datum.label",  # beyond 100% there is room for a number only
                },
            },
            "color": {
                "field": "of",
                "type": "nominal",
                "scale": {"domain": ["other", "answer", "rest"], "range": [OTHER, CHOSEN, NEUTRAL]},
                "legend": None,
            },
            "tooltip": [{"field": "token", "type": "nominal"}, {"field": "probability", "format": ".10~g"}],
        },
    }
    return frame, {
        "params": [{"name": "labels", "value": frame["token"].tolist()}],
        "width": "container",
        "height": {"step": 24},
        "encoding": {
            "y": {
                "field": "place",
                "type": "ordinal",
                "title": None,
                "axis": {**bare_axis(), "labelExpr": "labels[datum.value]"},
            }
        },
        "layer": [bars, number_beside("probability", "shown")],
        "resolve": {"scale": {"color": "independent"}},
    }
