"""Self-attention with every intermediate kept: what SelfAttention_v1 computes, one matrix at a time.

Here T is the number of words and K the width of queries, keys and values.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

import torch
from torch import Tensor, nn

from engine.attention import SelfAttention_v1, SelfAttention_v2
from engine.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Module = TypeVar("Module", bound=nn.Module)


@dataclass(frozen=True)
class AttentionSteps:
    """All matrices of one pass of self-attention.

    inputs   (T, D_in)  one row per word
    queries  (T, K)     what each word looks for
    keys     (T, K)     what each word is found by
    values   (T, K)     what each word passes on
    scores   (T, T)     scores[i, j] = queries[i] . keys[j]
    scaled   (T, T)     scores, divided by the square root of K if that was asked for
    weights  (T, T)     softmax of each row of scaled; every row sums to 1
    context  (T, K)     context[i] = the average of all values, weighted by row i of weights
    """

    inputs: Tensor
    queries: Tensor
    keys: Tensor
    values: Tensor
    scores: Tensor
    scaled: Tensor
    weights: Tensor
    context: Tensor


def simple_attention(inputs: Tensor) -> AttentionSteps:
    """Self-attention without trainable weights: words are their own queries, keys and values (notes, 3.3).

    inputs  (T, D_in); scores are not scaled
    Raises InputError when there are no words or no numbers.
    """
    check_inputs(inputs)
    return finish_attention(inputs, inputs, inputs, inputs, scale=False)


def trainable_attention(
    inputs: Tensor, w_query: Tensor, w_key: Tensor, w_value: Tensor, scale: bool = True
) -> AttentionSteps:
    """Self-attention through three weight matrices (notes, section 3.4).

    inputs                   (T, D_in)
    w_query, w_key, w_value  (D_in, K)
    scale                    divide scores by the square root of K before softmax, as transformers do
    Raises InputError when shapes do not fit.

    Source: Vaswani et al. 2017, "Attention Is All You Need", section 3.2.1.
    """
    check_inputs(inputs)
    for name, matrix in (("w_query", w_query), ("w_key", w_key), ("w_value", w_value)):
        if matrix.ndim != 2 or matrix.shape[0] != inputs.shape[1]:
            raise InputError(
                f"{name} has shape {tuple(matrix.shape)} and each word has {inputs.shape[1]} numbers; "
                f"the matrix needs {inputs.shape[1]} rows."
            )
    if w_query.shape != w_key.shape:
        raise InputError(
            f"w_query has {w_query.shape[1]} columns and w_key {w_key.shape[1]}; give both as many, because a score "
            "is the dot product of a query and a key."
        )
    return finish_attention(inputs, inputs @ w_query, inputs @ w_key, inputs @ w_value, scale)


def finish_attention(inputs: Tensor, queries: Tensor, keys: Tensor, values: Tensor, scale: bool) -> AttentionSteps:
    """From queries, keys and values to context vectors; shapes as in AttentionSteps."""
    scores = queries @ keys.T
    scaled = scores / math.sqrt(keys.shape[-1]) if scale else scores
    weights = torch.softmax(scaled, dim=-1)
    return AttentionSteps(inputs, queries, keys, values, scores, scaled, weights, weights @ values)


@dataclass(frozen=True)
class MaskedSteps:
    """The causal mask on both sides of softmax, every matrix (T, T), from the same scores.

    scores    as given, the future not yet hidden
    hidden    true above the diagonal: what row i may not see
    masked    the scores with minus infinity where hidden
    before    softmax of masked: the weights of engine.attention.CausalAttention
    full      softmax of all scores, the future included
    zeroed    full with 0 where hidden
    row_sums  (T,) what each row of zeroed adds up to
    after     zeroed, each row divided by its sum: equal to before
    """

    scores: Tensor
    hidden: Tensor
    masked: Tensor
    before: Tensor
    full: Tensor
    zeroed: Tensor
    row_sums: Tensor
    after: Tensor


def mask_both_ways(scores: Tensor) -> MaskedSteps:
    """Hide the future before softmax with minus infinity, and after softmax with zeros (notes, section 3.5).

    scores  (T, T) row i holds what token i asks of every token, already scaled
    Raises InputError when scores are no square matrix.
    """
    check_inputs(scores)
    if scores.shape[0] != scores.shape[1]:
        raise InputError(f"scores have shape {tuple(scores.shape)}; a causal mask needs a row and a column per token.")
    hidden = torch.triu(torch.ones_like(scores), diagonal=1).bool()
    masked = scores.masked_fill(hidden, -torch.inf)
    full = torch.softmax(scores, dim=-1)
    zeroed = full.masked_fill(hidden, 0.0)
    row_sums = zeroed.sum(dim=-1)
    before, after = torch.softmax(masked, dim=-1), zeroed / row_sums[:, None]
    return MaskedSteps(scores, hidden, masked, before, full, zeroed, row_sums, after)


def drop_weights(weights: Tensor, rate: float, seed: int, draws: int = 1) -> Tensor:
    """What nn.Dropout makes of attention weights in training, several times over (notes, section 3.5).

    weights  (T, T)
    rate     the share that becomes 0; the others are divided by 1 - rate, so that the mean stays
    returns  (draws, T, T); the first draw is that of `torch.manual_seed(seed)` before `nn.Dropout(rate)`
    Raises InputError unless rate is from 0 to below 1.

    Source: Srivastava et al. 2014, "Dropout"; scaling in training ("inverted dropout") as in PyTorch.
    """
    if not 0 <= rate < 1:
        raise InputError(f"the dropout rate is {rate}; give a number from 0 to below 1.")
    keep = torch.empty(draws, *weights.shape).bernoulli_(1 - rate, generator=torch.Generator().manual_seed(seed))
    return weights * keep / (1 - rate)


def check_inputs(inputs: Tensor) -> None:
    """Raise InputError unless inputs is a matrix with at least one row and one column."""
    if inputs.ndim != 2 or 0 in inputs.shape:
        raise InputError("attention needs at least one word with at least one number; add a word.")


def seeded_v1(d_in: int, d_out: int, seed: int) -> SelfAttention_v1:
    """The SelfAttention_v1 that `torch.manual_seed(seed)` would give, leaving the global generator alone."""
    with torch.random.fork_rng(devices=[]):
        attention = SelfAttention_v1(d_in, d_out)
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for matrix in (attention.W_query, attention.W_key, attention.W_value):
            matrix.copy_(torch.rand(d_in, d_out, generator=generator))
    return attention


def seeded_v2(d_in: int, d_out: int, seed: int) -> SelfAttention_v2:
    """The SelfAttention_v2 that `torch.manual_seed(seed)` would give, leaving the global generator alone."""
    return seeded(lambda: SelfAttention_v2(d_in, d_out), seed)


@torch.no_grad()
def seeded(make: Callable[[], Module], seed: int) -> Module:
    """The module that make() would give after `torch.manual_seed(seed)`, leaving the global generator alone.

    make  builds a module that draws first weights only in its nn.Linear layers
    """
    with torch.random.fork_rng(devices=[]):
        module = make()
    generator = torch.Generator().manual_seed(seed)
    for layer in module.modules():
        if isinstance(layer, nn.Linear):
            # nn.Linear's own initialisation.
            nn.init.kaiming_uniform_(layer.weight, a=math.sqrt(5), generator=generator)
            if layer.bias is not None:
                bound = 1 / math.sqrt(layer.in_features)
                layer.bias.uniform_(-bound, bound, generator=generator)
    return module


def copy_v2_into_v1(v1: SelfAttention_v1, v2: SelfAttention_v2, transpose: bool = True) -> None:
    """Give v1 the weights of v2, so that both compute the same.

    transpose  nn.Linear keeps its matrix as (d_out, d_in), so it must be turned; False: as it is
    Raises InputError when the matrices do not fit.
    """
    pairs = ((v1.W_query, v2.W_query), (v1.W_key, v2.W_key), (v1.W_value, v2.W_value))
    for matrix, layer in pairs:
        theirs = layer.weight.T if transpose else layer.weight
        if theirs.shape != matrix.shape:
            raise InputError(
                f"v2's matrix is {theirs.shape[0]} x {theirs.shape[1]} and v1's is {matrix.shape[0]} x "
                f"{matrix.shape[1]}; transpose it (.T) before copying."
            )
        with torch.no_grad():
            matrix.copy_(theirs)


@dataclass(frozen=True)
class ScalingCurve:
    """What softmax does to random queries and keys of growing width, with and without scaling.

    widths   the K of each point, N of them
    entropy  {scaled?: (N,)} mean entropy of a row of weights, in bits; log2 of the number of keys is the most
    slope    {scaled?: (N,)} mean slope of softmax: the sum over i of d weight_i / d score_i, 0 to below 1
    example  {scaled?: (N, keys)} the weights of one row
    """

    widths: tuple[int, ...]
    entropy: dict[bool, Tensor]
    slope: dict[bool, Tensor]
    example: dict[bool, Tensor]


def scaling_curve(widths: Sequence[int], keys: int, seed: int, samples: int = 512) -> ScalingCurve:
    """Entropy and slope of softmax against the width of queries and keys, whose numbers have variance 1.

    widths   widths K to measure
    keys     number of keys that each query is compared with
    samples  queries per width; the curves are their means

    Source: Vaswani et al. 2017, section 3.2.1 and its footnote 4: the scores' variance is K.
    """
    if keys < 2 or not widths or min(widths) < 1:
        raise InputError("give at least two keys and widths of at least 1.")
    generator = torch.Generator().manual_seed(seed)
    rows: dict[bool, list[Tensor]] = {True: [], False: []}
    for width in widths:
        queries = torch.randn(samples, 1, width, generator=generator)
        scores = (queries * torch.randn(samples, keys, width, generator=generator)).sum(-1)  # (samples, keys)
        rows[False].append(torch.softmax(scores, dim=-1))
        rows[True].append(torch.softmax(scores / math.sqrt(width), dim=-1))
    weights = {scaled: torch.stack(found) for scaled, found in rows.items()}  # (N, samples, keys)
    return ScalingCurve(
        tuple(widths),
        {scaled: entropy_bits(w).mean(-1) for scaled, w in weights.items()},
        {scaled: softmax_slope(w).mean(-1) for scaled, w in weights.items()},
        {scaled: w[:, 0] for scaled, w in weights.items()},
    )


def entropy_bits(weights: Tensor) -> Tensor:
    """Entropy in bits of probabilities along the last dimension: 0 for one certain choice."""
    return -torch.special.xlogy(weights, weights).sum(-1) / math.log(2)


def softmax_slope(weights: Tensor) -> Tensor:
    """Sum of the diagonal of softmax's Jacobian: sum of w (1 - w) along the last dimension.

    It is how strongly the weights still react to their own scores; near 0 nothing is learned through them.
    """
    return (weights * (1 - weights)).sum(-1)
