"""What attention heads do, measured: where each looks, and what the prediction loses without it.

A score describes where a head looks. It does not say that the model uses what the head finds there: for
that, switch the head off (`switch_off_effects`). Attention weights alone are not an explanation.

Sources: Elhage et al. 2021, "A Mathematical Framework for Transformer Circuits"; Olsson et al. 2022,
"In-context Learning and Induction Heads"; Voita et al. 2019, "Analyzing Multi-Head Self-Attention".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import torch
from torch import Tensor

from engine.attention_steps import entropy_bits
from engine.errors import InputError
from engine.trace import trace_in_groups

if TYPE_CHECKING:
    from engine.model import GPTModel, TransformerBlock


class RankedHead(NamedTuple):
    """A head and its score."""

    layer: int
    head: int
    score: float


def attention_weights(model: GPTModel, ids: Tensor) -> Tensor:
    """All attention weights (L, H, T, T) of a text.

    ids  (T,) token IDs

    Raises InputError as engine.trace does.
    """
    return torch.stack([weights for kept in trace_in_groups(model, ids) for weights in kept.weights.values()])


def previous_token_score(weights: Tensor) -> Tensor:
    """How much each head looks exactly one token back.

    weights  (L, H, T, T) attention weights, rows sum to 1
    returns  (L, H) mean weight just below the diagonal, 0 to 1; the first token has no previous one

    Raises InputError for fewer than two tokens. Source: Voita et al. 2019 (positional heads).
    """
    _need_two(weights)
    return weights.diagonal(offset=-1, dim1=-2, dim2=-1).mean(dim=-1)


def first_token_score(weights: Tensor) -> Tensor:
    """How much each head looks at the very first token.

    weights  (L, H, T, T) attention weights, rows sum to 1
    returns  (L, H) mean weight in the first column, 0 to 1; the first token sees only itself and is left out

    Raises InputError for fewer than two tokens. Source: Vig and Belinkov 2019, "Analyzing the Structure of
    Attention in a Transformer Language Model", on GPT-2's habit of resting there.
    """
    _need_two(weights)
    return weights[..., 1:, 0].mean(dim=-1)


def current_token_score(weights: Tensor) -> Tensor:
    """How much each head looks at the token it stands on.

    weights  (L, H, T, T) attention weights, rows sum to 1
    returns  (L, H) mean weight on the diagonal, 0 to 1; the first token sees only itself and is left out

    Raises InputError for fewer than two tokens. Source: Elhage et al. 2021 (heads on the present token).
    """
    _need_two(weights)
    return weights.diagonal(dim1=-2, dim2=-1)[..., 1:].mean(dim=-1)


def same_token_score(weights: Tensor, ids: Tensor) -> Tensor:
    """How much each head looks back at earlier copies of the token it stands on.

    weights  (L, H, T, T) attention weights, rows sum to 1
    ids      (T,) the token IDs
    returns  (L, H) weight on earlier copies, 0 to 1, mean over the tokens that have one

    Raises InputError when no token occurs twice. Source: Wang et al. 2022, "Interpretability in the Wild"
    (duplicate token heads).
    """
    return _mean_on(weights, _copies(ids).tril(-1))


def induction_score(weights: Tensor, ids: Tensor) -> Tensor:
    """How much each head looks at what came after the last time: "... A B ... A" looks at B.

    weights  (L, H, T, T) attention weights, rows sum to 1
    ids      (T,) the token IDs
    returns  (L, H) weight on earlier tokens whose predecessor equals the present token, 0 to 1, mean over the
             tokens that have one

    Raises InputError when nothing is repeated. Source: Olsson et al. 2022 ("prefix matching score").
    """
    after_a_copy = _copies(ids).roll(1, dims=1)  # (T, T): column j now says whether token j - 1 is the same
    after_a_copy[:, 0] = False
    return _mean_on(weights, after_a_copy.tril(-1))


def attention_entropy(weights: Tensor) -> Tensor:
    """How widely each head spreads its attention.

    weights  (L, H, T, T) attention weights, rows sum to 1
    returns  (L, H) mean entropy of the rows, bits: 0 looks at one token, log2(n) at n tokens alike

    Source: Clark et al. 2019, "What Does BERT Look At?", section 3.3.
    """
    return entropy_bits(weights).mean(dim=-1)


def repeated_random_ids(vocab_size: int, length: int, seed: int) -> Tensor:
    """A nonsense text said twice: `length` different random tokens, then the same again, (2 * length,).

    No grammar and no meaning helps here: only looking back can tell what comes next.

    Raises InputError when there are not that many tokens to choose from. Source: Olsson et al. 2022.
    """
    if not 2 <= length <= vocab_size:
        raise InputError(f"the length is {length}; give 2 to {vocab_size:,} random tokens.")
    once = torch.randperm(vocab_size, generator=torch.Generator().manual_seed(seed))[:length]
    return once.repeat(2)


def find_heads(scores: Tensor, top: int = 5) -> list[RankedHead]:
    """The heads with the highest scores (L, H), best first."""
    heads = scores.shape[1]
    best = scores.flatten().sort(descending=True, stable=True)
    pairs = zip(best.indices[:top].tolist(), best.values[:top].tolist(), strict=True)
    return [RankedHead(index // heads, index % heads, score) for index, score in pairs]


def kl_divergence(logits: Tensor, other: Tensor) -> Tensor:
    """How far the distribution of `other` logits (..., V) is from that of `logits` (..., V).

    returns  (...) KL(p || q) in bits: what it costs to expect q where p is the truth; 0 when equal
    """
    log_p, log_q = torch.log_softmax(logits, dim=-1), torch.log_softmax(other, dim=-1)
    return (log_p.exp() * (log_p - log_q)).sum(dim=-1).clamp(min=0) / torch.log(torch.tensor(2.0))


@torch.no_grad()
def switch_off_effects(model: GPTModel, ids: Tensor) -> Tensor:
    """For every head, how much the prediction after the last token changes when that head alone is off.

    model    in evaluation mode
    ids      (T,) token IDs
    returns  (L, H) KL divergence in bits from the whole model's distribution to the one without the head

    Raises InputError as engine.trace does. All heads of a layer run as one batch, from that layer on: what
    lies below it does not change. Source: Michel et al. 2019, "Are Sixteen Heads Really Better than One?".
    """
    effects = []
    for kept in trace_in_groups(model, ids):
        for layer in kept.layers:
            without = kept.resid_mid[layer] - kept.head_out[layer]  # (H, T, D): without head 0, without head 1, ...
            logits = _finish(model, layer, without)
            effects.append(kl_divergence(kept.logits[-1], logits))
    return torch.stack(effects)


def _finish(model: GPTModel, layer: int, x: Tensor) -> Tensor:
    """Logits (B, V) after the last token, from the streams x (B, T, D) in the middle of a layer."""
    blocks = list(model.blocks)
    x = x + _feed_forward(blocks[layer], x)
    for block in blocks[layer + 1 :]:
        x = x + block.att(block.norm1(x))
        x = x + _feed_forward(block, x)
    return model.out_head(model.final_norm(x[:, -1]))


def _feed_forward(block: TransformerBlock, x: Tensor) -> Tensor:
    return block.ff(block.norm2(x))


def _copies(ids: Tensor) -> Tensor:
    """(T, T): whether tokens i and j are the same."""
    return ids[:, None] == ids[None, :]


def _mean_on(weights: Tensor, targets: Tensor) -> Tensor:
    """Weight that falls on the targets (T, T), mean over the rows that have any: (L, H)."""
    rows = targets.any(dim=-1)
    if not rows.any():
        raise InputError("no token of this text comes back later; repeat something to measure this.")
    return (weights * targets).sum(dim=-1)[..., rows].mean(dim=-1)


def _need_two(weights: Tensor) -> None:
    if weights.shape[-1] < 2:
        raise InputError("one token has nothing to look back at; give at least two.")
