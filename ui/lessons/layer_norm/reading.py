"""What the lesson on layer norm asks of the real model, and of numbers that the reader typed."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.errors import InputError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from engine.analysis.norms import NormSteps
    from ui.models import LoadedModel

    Floats = NDArray[np.float32]

MOST_TOKENS = 64
MOST_NUMBERS = 1_000
LARGEST_NUMBER = 1e6


@dataclass(frozen=True)
class Steps:
    """One vector through one layer norm: NormSteps as plain numbers and arrays (D,)."""

    x: Floats
    mean: float
    variance: float
    normalised: Floats
    scale: Floats
    shift: Floats
    out: Floats
    eps: float


def plain_steps(steps: NormSteps) -> Steps:
    """The steps of one vector (D,) without PyTorch."""
    x, normalised, scale, shift, out = (
        t.float().cpu().numpy() for t in (steps.x, steps.normalised, steps.scale, steps.shift, steps.out)
    )
    return Steps(x, steps.mean.item(), steps.variance.item(), normalised, scale, shift, out, steps.eps)


def tokens_of(loaded: LoadedModel, text: str) -> tuple[list[int], list[str]]:
    """The first 64 tokens of a text: IDs and texts."""
    from engine.tokenizers.pretrained import encode_text, token_text

    ids = encode_text(loaded.tokenizer, text)[:MOST_TOKENS]
    return ids, [token_text(loaded.tokenizer, i) for i in ids]


def of_model(loaded: LoadedModel, text: str, place: str, layer: int, token: int) -> Steps:
    """One of the model's norms on the vector of one token."""
    import torch

    from engine.analysis.norms import norm_in_model, norm_steps

    kept = norm_in_model(loaded.model, torch.tensor(tokens_of(loaded, text)[0], dtype=torch.long), place, layer)
    norm = loaded.model.final_norm if place == "final_norm" else getattr(loaded.model.blocks[layer], place)
    return plain_steps(norm_steps(norm, kept.x[token]))


def spreads(loaded: LoadedModel, text: str) -> tuple[Floats, Floats]:
    """Standard deviation before and after every norm of the model, (2 L + 1, T) each."""
    import torch

    from engine.analysis.norms import spread_at_norms

    before, after = spread_at_norms(loaded.model, torch.tensor(tokens_of(loaded, text)[0], dtype=torch.long))
    return before.float().cpu().numpy(), after.float().cpu().numpy()


def read_numbers(text: str) -> list[float]:
    """The numbers in what was typed, separated by spaces, commas or lines.

    Raises InputError for a word that is no number, too few or too many of them, or one too large.
    """
    words = text.replace(",", " ").replace("−", "-").split()
    if not 2 <= len(words) <= MOST_NUMBERS:
        raise InputError(f"there are {len(words):,} numbers; give 2 to {MOST_NUMBERS:,}, separated by spaces.")
    numbers = []
    for word in words:
        try:
            numbers.append(float(word))
        except ValueError:
            raise InputError(f"“{word[:40]}” is not a number; write numbers such as 0.226 or -3.") from None
    if not all(math.isfinite(n) and abs(n) <= LARGEST_NUMBER for n in numbers):
        raise InputError("a number is too large for this page; stay between minus a million and a million.")
    return numbers


def of_numbers(numbers: list[float]) -> Steps:
    """A fresh LayerNorm, with scale 1 and shift 0, on typed numbers."""
    import torch

    from engine.analysis.norms import norm_steps
    from engine.model import LayerNorm

    return plain_steps(norm_steps(LayerNorm(len(numbers)), torch.tensor(numbers)))
