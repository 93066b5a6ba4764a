"""Who may look at whom: the attention masks of encoders, decoders, and the two together.

Source: Vaswani et al. 2017, "Attention Is All You Need", section 3.2.3, "Applications of Attention in our Model".
"""

from __future__ import annotations

import torch
from torch import Tensor

from engine.errors import InputError

KINDS = ("encoder", "decoder", "encoder-decoder")


def attention_mask(kind: str, source: int, target: int = 0) -> Tensor:
    """Which tokens each token may look at, (T, T) booleans: row i may look at column j.

    kind    encoder: everyone at everyone. decoder: at itself and what came before. encoder-decoder: the source's
            tokens at one another, the target's at the whole source (cross-attention) and at the target so far
    source  tokens of the text that is read, at least 1
    target  tokens of the text that is written; only with encoder-decoder, where its rows and columns come last

    Raises InputError for another kind or no tokens.
    """
    if kind not in KINDS:
        raise InputError(f"there is no kind {kind!r}; choose one of {', '.join(KINDS)}.")
    if source < 1 or (target < 1 and kind == "encoder-decoder"):
        raise InputError("a mask needs at least one token on each side.")
    if kind == "encoder":
        return torch.ones(source, source, dtype=torch.bool)
    if kind == "decoder":
        return torch.ones(source, source, dtype=torch.bool).tril()
    seen = torch.zeros(source + target, source + target, dtype=torch.bool)
    seen[:, :source] = True
    seen[source:, source:] = attention_mask("decoder", target)
    return seen
