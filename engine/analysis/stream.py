"""The residual stream of a text: what flows through the blocks, and everything that was ever added to it.

Each block only adds: the stream after the last block is the sum of the token's and the position's vector and of
what every attention and every feed-forward wrote.

Source: Elhage et al. 2021, "A Mathematical Framework for Transformer Circuits".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from engine.trace import trace, trace_in_groups

if TYPE_CHECKING:
    from engine.model import GPTModel


@dataclass(frozen=True)
class Stream:
    """What was added to the stream, and the stream itself.

    parts   (2 + 2 L, T, D) in the order of adding: token, position, then attention and feed-forward of each block
    levels  (L + 1, T, D) the stream before the first block and after each block
    logits  (T, V) what the model answers in the end
    """

    parts: Tensor
    levels: Tensor
    logits: Tensor

    @property
    def largest_difference(self) -> float:
        """How far the sum of all parts is from the last stream, at the number where it is farthest: rounding."""
        return (self.parts.double().sum(0) - self.levels[-1].double()).abs().max().item()


def read_stream(model: GPTModel, ids: Tensor) -> Stream:
    """Run the model on one text and keep its stream.

    ids  (T,) token IDs

    Raises InputError as engine.trace does.
    """
    parts: list[Tensor] = []
    levels: list[Tensor] = []
    for kept in trace_in_groups(model, ids):
        if not levels:
            parts += [kept.tok_emb, kept.pos_emb]
            levels.append(kept.resid_pre[0])
        for layer in kept.layers:
            parts += [kept.attn_out[layer], kept.mlp_out[layer]]
            levels.append(kept.resid_post[layer])
        logits = kept.logits
    return Stream(torch.stack(parts), torch.stack(levels), logits)


@torch.no_grad()
def block_steps(model: GPTModel, ids: Tensor, layer: int) -> dict[str, Tensor]:
    """The steps of one block, in order, (T, D) each: TransformerBlock.forward with a name for every line.

    ids    (T,) token IDs
    layer  the block, from 0

    Raises InputError as engine.trace does.
    """
    kept, block = trace(model, ids, layers=[layer]), model.blocks[layer]
    return {
        "in": kept.resid_pre[layer],
        "norm1": block.norm1(kept.resid_pre[layer]),
        "attention": kept.attn_out[layer],
        "add1": kept.resid_mid[layer],
        "norm2": block.norm2(kept.resid_mid[layer]),
        "feed_forward": kept.mlp_out[layer],
        "add2": kept.resid_post[layer],
    }
