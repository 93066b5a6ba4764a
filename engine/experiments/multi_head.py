"""Many heads, taken apart: the two classes made equal, what splitting does to a tensor, and what each costs.

Source: the notes' section 3.6.
"""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from engine.attention import MultiHeadAttention, MultiHeadAttentionWrapper
from engine.attention_steps import seeded
from engine.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

MOST_WIDTH, MOST_HEADS = 1_024, 64


@dataclass(frozen=True)
class SplitSteps:
    """MultiHeadAttention with every shape on the way kept, for one text.

    queries     (1, T, D) projected once, for all heads
    viewed      (1, T, H, K) the same numbers, each row cut into H pieces
    split       (1, H, T, K) transposed: a matrix per head
    weights     (1, H, T, T) where each head looks, causal
    context     (1, H, T, K) what each head found
    turned      (1, T, H, K) transposed back
    joined      (1, T, D) heads side by side again
    parts       (H, T, D) what out_proj makes of each head alone, without its bias
    out         (1, T, D) the output: parts summed over heads, plus the bias of out_proj
    """

    queries: Tensor
    viewed: Tensor
    split: Tensor
    weights: Tensor
    context: Tensor
    turned: Tensor
    joined: Tensor
    parts: Tensor
    out: Tensor


def seeded_multi_head(d_in: int, d_out: int, context_length: int, num_heads: int, seed: int) -> MultiHeadAttention:
    """The MultiHeadAttention that `torch.manual_seed(seed)` would give, leaving the global generator alone.

    Raises InputError when d_out is not divisible by num_heads, or either is out of bounds.
    """
    if not (1 <= d_out <= MOST_WIDTH and 1 <= num_heads <= MOST_HEADS):
        raise InputError(f"give a d_out from 1 to {MOST_WIDTH:,} and from 1 to {MOST_HEADS} heads.")
    return seeded(lambda: MultiHeadAttention(d_in, d_out, context_length, 0.0, num_heads), seed).eval()


def seeded_wrapper(d_in: int, d_out: int, context_length: int, num_heads: int, seed: int) -> MultiHeadAttentionWrapper:
    """The MultiHeadAttentionWrapper that `torch.manual_seed(seed)` would give; d_out is the width of one head."""
    return seeded(lambda: MultiHeadAttentionWrapper(d_in, d_out, context_length, 0.0, num_heads), seed).eval()


@torch.no_grad()
def copy_wrapper_into_one(wrapper: MultiHeadAttentionWrapper, one: MultiHeadAttention, plain_out: bool = True) -> None:
    """Give the one class the weights of all heads of the wrapper, stacked in order.

    plain_out  also make out_proj pass everything on unchanged, because the wrapper has none
    Raises InputError when the two have different sizes.
    """
    heads = list(wrapper.heads)
    for name in ("W_query", "W_key", "W_value"):
        stacked = torch.cat([getattr(head, name).weight for head in heads])  # (H K, D_in)
        mine = getattr(one, name).weight
        if stacked.shape != mine.shape:
            raise InputError(
                f"the heads' {name} stacked are {stacked.shape[0]} x {stacked.shape[1]} and the one class has "
                f"{mine.shape[0]} x {mine.shape[1]}; make both of one size."
            )
        mine.copy_(stacked)
    if plain_out:
        nn.init.eye_(one.out_proj.weight)
        nn.init.zeros_(one.out_proj.bias)


@torch.no_grad()
def split_steps(attention: MultiHeadAttention, inputs: Tensor) -> SplitSteps:
    """Every step of the attention's forward pass on inputs (T, D_in), dropout left out."""
    a, x = attention, inputs[None]
    shape = (1, len(inputs), a.num_heads, a.head_dim)
    queries = a.W_query(x)
    viewed = queries.view(shape)
    split = viewed.transpose(1, 2)
    scores = split @ a.split_heads(a.W_key(x)).transpose(2, 3) / a.head_dim**0.5
    hidden = a.mask.bool()[: len(inputs), : len(inputs)]
    weights = torch.softmax(scores.masked_fill(hidden, -torch.inf), dim=-1)
    context = weights @ a.split_heads(a.W_value(x))
    turned = context.transpose(1, 2)
    joined = turned.contiguous().view(queries.shape)
    columns = a.out_proj.weight.view(a.d_out, a.num_heads, a.head_dim)  # (D, H, K)
    parts = torch.einsum("htk,dhk->htd", context[0], columns)
    return SplitSteps(queries, viewed, split, weights, context, turned, joined, parts, a.out_proj(joined))


@dataclass(frozen=True)
class Timing:
    """Milliseconds of one forward pass, the median of several, for each number of heads."""

    heads: tuple[int, ...]
    wrapper: tuple[float, ...]
    one: tuple[float, ...]
    difference: float  # the largest between the two outputs, over all numbers of heads


@torch.inference_mode()
def time_both(heads: Sequence[int], width: int = 256, tokens: int = 32, batch: int = 1, runs: int = 15) -> Timing:
    """Time both classes with the same weights on the same random input, here and now.

    The wrapper gets an output projection behind it, so that both do the same work.

    heads   numbers of heads to try; each must divide width
    width   d_out, the width of all heads together, and of the input
    runs    of each, in turn, so that a busy moment of the machine hits both
    """
    x = torch.randn(batch, tokens, width, generator=torch.Generator().manual_seed(1))
    medians: list[tuple[float, float]] = []
    largest = 0.0
    for number in heads:
        one = seeded_multi_head(width, width, tokens, number, seed=1)
        wrapper = seeded_wrapper(width, width // number, tokens, number, seed=1)
        copy_wrapper_into_one(wrapper, one, plain_out=False)
        whole = nn.Sequential(wrapper, one.out_proj)
        largest = max(largest, float((whole(x) - one(x)).abs().max()))
        times = [(milliseconds(whole, x), milliseconds(one, x)) for _ in range(runs)]
        medians.append((statistics.median(t[0] for t in times), statistics.median(t[1] for t in times)))
    return Timing(tuple(heads), tuple(w for w, _ in medians), tuple(o for _, o in medians), largest)


def milliseconds(module: nn.Module, x: Tensor) -> float:
    """The time of one forward pass."""
    start = time.perf_counter()
    module(x)
    return 1000 * (time.perf_counter() - start)
