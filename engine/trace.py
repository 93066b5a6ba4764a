"""One forward pass with everything kept: what pictures of a running GPT are made of.

The steps are those of engine.model, spelled out with the model's own layers, so every number here is the
model's. Dropout is left out: a trace shows the model as it answers, not as it trains.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from engine.attention import check_length
from engine.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from engine.attention import MultiHeadAttention
    from engine.model import GPTModel, TransformerBlock

ByLayer = dict[int, Tensor]
Head = tuple[int, int]


@dataclass(frozen=True)
class Trace:
    """What one forward pass computed; dicts map a layer's number, from 0, to its tensor.

    The stream of a layer: resid_pre + attn_out = resid_mid, and resid_mid + mlp_out = resid_post.
    Its attention: softmax of the causal part of scores = weights; attn_out is head_out summed over heads,
    plus the bias of out_proj.
    """

    ids: Tensor  # (T,) the token IDs
    ablated: tuple[Head, ...]  # (layer, head) pairs whose output was set to 0
    tok_emb: Tensor  # (T, D)
    pos_emb: Tensor  # (T, D)
    final: Tensor  # (T, D) what the head reads: the last stream, normalised
    logits: Tensor  # (T, V)
    resid_pre: ByLayer = field(default_factory=dict)  # (T, D) what flows into the block
    q: ByLayer = field(default_factory=dict)  # (H, T, K)
    k: ByLayer = field(default_factory=dict)  # (H, T, K)
    v: ByLayer = field(default_factory=dict)  # (H, T, K)
    scores: ByLayer = field(default_factory=dict)  # (H, T, T) q . k / sqrt(K), before the mask
    weights: ByLayer = field(default_factory=dict)  # (H, T, T) rows sum to 1, 0 above the diagonal
    head_out: ByLayer = field(default_factory=dict)  # (H, T, D) what each head adds to the stream
    attn_out: ByLayer = field(default_factory=dict)  # (T, D) what all heads and the bias add
    resid_mid: ByLayer = field(default_factory=dict)  # (T, D) the stream between attention and feed-forward
    mlp_out: ByLayer = field(default_factory=dict)  # (T, D) what the feed-forward adds
    resid_post: ByLayer = field(default_factory=dict)  # (T, D) what flows out of the block

    @property
    def layers(self) -> tuple[int, ...]:
        """The layers that were kept, in order."""
        return tuple(self.resid_pre)

    @property
    def nbytes(self) -> int:
        """Memory that the trace holds, bytes; a tensor kept under two names counts once."""
        storages = {t.untyped_storage().data_ptr(): t.untyped_storage().nbytes() for t in self._tensors()}
        return sum(storages.values())

    def _tensors(self) -> Iterator[Tensor]:
        for f in fields(self):
            value = getattr(self, f.name)
            if isinstance(value, Tensor):
                yield value
            elif isinstance(value, dict):
                yield from value.values()


@torch.no_grad()
def trace(model: GPTModel, ids: Tensor, layers: Iterable[int] | None = None, ablate: Iterable[Head] = ()) -> Trace:
    """Run the model on one text and keep what happens inside.

    ids     (T,) token IDs
    layers  the layers to keep, from 0; None keeps all. A layer takes about H T (2 T + D) numbers, so ask for
            few layers of a big model. logits are always there.
    ablate  (layer, head) pairs, from 0, whose output is set to 0 ("switched off")

    Raises InputError for no token or too many, and for a token, layer or head that the model does not have.
    """
    ids = _checked_ids(model, ids)
    depth = model.cfg.n_layers
    keep = {_checked("layer", layer, depth) for layer in (range(depth) if layers is None else layers)}
    off = _checked_heads(model, ablate)
    tok_emb = model.tok_emb(ids)
    pos_emb = model.pos_emb(torch.arange(len(ids), device=ids.device))
    x = tok_emb + pos_emb
    kept: dict[str, ByLayer] = defaultdict(dict)
    for layer, block in enumerate(model.blocks):
        parts = _block(block, x, off.get(layer, []), with_heads=layer in keep)
        x = parts["resid_post"]
        if layer in keep:
            for name, tensor in parts.items():
                kept[name][layer] = tensor
    final = model.final_norm(x)
    ablated = tuple((layer, head) for layer in sorted(off) for head in off[layer])
    return Trace(ids, ablated, tok_emb, pos_emb, final, model.out_head(final), **kept)


def trace_in_groups(model: GPTModel, ids: Tensor, numbers: int = 50_000_000) -> Iterator[Trace]:
    """Traces of one text that cover all layers together, few at a time: for models too big for the memory.

    ids      (T,) token IDs
    numbers  about how many numbers a trace may hold; a small model fits into one trace

    Raises InputError as trace does.
    """
    cfg, tokens = model.cfg, len(ids)
    group = max(1, numbers // max(1, cfg.n_heads * tokens * (2 * tokens + cfg.emb_dim)))
    for first in range(0, cfg.n_layers, group):
        yield trace(model, ids, layers=range(first, min(first + group, cfg.n_layers)))


def ablated_logits(model: GPTModel, ids: Tensor, heads: Iterable[Head]) -> Tensor:
    """Logits (T, V) of the text when some heads add nothing; keeps nothing else, so it is light on memory.

    ids    (T,) token IDs
    heads  (layer, head) pairs, from 0

    Raises InputError as trace does.
    """
    return trace(model, ids, layers=(), ablate=heads).logits


def _block(block: TransformerBlock, x: Tensor, off: list[int], with_heads: bool) -> dict[str, Tensor]:
    """TransformerBlock.forward for one text x (T, D), every step under its name in Trace."""
    att = block.att
    parts = {"resid_pre": x, **_attend(att, block.norm1(x))}
    context = parts["weights"] @ parts["v"]  # (H, T, K)
    context[off] = 0
    if with_heads:
        parts["head_out"] = _each_head_out(att, context)
    parts["attn_out"] = att.out_proj(att.join_heads(context[None])[0])
    parts["resid_mid"] = x + parts["attn_out"]
    parts["mlp_out"] = block.ff(block.norm2(parts["resid_mid"]))
    parts["resid_post"] = parts["resid_mid"] + parts["mlp_out"]
    return parts


def _attend(att: MultiHeadAttention, x: Tensor) -> dict[str, Tensor]:
    """Who looks at whom: queries, keys, values, scores and weights of the normalised stream x (T, D)."""
    projections = (att.W_query, att.W_key, att.W_value)
    q, k, v = (att.split_heads(layer(x)[None])[0] for layer in projections)  # (H, T, K)
    scores = q @ k.transpose(1, 2) / att.head_dim**0.5  # (H, T, T)
    future = att.mask.bool()[: len(x), : len(x)]
    weights = torch.softmax(scores.masked_fill(future, -torch.inf), dim=-1)
    return {"q": q, "k": k, "v": v, "scores": scores, "weights": weights}


def _each_head_out(att: MultiHeadAttention, context: Tensor) -> Tensor:
    """What each head adds to the stream (H, T, D): its context (H, T, K) times its columns of out_proj."""
    columns = att.out_proj.weight.view(-1, att.num_heads, att.head_dim)  # (D, H, K)
    return context @ columns.permute(1, 2, 0)


def _checked_ids(model: GPTModel, ids: Tensor) -> Tensor:
    if ids.dim() != 1:
        raise InputError(f"a trace is of one text: give token IDs of shape (T,), not {tuple(ids.shape)}.")
    if len(ids) == 0:
        raise InputError("there is no token to start from; give at least one.")
    check_length(len(ids), model.cfg.context_length)
    low, high = int(ids.min()), int(ids.max())
    if low < 0 or high >= model.cfg.vocab_size:
        bad = low if low < 0 else high
        raise InputError(f"there is no token {bad}; the model's IDs go from 0 to {model.cfg.vocab_size - 1:,}.")
    return ids.to(model.tok_emb.weight.device)


def _checked_heads(model: GPTModel, heads: Iterable[Head]) -> Mapping[int, list[int]]:
    """Heads by layer, each once, in order."""
    by_layer: dict[int, set[int]] = defaultdict(set)
    for layer, head in heads:
        by_layer[_checked("layer", layer, model.cfg.n_layers)].add(_checked("head", head, model.cfg.n_heads))
    return {layer: sorted(found) for layer, found in by_layer.items()}


def _checked(what: str, index: int, count: int) -> int:
    if not 0 <= index < count:
        raise InputError(f"there is no {what} {index}; this model's go from 0 to {count - 1}.")
    return index
