"""Pictures of one draw: probabilities stage by stage, the bar that the random number falls on, the arithmetic."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ui.labels import short
from ui.numbers import count, fmt, percent
from ui.palette import CHANGED, NEUTRAL, token_hue

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ROWS = 11
FILTERS = ("top-k", "top-p", "min-p")
# A piece of the bar that is narrower than this could not be seen.
NARROWEST = 0.004


def ranking(probs: np.ndarray) -> np.ndarray:
    """(V,) token IDs, most probable first; among equals the lower ID, as `engine.sampling.draw` lays them out."""
    return np.argsort(-probs.astype(np.float64), kind="stable")


def shown_ids(probs: np.ndarray, also: Sequence[int], rows: int = ROWS) -> list[int]:
    """The tokens that get a row: the most probable ones, with those in `also` taking the last places if need be."""
    best = ranking(probs)[:rows].tolist()
    extra = [token for token in dict.fromkeys(also) if token not in best]
    return [*best[: len(best) - len(extra)], *extra]


def stage_table(
    titles: Sequence[str],
    stages: np.ndarray,
    ids: Sequence[int],
    labels: Sequence[str],
    drawn: int,
    chosen: int,
) -> dict[str, Any]:
    """What the stages component draws: a row per token, a column per stage, and the rest of the vocabulary.

    titles  a stage each, the first for the model itself
    stages  (stages, V) probabilities
    ids     tokens with a row of their own; labels are their texts
    drawn   the drawn token's ID; chosen the one whose arithmetic is shown
    """
    ranks = np.empty(stages.shape[1], dtype=int)
    ranks[ranking(stages[0])] = np.arange(1, stages.shape[1] + 1)
    own = stages[:, list(ids)].astype(np.float64)
    rest = np.clip(1 - own.sum(axis=1), 0, 1)
    top = float(own.max())
    others = (stages > 0).sum(axis=1) - (own > 0).sum(axis=1)
    # What a sum of 8,192 rounded numbers leaves over is no probability of any token.
    rest[others == 0] = 0.0
    filtered = np.maximum.accumulate([cuts(title) for title in titles]).tolist()
    return {
        "columns": [
            {"title": title, "kept": f"keeps {count(int((row > 0).sum()))}" if cuts(title) else ""}
            for title, row in zip(titles, stages, strict=True)
        ],
        "rows": [
            {
                "id": token,
                "label": short(label),
                "hue": token_hue(place),
                "rank": count(int(ranks[token])),
                "cells": [cell(float(p), top, cut) for p, cut in zip(own[:, place], filtered, strict=True)],
                "drawn": token == drawn,
                "chosen": token == chosen,
            }
            for place, (token, label) in enumerate(zip(ids, labels, strict=True))
        ],
        "rest": {
            "label": f"rest: {count(stages.shape[1] - len(ids))} tokens",
            "cells": [cell(float(p), top, cut) for p, cut in zip(rest, filtered, strict=True)],
        },
    }


def cuts(title: str) -> bool:
    """Whether a stage with this title removes tokens: the filters, and temperature 0."""
    return title.startswith(FILTERS) or title == "temperature 0"


def cell(probability: float, top: float, filtered: bool) -> dict[str, Any]:
    """One probability as a bar; `top` fills the column, more goes beyond it. After a filter, nothing left is "out"."""
    return {
        "shown": "out" if filtered and probability == 0 else percent(probability),
        "length": round(min(probability / top, 1.0), 4),
        "beyond": probability > top,
        "full": f"{probability:.10g}",
    }


@dataclass(frozen=True)
class Piece:
    """A piece of the bar from 0 to 1: one token, or (id None) `tokens` of the rest of the vocabulary."""

    id: int | None
    start: float
    end: float
    tokens: int = 1


def bar_pieces(probs: np.ndarray, named: Sequence[int], drawn: int) -> list[Piece]:
    """All tokens as one bar, most probable first, as the draw sees it; narrow and unnamed ones are taken together.

    probs  (V,) probabilities
    named  tokens with a piece of their own if it can be seen; the drawn token always has one
    """
    order = ranking(probs)
    ends = probs[order].astype(np.float64).cumsum()
    ends /= ends[-1]
    starts = np.concatenate([[0.0], ends[:-1]])
    alone = (np.isin(order, named) & (ends - starts >= NARROWEST)) | (order == drawn)
    pieces: list[Piece] = []
    done = 0
    for place in [*np.flatnonzero(alone).tolist(), int((probs > 0).sum())]:
        if place > done:
            pieces.append(Piece(None, float(starts[done]), float(ends[place - 1]), place - done))
        if place < len(order) and alone[place]:
            pieces.append(Piece(int(order[place]), float(starts[place]), float(ends[place])))
        done = place + 1
    return pieces


def bar_data(
    title: str, pieces: Sequence[Piece], drawn: int, labels: Mapping[int, str], hues: Mapping[int, str]
) -> dict[str, Any]:
    """What the draw component needs for one bar; every token keeps its colour."""
    return {
        "title": title,
        "drawn": short(labels[drawn]),
        "pieces": [
            {
                "label": f"{count(piece.tokens)} others" if piece.id is None else short(labels[piece.id]),
                "start": piece.start,
                "end": piece.end,
                "range": f"{fmt(piece.start, 4)} to {fmt(piece.end, 4)}",
                "hue": NEUTRAL if piece.id is None else hues.get(piece.id, CHANGED),
                "drawn": piece.id == drawn,
            }
            for piece in pieces
        ],
    }


@dataclass(frozen=True)
class Arithmetic:
    """How one token's score becomes its probability, all numbers in double precision.

    score        the model's logit, after the repetition penalty if that is on
    best         the highest score of all
    divided      (score - best) / temperature
    exponential  e to that: the token's weight, 1 for the best
    total        the weights of the whole vocabulary, added
    probability  exponential / total
    """

    score: float
    best: float
    divided: float
    exponential: float
    total: float
    probability: float


def arithmetic(scores: np.ndarray, token: int, temperature: float) -> Arithmetic:
    """The softmax of scores (V,) at a temperature above 0, spelled out for one token."""
    exact = scores.astype(np.float64)
    best = float(exact.max())
    divided = (exact - best) / temperature
    weights = np.exp(divided)
    total = float(weights.sum())
    own = float(weights[token])
    return Arithmetic(float(exact[token]), best, float(divided[token]), own, total, own / total)
