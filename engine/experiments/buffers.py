"""What register_buffer does for the causal mask: the same attention with its mask registered, and without.

Source: the notes' section 3.5, "Register_buffer method".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from engine.attention import CausalAttention
from engine.errors import InputError, first_line

if TYPE_CHECKING:
    from torch import Tensor

MOST_TOKENS = 4_096
D_IN, D_OUT = 3, 2  # of the notes' example


@dataclass(frozen=True)
class Held:
    """One tensor of a module: what it is, and which of the module's lists hold it."""

    name: str
    shape: tuple[int, ...]
    nbytes: int
    dtype: str
    device: str
    parameter: bool
    buffer: bool
    saved: bool


class PlainMaskAttention(CausalAttention):
    """CausalAttention whose mask is an ordinary attribute, as `self.mask = ...` makes it."""

    def __init__(self, d_in: int, d_out: int, context_length: int, dropout: float, qkv_bias: bool = False) -> None:
        super().__init__(d_in, d_out, context_length, dropout, qkv_bias)
        mask = self.mask
        del self.mask  # also takes it out of the module's list of buffers
        self.mask = mask


def held_by(context_length: int, registered: bool, move: str) -> list[Held]:
    """What a CausalAttention holds after it was moved.

    context_length  tokens; the mask has its square many numbers
    registered      whether the mask is a buffer, as it should be
    move            "none", "float64" (another number format), or a device's name, such as "cuda" or "meta"
    Raises InputError for a context_length out of bounds or a move that there is not.
    """
    if not 1 <= context_length <= MOST_TOKENS:
        raise InputError(f"context_length is {context_length}; give a number from 1 to {MOST_TOKENS:,}.")
    if move not in moves():
        raise InputError(f"there is no move {move!r} on this machine; there are {', '.join(moves())}.")
    module = moved((CausalAttention if registered else PlainMaskAttention)(D_IN, D_OUT, context_length, 0.0), move)
    parameters, buffers, saved = dict(module.named_parameters()), dict(module.named_buffers()), module.state_dict()
    tensors: dict[str, Tensor] = {**parameters, "mask": module.mask}
    return [
        Held(
            name,
            tuple(tensor.shape),
            tensor.nbytes,
            str(tensor.dtype).removeprefix("torch."),
            str(tensor.device),
            name in parameters,
            name in buffers,
            name in saved,
        )
        for name, tensor in tensors.items()
    ]


def moves() -> tuple[str, ...]:
    """Where a module can go on this machine; "meta" is PyTorch's device for shapes without numbers."""
    return ("none", "float64", "meta", *(("cuda",) if torch.cuda.is_available() else ()))


def moved(module: CausalAttention, move: str) -> CausalAttention:
    """The module after `.to(…)`, in place."""
    if move == "float64":
        return module.to(torch.float64)
    return module if move == "none" else module.to(move)


def try_mask(registered: bool, move: str) -> str:
    """Hide the future in scores that are where the moved weights are; returns PyTorch's complaint, empty if none."""
    module = moved((CausalAttention if registered else PlainMaskAttention)(D_IN, D_OUT, 6, 0.0), move)
    scores = module.W_query.weight.new_zeros(6, 6)
    try:
        scores.masked_fill(module.mask.bool(), -torch.inf)
    except RuntimeError as error:
        return first_line(error)
    return ""
