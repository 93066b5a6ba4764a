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
