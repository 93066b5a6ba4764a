"""LoRA: a model stays as it is, and beside each of its matrices two thin ones learn what to add to it.

    y = x Wᵀ + b + (alpha / rank) · x Aᵀ Bᵀ        W (out, in) frozen, A (rank, in) and B (out, rank) trained

B starts at zero, so the model starts unchanged; afterwards B A is added into W and nothing is left to compute.

Source: Hu et al. 2021, "LoRA: Low-Rank Adaptation of Large Language Models", section 4.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engine.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

# Every matrix of a block; the embeddings and the head stay as they are.
BLOCK_MATRICES = ("W_query", "W_key", "W_value", "out_proj", "ff.layers.0", "ff.layers.2")


class LoRALinear(nn.Module):
    """A frozen nn.Linear and the two thin matrices that learn beside it.

    rank       columns that all change has to pass through
    alpha      strength: the change counts alpha / rank times
    generator  of A's first numbers, uniform within 1 / sqrt(in), as nn.Linear's own
    """

    def __init__(self, linear: nn.Linear, rank: int, alpha: float, generator: torch.Generator | None = None) -> None:
        super().__init__()
        if not 1 <= rank <= min(linear.in_features, linear.out_features):
            raise InputError(
                f"the rank is {rank}; give at least 1 and at most {min(linear.in_features, linear.out_features)}, "
                "the smaller side of the smallest matrix it stands beside."
            )
        if not 0 < alpha < math.inf:
            raise InputError(f"alpha is {alpha}; give a number above 0.")
        self.linear = linear.requires_grad_(False)
        self.scale = alpha / rank
        width = linear.in_features
        first = torch.empty(rank, width).uniform_(-(width**-0.5), width**-0.5, generator=generator)
        self.A = nn.Parameter(first.to(linear.weight))
        self.B = nn.Parameter(linear.weight.new_zeros(linear.out_features, rank))

    @property
    def weight(self) -> Tensor:
        """The matrix (out, in) that this layer as a whole multiplies with."""
        return self.linear.weight + self.scale * self.B @ self.A

    @property
    def bias(self) -> Tensor | None:
        """The frozen layer's."""
        return self.linear.bias

    def forward(self, x: Tensor) -> Tensor:
        """(..., in) -> (..., out)."""
        # Two thin products instead of one with W + scale B A: the sum would cost a whole matrix at every step.
        return self.linear(x) + self.scale * F.linear(F.linear(x, self.A), self.B)


def add_lora(
    model: nn.Module,
    rank: int,
    alpha: float,
    generator: torch.Generator | None = None,
    targets: Sequence[str] = BLOCK_MATRICES,
) -> None:
    """Freeze the model, in place, and let thin matrices learn beside its layers.

    targets  ends of the names of those nn.Linear layers, whole parts of a name, such as "W_query"

    What else is to learn, a new head say, is put in or unfrozen after this.

    Raises InputError for a rank or alpha that cannot be, or when no layer has such a name.
    """
    found = [(name, layer) for name, layer in model.named_modules() if _is_target(name, layer, targets)]
    if not found:
        raise InputError(f"no linear layer's name ends in {' or '.join(targets)}; look into model.named_modules().")
    # All are made before the first is put in: an error leaves the model's layers as they were.
    made = [(name, LoRALinear(layer, rank, alpha, generator)) for name, layer in found]
    model.requires_grad_(False)
    for name, layer in made:
        _replace(model, name, layer.train(model.training))


@torch.no_grad()
def merge_lora(model: nn.Module) -> None:
    """Add what was learned into the matrices, in place: plain nn.Linear layers again, the same outputs."""
    for name, layer in list(model.named_modules()):
        if isinstance(layer, LoRALinear):
            layer.linear.weight += layer.scale * layer.B @ layer.A
            _replace(model, name, layer.linear)


def _is_target(name: str, layer: nn.Module, targets: Sequence[str]) -> bool:
    return isinstance(layer, nn.Linear) and any(f".{name}".endswith(f".{target}") for target in targets)


def _replace(model: nn.Module, name: str, layer: nn.Module) -> None:
    parent, _, last = name.rpartition(".")
    setattr(model.get_submodule(parent), last, layer)
