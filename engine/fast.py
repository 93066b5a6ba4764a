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

IGNORE_INDEX = -100  # a target that counts in no loss, as in PyTorch's cross_entropy
SHORT = 256  # tokens up to which attention in bfloat16 is trained faster when written out, on a CPU


def fast_forward(model: GPTModel, ids: Tensor) -> Tensor:
    """Logits (B, T, V) of the token IDs (B, T), equal to model(ids) up to rounding; trains like it too.

    Raises InputError when T is above the context length or no token is given.
    """
    return model.out_head(fast_hidden(model, ids))


def fast_hidden(model: GPTModel, ids: Tensor) -> Tensor:
    """What the head reads: the final, normalised vectors (B, T, D) of the token IDs (B, T)."""
    return fast_norm(model.final_norm, fast_blocks(model, ids, len(model.blocks)))


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

    ids, targets  (B, T) token IDs; a target of IGNORE_INDEX does not count

    Raises InputError when T is above the context length or no token is given.
    """
    counts = targets != IGNORE_INDEX
    if counts.all():
        rows, right = fast_hidden(model, ids).flatten(0, 1), targets.flatten()
    else:
        rows, right = _counted_hidden(model, ids, counts), targets[counts]
    head: nn.Module = model.out_head
    is_one_matrix = type(head) is nn.Linear and head.bias is None
    if not is_one_matrix:
        return F.cross_entropy(head(rows), right)
    kind = rows.device.type
    dtype = torch.get_autocast_dtype(kind) if torch.is_autocast_enabled(kind) else rows.dtype
    with torch.autocast(kind, enabled=False):
        return _HeadLoss.apply(rows, head.weight, right, dtype, torch.is_grad_enabled())


def _counted_hidden(model: GPTModel, ids: Tensor, counts: Tensor) -> Tensor:
    """The vectors (N, D) that the head reads where `counts` (B, T) is true.

    What stands after a text's last such place changes none of them and is never computed: padding. The last block's
    feed-forward layer runs only where the target counts: with a masked instruction, for the answer alone.
    """
    num_tokens = ids.shape[1]
    check_length(num_tokens, model.cfg.context_length)
    needed = counts.flip(1).cumsum(1).flip(1) > 0  # some place from here on counts
    places = needed.flatten().nonzero().squeeze(1)
    positions = model.pos_emb.weight[:num_tokens].expand(len(ids), -1, -1)
    x = model.drop_emb(model.tok_emb(ids[needed]) + positions[needed])
    *others, last = model.blocks
    for block in others:
        x = _after_attention(block, x, _attention(block.att, fast_norm(block.norm1, x), (needed.shape, places)))
    final = counts[needed]
    seen = _attention(last.att, fast_norm(last.norm1, x), (needed.shape, places), final)
    return fast_norm(model.final_norm, _after_attention(last, x[final], seen))


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
    return _after_attention(block, x, _attention(block.att, fast_norm(block.norm1, x)))


def _after_attention(block: TransformerBlock, x: Tensor, seen: Tensor) -> Tensor:
    x = x + block.drop_shortcut(seen)
    widen, _, narrow = block.ff.layers
    return x + block.drop_shortcut(narrow(F.gelu(widen(fast_norm(block.norm2, x)), approximate="tanh")))


def _attention(
    att: MultiHeadAttention,
    x: Tensor,
    packed: tuple[torch.Size, Tensor] | None = None,
    chosen: Tensor | None = None,
) -> Tensor:
    """(B, T, D) -> (B, T, D).

    packed  x is (N, D), the vectors at these places of a batch of this shape (B, T); so is what comes out
    chosen  (N,) which of them shall come out
    """
    q, k, v = (att.split_heads(_unpack(layer(x), packed)) for layer in (att.W_query, att.W_key, att.W_value))
    if q.requires_grad and q.shape[2] <= SHORT and q.device.type == "cpu" and torch.is_autocast_enabled("cpu"):
        context = _short_attention(q, k, v, att.dropout)
    else:
        dropout = att.dropout.p if att.training else 0.0
        context = F.scaled_dot_product_attention(q, k, v, is_causal=True, dropout_p=dropout)
    joined = att.join_heads(context)
    if packed is not None:
        places = packed[1] if chosen is None else packed[1][chosen]
        joined = joined.flatten(0, 1)[places]
    return att.out_proj(joined)


def _unpack(x: Tensor, packed: tuple[torch.Size, Tensor] | None) -> Tensor:
    """(N, D) at their places in (B, T, D), nothing elsewhere."""
    if packed is None:
        return x
    (batch, tokens), places = packed
    return x.new_zeros(batch * tokens, x.shape[-1]).index_copy(0, places, x).view(batch, tokens, -1)


def _short_attention(q: Tensor, k: Tensor, v: Tensor, dropout: nn.Dropout) -> Tensor:
    """Attention written out, (B, H, T, K): PyTorch's kernel for CPUs goes back through bfloat16 much more slowly."""
    batch, heads, tokens, width = q.shape
    future = torch.full((tokens, tokens), -torch.inf, dtype=q.dtype).triu(1).expand(batch * heads, -1, -1)
    q, k, v = (t.reshape(batch * heads, tokens, width) for t in (q, k, v))
    weights = torch.softmax(torch.baddbmm(future, q, k.transpose(1, 2), alpha=width**-0.5), dim=-1)
    return torch.bmm(dropout(weights), v).view(batch, heads, tokens, width)


def fast_norm(norm: LayerNorm, x: Tensor) -> Tensor:
    """(..., D) -> (..., D), equal to norm(x) up to rounding."""
    return F.layer_norm(x, norm.scale.shape, norm.scale, norm.shift, norm.eps)
