"""What a model's state_dict holds, and what train() and eval() change: dropout.

Source: the notes' section 5.4; Srivastava et al. 2014, "Dropout".
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engine.attention import check_length
from engine.errors import InputError

if TYPE_CHECKING:
    from engine.model import GPTModel

MOST_PASSES = 100


@dataclass(frozen=True)
class Entry:
    """One line of a state_dict.

    kind     parameter (training changes it) or buffer (it does not, a mask)
    tied_to  the earlier name that shares its storage, "" for none
    """

    name: str
    shape: tuple[int, ...]
    dtype: str
    numbers: int
    bytes: int
    kind: str
    tied_to: str


@dataclass(frozen=True)
class Totals:
    """Sums over a state_dict; a storage with two names counts once."""

    parameters: int
    buffers: int
    parameter_bytes: int
    buffer_bytes: int


def state_entries(model: nn.Module) -> list[Entry]:
    """Every name of the model's state_dict, in its order."""
    trained = {name for name, _ in model.named_parameters(remove_duplicate=False)}
    seen: dict[int, str] = {}
    entries = []
    for name, tensor in model.state_dict().items():
        first = seen.setdefault(tensor.data_ptr(), name)
        kind = "parameter" if name in trained else "buffer"
        numbers = tensor.numel()
        size = numbers * tensor.element_size()
        dtype = str(tensor.dtype).removeprefix("torch.")
        entries.append(Entry(name, tuple(tensor.shape), dtype, numbers, size, kind, "" if first == name else first))
    return entries


def totals(entries: list[Entry]) -> Totals:
    """How many numbers and bytes, each storage once."""
    own = [e for e in entries if not e.tied_to]
    parameters, buffers = ([e for e in own if e.kind == kind] for kind in ("parameter", "buffer"))
    return Totals(
        sum(e.numbers for e in parameters),
        sum(e.numbers for e in buffers),
        sum(e.bytes for e in parameters),
        sum(e.bytes for e in buffers),
    )


class SeededDropout(nn.Module):
    """nn.Dropout with a random generator of its own, whose state can be saved."""

    def __init__(self, rate: float, random: torch.Generator) -> None:
        super().__init__()
        self.rate, self.random = rate, random

    def forward(self, x: Tensor) -> Tensor:
        """In training a share `rate` becomes 0 and the rest is divided by 1 - rate; else x as it is."""
        if not self.training or not self.rate:
            return x
        keep = torch.rand(x.shape, generator=self.random).to(x.device) >= self.rate
        return x * keep / (1 - self.rate)


def seed_dropout_(model: nn.Module, rate: float, random: torch.Generator) -> None:
    """Exchange every nn.Dropout inside the model for a SeededDropout with this generator."""
    for module in list(model.modules()):
        for name, child in module.named_children():
            if isinstance(child, nn.Dropout):
                setattr(module, name, SeededDropout(rate, random))


@torch.no_grad()
def losses_by_mode(
    model: GPTModel, ids: Tensor, rate: float, passes: int, seed: int
) -> tuple[list[float], list[float]]:
    """The loss of one text, again and again, in train mode and in eval mode, nats a token.

    ids   (T,) at least two tokens
    rate  of dropout, 0 to below 1

    The model stays as it is: a copy of its layers reads the same weights.

    Raises InputError for a rate or a number of passes out of bounds, fewer than two tokens, or more than the context.
    """
    if len(ids) < 2:
        raise InputError("give a text of at least two tokens, so that there is a next one to predict.")
    if not 0 <= rate < 1 or not 1 <= passes <= MOST_PASSES:
        raise InputError(f"give a dropout rate from 0 to below 1, and 1 to {MOST_PASSES} passes.")
    check_length(len(ids) - 1, model.cfg.context_length)
    shared = {id(t): t for t in [*model.parameters(), *model.buffers()]}
    twin = copy.deepcopy(model, shared)
    seed_dropout_(twin, rate, torch.Generator().manual_seed(seed))
    ids = ids.to(next(model.parameters()).device)

    def loss() -> float:
        return F.cross_entropy(twin(ids[None, :-1])[0], ids[1:]).item()

    twin.train()
    train = [loss() for _ in range(passes)]
    twin.eval()
    return train, [loss() for _ in range(passes)]
