"""The same GPT, faster: the model's own parameters through PyTorch's fused kernels.

`model(ids)` is the code to read; `fast_forward(model, ids)` gives the same logits in less time, and
`fast_loss(model, ids, targets)` the loss that training needs, without ever holding all logits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from engine.attention import MultiHeadAttention, check_length
from engine.errors import InputError

if TYPE_CHECKING:
    from engine.model import GPTModel, LayerNorm, TransformerBlock

SHORT = 256  # tokens up to which attention in bfloat16 is trained faster when written out, on a CPU


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
        x = fast_block(block, x)
    return x


def fast_loss(model: GPTModel, ids: Tensor, targets: Tensor) -> Tensor:
    """Mean cross-entropy in nats of the next tokens, equal to that of model(ids) up to rounding; trains like it too.

    ids, targets  (B, T) token IDs; a target of -100 does not count

    Raises InputError when T is above the context length or no token is given.
    """
    hidden = fast_hidden(model, ids)
    head: nn.Module = model.out_head
    is_one_matrix = type(head) is nn.Linear and head.bias is None
    if not is_one_matrix:
        return F.cross_entropy(head(hidden).flatten(0, 1), targets.flatten())
    kind = hidden.device.type
    dtype = torch.get_autocast_dtype(kind) if torch.is_autocast_enabled(kind) else hidden.dtype
    rows, right = hidden.flatten(0, 1), targets.flatten()
    if not (counts := right != -100).all():
        rows, right = rows[counts], right[counts]  # padding and masked instructions are most of some batches
    with torch.autocast(kind, enabled=False):
        return _HeadLoss.apply(rows, head.weight, right, dtype, torch.is_grad_enabled())


class _HeadLoss(torch.autograd.Function):
    """Head, softmax and cross-entropy for a few tokens at a time, gradients at once with the loss.

    All logits of a batch are by far its largest tensor. PyTorch's own layers write and read it several times; here it
    never exists, and what does fits into the processor's cache.
    """

    ROWS = 512

    @staticmethod
    def forward(ctx: Any, hidden: Tensor, weight: Tensor, targets: Tensor, dtype: torch.dtype, learns: bool) -> Tensor:
        """The loss; hidden (N, D), weight (V, D), targets (N,); dtype is that of the matrix products."""
        head = weight.to(dtype)
        total = hidden.new_zeros((), dtype=torch.float32)
        for_hidden = torch.empty_like(hidden, dtype=dtype) if learns else None
        for_weight = torch.zeros_like(weight) if learns and weight.requires_grad else None
        for start in range(0, len(hidden), _HeadLoss.ROWS):
            rows = slice(start, start + _HeadLoss.ROWS)
            few, right = hidden[rows].to(dtype), targets[rows, None]
            logits = (few @ head.T).float()
            norm = logits.logsumexp(-1, keepdim=True)
            total += (norm - logits.gather(1, right)).sum()
            if for_hidden is None:
                continue
            # The slope of the loss at each logit: its probability, less 1 at the right token.
            slope = logits.sub_(norm).exp_().scatter_add_(1, right, -torch.ones_like(norm)).to(dtype)
            for_hidden[rows] = slope @ head
            if for_weight is not None:
                for_weight += slope.T @ few
        ctx.save_for_backward(for_hidden, for_weight)
        ctx.number = len(targets)
        return total / len(targets)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, slope: Tensor) -> tuple[Tensor, Tensor | None, None, None, None]:
        """The gradients found on the way, by the chain rule."""
        for_hidden, for_weight = ctx.saved_tensors
        factor = slope / ctx.number
        return for_hidden.float() * factor, None if for_weight is None else for_weight * factor, None, None, None


def fast_block(block: TransformerBlock, x: Tensor) -> Tensor:
    """(B, T, D) -> (B, T, D), equal to block(x) up to rounding."""
    x = x + block.drop_shortcut(_attention(block.att, _norm(block.norm1, x)))
    widen, _, narrow = block.ff.layers
    return x + block.drop_shortcut(narrow(F.gelu(widen(_norm(block.norm2, x)), approximate="tanh")))


def _attention(att: MultiHeadAttention, x: Tensor) -> Tensor:
    q, k, v = (att.split_heads(layer(x)) for layer in (att.W_query, att.W_key, att.W_value))
    if q.requires_grad and q.shape[2] <= SHORT and q.device.type == "cpu" and torch.is_autocast_enabled("cpu"):
        return att.out_proj(att.join_heads(_short_attention(q, k, v, att.dropout)))
    dropout = att.dropout.p if att.training else 0.0
    context = F.scaled_dot_product_attention(q, k, v, is_causal=True, dropout_p=dropout)
    return att.out_proj(att.join_heads(context))


def _short_attention(q: Tensor, k: Tensor, v: Tensor, dropout: nn.Dropout) -> Tensor:
    """Attention written out, (B, H, T, K): PyTorch's kernel for CPUs goes back through bfloat16 much more slowly."""
    batch, heads, tokens, width = q.shape
    future = torch.full((tokens, tokens), -torch.inf, dtype=q.dtype).triu(1).expand(batch * heads, -1, -1)
    q, k, v = (t.reshape(batch * heads, tokens, width) for t in (q, k, v))
    weights = torch.softmax(torch.baddbmm(future, q, k.transpose(1, 2), alpha=width**-0.5), dim=-1)
    return torch.bmm(dropout(weights), v).view(batch, heads, tokens, width)


def _norm(norm: LayerNorm, x: Tensor) -> Tensor:
    return F.layer_norm(x, norm.scale.shape, norm.scale, norm.shift, norm.eps)
