"""A GPT's weights laid out for writing text: one token at a time, what takes time is reading every weight once.

A matrix times one vector runs at the speed of memory, and how the matrix lies there decides how near it gets to that.
Here queries, keys and values are one matrix, and matrices that are not wider than tall are stored column by column:
that reads many streams at once, up to twice as fast as row by row (`python -m benchmarks decoding` measures it).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast
from weakref import WeakKeyDictionary

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engine.attention import check_length
from engine.errors import InputError

if TYPE_CHECKING:
    from engine.model import GPTModel, LayerNorm, TransformerBlock

# Beyond this many bytes of weights a second copy would cost more memory than its speed is worth.
LARGEST_COPY = 2**30


class KVCache:
    """The keys and values of the tokens read so far, so that a new token is the only one to compute.

    batch  texts
    size   most tokens of a text

    Positions are absolute and learned: a cached key belongs to one position. When the window moves, every token gets
    another position and the cache is worthless; `clear` it and read the window again.
    """

    def __init__(self, model: GPTModel, batch: int, size: int) -> None:
        c = model.cfg
        # 2: keys and values, side by side so that one copy writes both.
        self.kept = model.tok_emb.weight.new_empty(c.n_layers, 2, batch, c.n_heads, size, c.head_dim)
        self.size, self.length = size, 0

    def clear(self) -> None:
        """Forget everything."""
        self.length = 0


class PackedGPT:
    """A model ready to write; dropout is off.

    copy  copy the matrices into the order in which they are read fastest; layers that are not plain nn.Linear (LoRA's,
          say) are used as they are even so
    """

    def __init__(self, model: GPTModel, copy: bool) -> None:
        self.cfg = model.cfg
        self.tok_emb, self.pos_emb = model.tok_emb, model.pos_emb
        self.blocks = [_Block(block, copy) for block in model.blocks]
        self.final_norm = model.final_norm
        self.head = _Linear([model.out_head], copy)

    @torch.inference_mode()
    def next_logits(self, ids: Tensor, cache: KVCache) -> Tensor:
        """Scores (B, V) of what comes after the last token.

        ids  (B, T) the tokens that the cache does not hold yet: the whole text at first, then one at a time

        Raises InputError when cache and ids together are longer than the context, or no token is given.
        """
        start, num_tokens = cache.length, ids.shape[1]
        if num_tokens == 0:
            raise InputError("there is no token to start from; give at least one.")
        check_length(start + num_tokens, min(cache.size, self.cfg.context_length))
        x = self.tok_emb(ids) + self.pos_emb.weight[start : start + num_tokens]
        for block, kept in zip(self.blocks, cache.kept, strict=True):
            x = block(x, kept, start)
        cache.length += num_tokens
        return self.head(_norm(self.final_norm, x[:, -1]))


class _Block:
    """One transformer block with its queries, keys and values from one matrix."""

    def __init__(self, block: TransformerBlock, copy: bool) -> None:
        att = block.att
        widen, _, narrow = cast("list[nn.Linear]", list(block.ff.layers))
        self.num_heads = att.num_heads
        self.norm1, self.norm2 = block.norm1, block.norm2
        self.qkv = _Linear([att.W_query, att.W_key, att.W_value], copy)
        self.out = _Linear([att.out_proj], copy)
        self.widen, self.narrow = _Linear([widen], copy), _Linear([narrow], copy)

    def __call__(self, x: Tensor, kept: Tensor, start: int) -> Tensor:
        """(B, T, D) -> (B, T, D); writes keys and values into kept (2, B, H, size, K) from position start on."""
        batch, num_tokens, width = x.shape
        qkv = self.qkv(_norm(self.norm1, x)).view(batch, num_tokens, 3, self.num_heads, -1)
        qkv = qkv.permute(2, 0, 3, 1, 4)  # (3, B, H, T, K)
        end = start + num_tokens
        kept[:, :, :, start:end] = qkv[1:]
        keys, values = kept[:, :, :, :end]
        # One new token may look at all that came before: no mask.
        context = F.scaled_dot_product_attention(qkv[0], keys, values, is_causal=start == 0)
        x = x + self.out(context.transpose(1, 2).reshape(batch, num_tokens, width))
        return x + self.narrow(F.gelu(self.widen(_norm(self.norm2, x)), approximate="tanh"))


class _Linear:
    """Linear layers over the same input, their outputs side by side."""

    def __init__(self, layers: list[nn.Linear], copy: bool) -> None:
        self.layers = layers
        self.weight: Tensor | None = None
        self.bias: Tensor | None = None
        if copy and all(type(layer) is nn.Linear for layer in layers):
            weight = torch.cat([layer.weight.detach() for layer in layers])
            rows, columns = weight.shape
            self.weight = weight.t().contiguous().t() if rows >= columns else weight
            if layers[0].bias is not None:
                self.bias = torch.cat([layer.bias.detach() for layer in layers])

    def __call__(self, x: Tensor) -> Tensor:
        """(..., in) -> (..., out)."""
        if self.weight is not None:
            return F.linear(x, self.weight, self.bias)
        outputs = [layer(x) for layer in self.layers]
        return outputs[0] if len(outputs) == 1 else torch.cat(outputs, dim=-1)


def _norm(norm: LayerNorm, x: Tensor) -> Tensor:
    return F.layer_norm(x, norm.scale.shape, norm.scale, norm.shift, norm.eps)


_copies: WeakKeyDictionary[GPTModel, tuple[tuple[object, ...], PackedGPT]] = WeakKeyDictionary()


def packed(model: GPTModel) -> PackedGPT:
    """The model as it is now, ready to write.

    Its weights are copied where that pays off, and the copy is kept until the model changes or goes.
    """
    if not _copy_pays_off(model):
        return PackedGPT(model, copy=False)
    now = _fingerprint(model)
    found = _copies.get(model)
    if found is None or found[0] != now:
        _copies[model] = found = now, PackedGPT(model, copy=True)
    return found[1]


def _copy_pays_off(model: GPTModel) -> bool:
    """Not on a GPU, not for very large models, and not in training, where the next step makes the copy useless."""
    weights = list(model.parameters())
    in_training = any(p.grad is not None for p in weights)
    num_bytes = sum(p.numel() * p.element_size() for p in weights)
    return weights[0].device.type == "cpu" and num_bytes <= LARGEST_COPY and not in_training


@torch.no_grad()
def _fingerprint(model: GPTModel) -> tuple[object, ...]:
    """Changes when a layer or a weight does: replaced, changed in place, or behind autograd's back through `.data`.

    The sums read every weight once, as one token does.
    """
    layers = tuple(map(id, model.modules()))
    versions = ((p.data_ptr(), 0 if p.is_inference() else p._version, float(p.sum())) for p in model.parameters())
    return layers, *versions
