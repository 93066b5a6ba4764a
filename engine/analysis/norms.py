"""A model's layer norms at work: the vector that comes in, each step of the formula, and what goes out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from engine.errors import InputError
from engine.trace import trace, trace_in_groups

if TYPE_CHECKING:
    from torch import Tensor

    from engine.model import GPTModel, LayerNorm

# Where a GPT-2 normalises: twice in each block, and once after the last.
PLACES = ("norm1", "norm2", "final_norm")


@dataclass(frozen=True)
class NormSteps:
    """Vectors (..., D) through one LayerNorm.

    mean, variance  (..., 1); the variance is divided by D
    normalised      (..., D) mean 0 and variance 1
    scale, shift    (D,) learned
    out             (..., D) scale * normalised + shift: what LayerNorm returns
    eps             added to the variance, so that a constant vector does not divide by zero
    """

    x: Tensor
    mean: Tensor
    variance: Tensor
    normalised: Tensor
    scale: Tensor
    shift: Tensor
    out: Tensor
    eps: float


@torch.no_grad()
def norm_steps(norm: LayerNorm, x: Tensor) -> NormSteps:
    """LayerNorm.forward, spelled out (notes, section 4.2).

    x  (..., D) any vectors of the norm's width

    Raises InputError for another width.
    """
    if x.shape[-1] != len(norm.scale):
        raise InputError(f"this layer norm takes {len(norm.scale):,} numbers, not {x.shape[-1]:,}.")
    mean = x.mean(dim=-1, keepdim=True)
    variance = x.var(dim=-1, keepdim=True, unbiased=False)
    normalised = (x - mean) / torch.sqrt(variance + norm.eps)
    out = norm.scale * normalised + norm.shift
    return NormSteps(x, mean, variance, normalised, norm.scale.detach(), norm.shift.detach(), out, norm.eps)


def norm_in_model(model: GPTModel, ids: Tensor, place: str, layer: int = 0) -> NormSteps:
    """One of the model's norms on the residual stream (T, D) of a text.

    ids    (T,) token IDs
    place  norm1 (before attention), norm2 (before the feed-forward), final_norm (after the last block)
    layer  the block, from 0; of no account for final_norm

    Raises InputError for another place, and as engine.trace does.
    """
    if place not in PLACES:
        raise InputError(f"there is no norm {place!r}; choose one of {', '.join(PLACES)}.")
    if place == "final_norm":
        last = model.cfg.n_layers - 1
        return norm_steps(model.final_norm, trace(model, ids, [last]).resid_post[last])
    kept = trace(model, ids, [layer])
    stream = kept.resid_pre if place == "norm1" else kept.resid_mid
    return norm_steps(getattr(model.blocks[layer], place), stream[layer])


def spread_at_norms(model: GPTModel, ids: Tensor) -> tuple[Tensor, Tensor]:
    """Standard deviation of every token's vector before and after each norm, in the order of the forward pass.

    ids      (T,) token IDs
    returns  two (2 L + 1, T): norm1 and norm2 of each block, then final_norm

    Raises InputError as engine.trace does.
    """
    steps = []
    for kept in trace_in_groups(model, ids):
        for layer in kept.layers:
            block = model.blocks[layer]
            steps.append(norm_steps(block.norm1, kept.resid_pre[layer]))
            steps.append(norm_steps(block.norm2, kept.resid_mid[layer]))
    steps.append(norm_steps(model.final_norm, kept.resid_post[kept.layers[-1]]))
    before = torch.stack([s.variance[:, 0].sqrt() for s in steps])
    return before, torch.stack([s.out.std(dim=-1, unbiased=False) for s in steps])
