"""The same GPT, faster: the model's own parameters through PyTorch's fused kernels.

`model(ids)` is the code to read; `fast_forward(model, ids)` gives the same logits in less time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch.nn.functional as F
from torch import Tensor

from engine.attention import MultiHeadAttention, check_length
from engine.errors import InputError

if TYPE_CHECKING:
    from engine.model import GPTModel, LayerNorm, TransformerBlock


def fast_forward(model: GPTModel, ids: Tensor) -> Tensor:
    """Logits (B, T, V) of the token IDs (B, T), equal to model(ids) up to rounding; trains like it too.

    Raises InputError when T is above the context length or no token is given.
    """
    return model.out_head(fast_hidden(model, ids))


def fast_hidden(model: GPTModel, ids: Tensor) -> Tensor:
    """What the head reads: the final, normalised vectors (B, T, D) of the token IDs (B, T)."""
    return _norm(model.final_norm, fast_blocks(model, ids, len(model.blocks)))


def fast_blocks(model: GPTModel, ids: Tensor, count: int) -> Tensor:
    """The vectors (B, T, D) after the first `count` blocks; raises InputError as fast_forward does."""
    num_tokens = ids.shape[1]
    if num_tokens == 0:
        raise InputError("there is no token to start from; give at least one.")
    check_length(num_tokens, model.cfg.context_length)
    x = model.drop_emb(model.tok_emb(ids) + model.pos_emb.weight[:num_tokens])
    for block in model.blocks[:count]:
        x = _block(block, x)
    return x


class KVCache:
    """The keys and values of the tokens read so far, so that a new token is the only one to compute.

    Positions are absolute and learned: a cached key belongs to one position. When the window moves, every token gets
    another position and the cache is worthless; `clear` it and read the window again.
    """

    def __init__(self, model: GPTModel, batch: int, size: int) -> None:
        c, like = model.cfg, model.tok_emb.weight
        shape = (c.n_layers, batch, c.n_heads, size, c.head_dim)
        self.keys, self.values = like.new_empty(shape), like.new_empty(shape)
        self.length = 0

    def clear(self) -> None:
        """Forget everything."""
        self.length = 0


def next_logits(model: GPTModel, ids: Tensor, cache: KVCache) -> Tensor:
    """Logits (B, V) of what comes after the last token; dropout is off, whatever the model's mode.

    ids  (B, T) the tokens that the cache does not hold yet: the whole text at first, then one at a time

    Raises InputError when cache and ids together are longer than the context, or no token is given.
    """
    start, num_tokens = cache.length, ids.shape[1]
    if num_tokens == 0:
        raise InputError("there is no token to start from; give at least one.")
    check_length(start + num_tokens, min(cache.keys.shape[3], model.cfg.context_length))
    x = model.tok_emb(ids) + model.pos_emb.weight[start : start + num_tokens]
    for layer, block in enumerate(model.blocks):
        x = _cached_block(block, x, cache, layer)
    cache.length += num_tokens
    return model.out_head(_norm(model.final_norm, x[:, -1]))


def _cached_block(block: TransformerBlock, x: Tensor, cache: KVCache, layer: int) -> Tensor:
    att, start, end = block.att, cache.length, cache.length + x.shape[1]
    h = _norm(block.norm1, x)
    q, k, v = (att.split_heads(part(h)) for part in (att.W_query, att.W_key, att.W_value))
    keys, values = cache.keys[layer, :, :, :end], cache.values[layer, :, :, :end]
    keys[:, :, start:], values[:, :, start:] = k, v
    # One new token may look at all that came before: no mask.
    context = F.scaled_dot_product_attention(q, keys, values, is_causal=start == 0)
    x = x + att.out_proj(att.join_heads(context))
    widen, _, narrow = block.ff.layers
    return x + narrow(F.gelu(widen(_norm(block.norm2, x)), approximate="tanh"))


def _block(block: TransformerBlock, x: Tensor) -> Tensor:
    x = x + block.drop_shortcut(_attention(block.att, _norm(block.norm1, x)))
    widen, _, narrow = block.ff.layers
    return x + block.drop_shortcut(narrow(F.gelu(widen(_norm(block.norm2, x)), approximate="tanh")))


def _attention(att: MultiHeadAttention, x: Tensor) -> Tensor:
    q, k, v = (att.split_heads(layer(x)) for layer in (att.W_query, att.W_key, att.W_value))
    dropout = att.dropout.p if att.training else 0.0
    context = F.scaled_dot_product_attention(q, k, v, is_causal=True, dropout_p=dropout)
    return att.out_proj(att.join_heads(context))


def _norm(norm: LayerNorm, x: Tensor) -> Tensor:
    return F.layer_norm(x, norm.scale.shape, norm.scale, norm.shift, norm.eps)
