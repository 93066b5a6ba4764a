"""What positions do in a GPT: the order of the words, taken away and put back; distance, absolute and relative.

Sources: Vaswani et al. 2017, "Attention Is All You Need", section 3.5 (fixed waves); Radford et al. 2018 and 2019
(GPT's learned table); Su et al. 2021, "RoFormer" (rotation); Press et al. 2022, "Train Short, Test Long" (ALiBi).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from torch import Tensor

from engine.attention import check_length
from engine.errors import InputError

if TYPE_CHECKING:
    from engine.attention import MultiHeadAttention
    from engine.model import GPTModel

BASE = 10_000.0  # the longest wave is about 2 pi times this many positions
SCHEMES = ("learned", "waves", "rotation", "ALiBi")


def sinusoidal_positions(count: int, emb_dim: int) -> Tensor:
    """Fixed position vectors (count, emb_dim): sines in the even columns, cosines of the same angles in the odd ones.

    Raises InputError when emb_dim is odd. Source: Vaswani et al. 2017, section 3.5.
    """
    if emb_dim % 2:
        raise InputError(f"emb_dim is {emb_dim}; waves come in pairs, so give an even number.")
    angles = _angles(torch.arange(count), emb_dim)
    return torch.stack([angles.sin(), angles.cos()], dim=-1).flatten(1)


def cosine_similarity(vectors: Tensor) -> Tensor:
    """Cosine of the angle between every two of the vectors (N, D): (N, N), -1 to 1."""
    directions = F.normalize(vectors, dim=-1)
    return directions @ directions.T


def mean_by_distance(similarity: Tensor) -> Tensor:
    """Mean of a similarity matrix (N, N) over all pairs that are 0, 1, ... N - 1 places apart: (N,)."""
    return torch.stack([similarity.diagonal(offset).mean() for offset in range(len(similarity))])


@torch.no_grad()
def streams(model: GPTModel, ids: Tensor, positions: bool = True, causal: bool = True) -> Tensor:
    """Every token's vector on its way through the model, with or without positions and mask.

    ids        (T,) token IDs
    positions  add the position vectors, as the model was trained with
    causal     hide what comes later, as the model was trained with
    returns    (L + 1, T, D): what enters the first block, then what leaves each block

    Raises InputError for no token or more than the context length.
    """
    if len(ids) == 0:
        raise InputError("there is no token to start from; give at least one.")
    check_length(len(ids), model.cfg.context_length)
    x = model.tok_emb(ids)
    if positions:
        x = x + model.pos_emb.weight[: len(ids)]
    kept = [x]
    for block in model.blocks:
        x = x + _attend(block.att, block.norm1(x), causal)
        x = x + block.ff(block.norm2(x))
        kept.append(x)
    return torch.stack(kept)


@torch.no_grad()
def next_token(model: GPTModel, ids: Tensor, positions: bool = True, causal: bool = True) -> Tensor:
    """Probabilities (V,) of the token after the text, with or without positions and mask; raises as streams does."""
    last = streams(model, ids, positions, causal)[-1, -1]
    return model.out_head(model.final_norm(last)).float().softmax(-1)


def order_effect(model: GPTModel, ids: Tensor, order: Tensor, positions: bool = True, causal: bool = True) -> Tensor:
    """How much each token's vector changes when the tokens stand in another order.

    ids      (T,) token IDs
    order    (T,) a permutation: place i of the new text holds token order[i] of the old one
    returns  (L + 1, T) length of the difference over the length of the vector, by layer as in `streams`; column j is
             token j of the old text, wherever it stands in the new one

    Raises InputError when the order is no permutation, and as streams does.
    """
    if sorted(order.tolist()) != list(range(len(ids))):
        raise InputError(f"the new order must name each of the {len(ids)} places once.")
    before = streams(model, ids, positions, causal)
    after = torch.empty_like(before)
    after[:, order] = streams(model, ids[order], positions, causal)
    return (after - before).norm(dim=-1) / before.norm(dim=-1)


def shuffled_order(count: int, seed: int, last_stays: bool = True) -> Tensor:
    """A random order (count,) of so many places; with last_stays the last one keeps its place."""
    moving = count - 1 if last_stays else count
    order = torch.randperm(max(moving, 0), generator=torch.Generator().manual_seed(seed))
    return torch.cat([order, torch.arange(len(order), count)])


def rotate(vectors: Tensor, positions: Tensor) -> Tensor:
    """Rotary position embedding (RoPE): each pair of neighbouring numbers turned by position times its own angle.

    vectors    (..., N, K) queries or keys; K even
    positions  (N,) where they stand

    The dot product of two rotated vectors depends on the distance alone. Source: Su et al. 2021, section 3.2.
    """
    angles = _angles(positions, vectors.shape[-1])
    even, odd = vectors[..., 0::2], vectors[..., 1::2]
    turned = [even * angles.cos() - odd * angles.sin(), even * angles.sin() + odd * angles.cos()]
    return torch.stack(turned, dim=-1).flatten(-2)


def alibi_slopes(n_heads: int) -> Tensor:
    """What each head takes off a score for every token of distance, (n_heads,): 2^(-8/n), 2^(-16/n), ..., 2^-8.

    Source: Press et al. 2022, section 3; meant for a power of two.
    """
    return 2.0 ** (-8.0 / n_heads * torch.arange(1, n_heads + 1))


@torch.no_grad()
def pair_scores(model: GPTModel, query_id: int, key_id: int, distance: int, head: int) -> dict[str, Tensor]:
    """The score of one pair of tokens in the first layer, wherever the pair stands, under each way to tell positions.

    query_id, key_id  the token that looks, and the one `distance` places before it that is looked at
    head              a head of the first layer
    returns           by scheme: (C - distance,) the score q . k / sqrt(K), by the key's position; "learned" is the
                      model's own, the others put the same token vectors through the same weights with other
                      positions. The waves are as long as the learned vectors on average, or they would drown the
                      tokens: this model was not trained with them.

    Raises InputError for a distance or a head that the model does not have.
    """
    cfg = model.cfg
    if not 0 <= distance < cfg.context_length:
        raise InputError(f"the distance is {distance}; give 0 to {cfg.context_length - 1:,}.")
    if not 0 <= head < cfg.n_heads:
        raise InputError(f"there is no head {head}; this model's go from 0 to {cfg.n_heads - 1}.")
    count = cfg.context_length - distance
    at_key = torch.arange(count, device=model.pos_emb.weight.device)
    learned = model.pos_emb.weight
    waves = sinusoidal_positions(cfg.context_length, cfg.emb_dim).to(learned)
    tables = {"learned": learned, "waves": waves * (learned.norm(dim=-1).mean() / waves[0].norm())}
    scores = {}
    for name, table in tables.items():
        q = _project(model, "W_query", model.tok_emb.weight[query_id] + table[distance:], head)
        k = _project(model, "W_key", model.tok_emb.weight[key_id] + table[:count], head)
        scores[name] = (q * k).sum(-1)
    # Rotation and ALiBi leave the token vectors as they are.
    q = _project(model, "W_query", model.tok_emb.weight[query_id].expand(count, -1), head)
    k = _project(model, "W_key", model.tok_emb.weight[key_id].expand(count, -1), head)
    scores["rotation"] = (rotate(q, at_key + distance) * rotate(k, at_key)).sum(-1)
    scores["ALiBi"] = (q * k).sum(-1)
    scores = {name: values / cfg.head_dim**0.5 for name, values in scores.items()}
    scores["ALiBi"] = scores["ALiBi"] - alibi_slopes(cfg.n_heads)[head] * distance
    return scores


def _project(model: GPTModel, name: str, vectors: Tensor, head: int) -> Tensor:
    """Queries or keys (N, K) of one head of the first layer, from what enters it (N, D)."""
    block = model.blocks[0]
    return block.att.split_heads(getattr(block.att, name)(block.norm1(vectors))[None])[0, head]


def _attend(att: MultiHeadAttention, x: Tensor, causal: bool) -> Tensor:
    """What attention adds to each of the vectors x (T, D), with or without the mask."""
    q, k, v = (att.split_heads(layer(x)[None]) for layer in (att.W_query, att.W_key, att.W_value))
    return att.out_proj(att.join_heads(F.scaled_dot_product_attention(q, k, v, is_causal=causal)))[0]


def _angles(positions: Tensor, width: int) -> Tensor:
    """(N, width / 2) angles in radians: the position times 10000^(-2i / width)."""
    steps = torch.arange(0, width, 2, device=positions.device) / width
    return positions[:, None] * BASE**-steps
