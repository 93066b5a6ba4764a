"""A GPT's weights laid out for writing text: one token at a time, what takes time is reading every weight once.

A matrix times one vector runs at the speed of memory, and how the matrix lies there decides how near it gets to that;
`python -m benchmarks decoding` measures how near. Queries, keys and values become one matrix, and each matrix is cut
into as many parts as there are threads, because PyTorch multiplies one row on one thread only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast
from weakref import WeakKeyDictionary

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engine.attention import check_length
from engine.device import supports_bf16
from engine.errors import InputError
from engine.fast import fast_norm

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from engine.model import GPTModel, TransformerBlock

# Beyond this many bytes of weights a second copy would cost more memory than its speed is worth.
LARGEST_COPY = 1_000_000_000

AS_IS, SPLIT, BF16 = "as they are", "a part for each thread", "in bfloat16"


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

    order  how its matrices are kept: AS_IS, SPLIT or BF16; layers that are not plain nn.Linear (LoRA's, say)
           are used as they are in any case
    """

    def __init__(self, model: GPTModel, order: str) -> None:
        self.cfg = model.cfg
        self.tok_emb, self.pos_emb = model.tok_emb, model.pos_emb
        self.blocks = [_Block(block, order) for block in model.blocks]
        self.final_norm = model.final_norm
        self.head = _joined([model.out_head], order)

    @torch.inference_mode()
    def next_logits(self, ids: Tensor, cache: KVCache) -> Tensor:
        """Scores (B, V) of what comes after the last token.

        ids  (B, T) the tokens that the cache does not hold yet: the whole text at first, then those that come new

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
        return self.head(fast_norm(self.final_norm, x[:, -1]))


class _Block:
    """One transformer block with its queries, keys and values from one matrix."""

    def __init__(self, block: TransformerBlock, order: str) -> None:
        att = block.att
        widen, _, narrow = cast("list[nn.Linear]", list(block.ff.layers))
        self.num_heads = att.num_heads
        self.norm1, self.norm2 = block.norm1, block.norm2
        self.qkv = _joined([att.W_query, att.W_key, att.W_value], order)
        self.out = _joined([att.out_proj], order)
        self.widen, self.narrow = _joined([widen], order), _joined([narrow], order)

    def __call__(self, x: Tensor, kept: Tensor, start: int) -> Tensor:
        """(B, T, D) -> (B, T, D); writes keys and values into kept (2, B, H, size, K) from position start on."""
        batch, num_tokens, width = x.shape
        qkv = self.qkv(fast_norm(self.norm1, x)).view(batch, num_tokens, 3, self.num_heads, -1)
        qkv = qkv.permute(2, 0, 3, 1, 4)  # (3, B, H, T, K)
        end = start + num_tokens
        kept[:, :, :, start:end] = qkv[1:]
        keys, values = kept[:, :, :, :end]
        # One new token may look at all that came before: no mask. Several must not look at each other's future.
        mask = None
        if start and num_tokens > 1:
            mask = torch.ones(num_tokens, end, dtype=torch.bool, device=x.device).tril(start)
        context = F.scaled_dot_product_attention(qkv[0], keys, values, mask, is_causal=start == 0)
        x = x + self.out(context.transpose(1, 2).reshape(batch, num_tokens, width))
        return x + self.narrow(F.gelu(self.widen(fast_norm(self.norm2, x)), approximate="tanh"))


def _joined(layers: list[nn.Linear], order: str) -> Callable[[Tensor], Tensor]:
    """One function (..., in) -> (..., out) for linear layers over the same input, their outputs side by side."""
    if order == AS_IS or any(type(layer) is not nn.Linear for layer in layers):
        return layers[0] if len(layers) == 1 else lambda x: torch.cat([layer(x) for layer in layers], dim=-1)
    weight = _stacked([layer.weight for layer in layers])
    bias = None if layers[0].bias is None else _stacked([layer.bias for layer in layers])
    return _in_bf16(weight, bias) if order == BF16 else _split(weight, bias)


def _split(weight: Tensor, bias: Tensor | None) -> Callable[[Tensor], Tensor]:
    """The matrix in as many parts as there are threads; a batched product gives each thread one of them."""
    parts = torch.get_num_threads()
    rows, columns = weight.shape
    missing = -rows % parts
    stack = F.pad(weight, (0, 0, 0, missing)).view(parts, -1, columns).transpose(1, 2)  # (parts, in, out / parts)
    if rows >= columns:
        # Column by column is up to twice as fast: it reads many streams at once. Long rows do well as they are.
        stack = stack.contiguous()
    offset = None if bias is None else F.pad(bias, (0, missing)).view(parts, 1, -1)

    def linear(x: Tensor) -> Tensor:
        same = x.reshape(1, -1, columns).expand(parts, -1, -1)
        out = torch.bmm(same, stack) if offset is None else torch.baddbmm(offset, same, stack)
        return out.transpose(0, 1).reshape(*x.shape[:-1], -1)[..., :rows]

    return linear


def _stacked(parts: Sequence[Tensor]) -> Tensor:
    return parts[0].detach() if len(parts) == 1 else torch.cat([part.detach() for part in parts])


def _in_bf16(weight: Tensor, bias: Tensor | None) -> Callable[[Tensor], Tensor]:
    """Half the bytes to read."""
    half, half_bias = weight.bfloat16(), None if bias is None else bias.bfloat16()

    def linear(x: Tensor) -> Tensor:
        if x.shape[:-1].numel() > 1 or x.device.type != "cpu":
            return F.linear(x.bfloat16(), half, half_bias).to(x.dtype)
        # On a CPU, matrix times vector has a kernel of its own, up to twice as fast as that for one row of a matrix.
        vector = x.flatten().bfloat16()
        out = torch.mv(half, vector) if half_bias is None else torch.addmv(half_bias, half, vector)
        return out.view(*x.shape[:-1], -1).to(x.dtype)

    return linear


_copies: WeakKeyDictionary[GPTModel, tuple[tuple[object, ...], PackedGPT]] = WeakKeyDictionary()


def packed(model: GPTModel, precision: str = "fp32") -> PackedGPT:
    """The model as it is now, ready to write.

    precision  fp32, or bf16 to read half the bytes for each token, with numbers of 8 bits' accuracy

    Its weights are copied where that pays off, and the copy is kept until the model changes or goes.

    Raises InputError for another precision, or bf16 where the hardware does not have it.
    """
    order = _best_order(model, precision)
    if order == AS_IS:
        return PackedGPT(model, AS_IS)
    now = (order, torch.get_num_threads(), *_fingerprint(model))
    found = _copies.get(model)
    if found is None or found[0] != now:
        _copies[model] = found = now, PackedGPT(model, order)
    return found[1]


def _best_order(model: GPTModel, precision: str) -> str:
    if precision not in ("fp32", "bf16"):
        raise InputError(f"there is no precision {precision!r}; choose fp32 or bf16.")
    weights = list(model.parameters())
    if precision == "bf16":
        if not supports_bf16(weights[0].device):
            raise InputError("this device has no arithmetic in bfloat16, which would make it slower; choose fp32.")
        return BF16
    too_large = sum(p.numel() * p.element_size() for p in weights) > LARGEST_COPY
    in_training = any(p.grad is not None for p in weights)  # the next step would make the copy useless
    if weights[0].device.type != "cpu" or weights[0].dtype != torch.float32 or too_large or in_training:
        return AS_IS
    return SPLIT


@torch.no_grad()
def _fingerprint(model: GPTModel) -> tuple[object, ...]:
    """Changes when a layer or a weight does: replaced, changed in place, or behind autograd's back through `.data`.

    The sums read every weight once, as one token does.
    """
    layers = tuple(map(id, model.modules()))
    versions = ((p.data_ptr(), 0 if p.is_inference() else p._version, float(p.sum())) for p in model.parameters())
    return layers, *versions
