"""What the lesson on the feed-forward asks of the real model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ui.models import LoadedModel

    Floats = NDArray[np.float32]

MOST_TOKENS = 64
TOP = 8


@dataclass(frozen=True)
class Reading:
    """A text on its way through one block's feed-forward; the fields of engine's HiddenUnits as arrays."""

    ids: list[int]
    tokens: list[str]
    x: Floats  # (T, D)
    sums: Floats  # (T, 4 D)
    hidden: Floats  # (T, 4 D)
    out: Floats  # (T, D)
    additions: Floats  # (T, 4 D)


@dataclass(frozen=True)
class Unit:
    """One hidden unit: its weights (D,), its bias, the length of its column, and the tokens it pushes most."""

    weights: Floats
    bias: float
    length: float
    pushed: list[tuple[str, float]]
    held_back: list[tuple[str, float]]


def read(loaded: LoadedModel, text: str, layer: int) -> Reading:
    """The first 64 tokens of a text through the feed-forward of one block."""
    import torch

    from engine.analysis.feed_forward import hidden_units
    from engine.tokenizers.pretrained import encode_text, token_text

    ids = encode_text(loaded.tokenizer, text)[:MOST_TOKENS]
    found = hidden_units(loaded.model, torch.tensor(ids, dtype=torch.long), layer)
    arrays = [t.float().cpu().numpy() for t in (found.x, found.sums, found.hidden, found.out, found.additions())]
    return Reading(ids, [token_text(loaded.tokenizer, i) for i in ids], *arrays)


def shares(loaded: LoadedModel, text: str) -> Floats:
    """Share of active units for each block and token, (L, T)."""
    import torch

    from engine.analysis.feed_forward import active_share
    from engine.tokenizers.pretrained import encode_text

    ids = torch.tensor(encode_text(loaded.tokenizer, text)[:MOST_TOKENS], dtype=torch.long)
    return active_share(loaded.model, ids).float().cpu().numpy()


def read_unit(loaded: LoadedModel, text: str, layer: int, unit: int) -> Unit:
    """One unit of one block; the text does not matter to it."""
    from engine.analysis.feed_forward import unit_pushes, unit_weights
    from engine.tokenizers.pretrained import token_text

    weights, bias, column = unit_weights(loaded.model, layer, unit)
    pushes = unit_pushes(loaded.model, layer, unit).float()
    ends = []
    for sign in (1, -1):
        best = (sign * pushes).topk(TOP).indices.tolist()
        ends.append([(token_text(loaded.tokenizer, i), float(pushes[i])) for i in best])
    return Unit(weights.float().cpu().numpy(), bias, float(column.norm()), *ends)
