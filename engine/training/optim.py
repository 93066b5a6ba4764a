"""Optimizers and how the learning rate moves over a run."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from engine.errors import InputError
from engine.training.muon import Muon

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class Schedule:
    """The learning rate over a run, as a factor of the optimizer's own rate.

    total_steps   optimizer steps in the whole run
    warmup_steps  steps in which the factor rises in a straight line to 1
    shape         constant, cosine (half a cosine wave down) or linear
    final_factor  where cosine and linear end
    hold          share of the steps after warm-up that stay at 1 before the decay starts, 0 to below 1
    """

    total_steps: int
    warmup_steps: int = 0
    shape: str = "cosine"
    final_factor: float = 0.0
    hold: float = 0.0

    def __post_init__(self) -> None:
        if self.shape not in ("constant", "cosine", "linear"):
            raise InputError(f"there is no schedule {self.shape!r}; choose constant, cosine or linear.")
        if not 0 <= self.warmup_steps <= self.total_steps:
            raise InputError(
                f"warm-up takes {self.warmup_steps} steps and the run has {self.total_steps}; "
                "give a warm-up from 0 to the number of steps."
            )
        if not 0 <= self.hold < 1 or not 0 <= self.final_factor <= 1:
            raise InputError("hold must be from 0 to below 1, and final_factor from 0 to 1.")

    def factor(self, step: int) -> float:
        """What to multiply the learning rate with at this step (0 is the first)."""
        if step < self.warmup_steps:
            return (step + 1) / self.warmup_steps
        if self.shape == "constant":
            return 1.0
        start = self.warmup_steps + self.hold * (self.total_steps - self.warmup_steps)
        progress = min(1.0, max(0.0, (step - start) / max(1.0, self.total_steps - start)))
        down = (1 + math.cos(math.pi * progress)) / 2 if self.shape == "cosine" else 1 - progress
        return self.final_factor + (1 - self.final_factor) * down


def adamw(
    model: nn.Module, learning_rate: float, weight_decay: float = 0.1, betas: tuple[float, float] = (0.9, 0.95)
) -> torch.optim.AdamW:
    """AdamW over the trainable parameters, in one fused kernel; only matrices are decayed, as GPT-3 did.

    Source: Loshchilov and Hutter 2019, "Decoupled Weight Decay Regularization".
    """
    return torch.optim.AdamW(_decay_groups(model.parameters(), weight_decay), lr=learning_rate, betas=betas, fused=True)


def muon(
    model: nn.Module,
    matrix_rate: float = 0.02,
    other_rate: float = 2e-3,
    weight_decay: float = 0.1,
) -> OptimizerPair:
    """Muon for the matrices inside the blocks, AdamW for embeddings, norms and biases.

    Source: Jordan et al. 2024, "Muon: An optimizer for hidden layers in neural networks".
    """
    inside = [p for n, p in model.named_parameters() if p.requires_grad and p.dim() == 2 and "trf_blocks" in n]
    chosen = {id(p) for p in inside}
    rest = [p for p in model.parameters() if p.requires_grad and id(p) not in chosen]
    return OptimizerPair(
        [
            Muon([{"params": inside}], lr=matrix_rate, weight_decay=weight_decay),
            torch.optim.AdamW(_decay_groups(rest, weight_decay), lr=other_rate, betas=(0.9, 0.95), fused=True),
        ]
    )


class OptimizerPair:
    """Several optimizers over different parameters, used as one."""

    def __init__(self, optimizers: Sequence[torch.optim.Optimizer]) -> None:
        self.optimizers = list(optimizers)

    @property
    def param_groups(self) -> list[dict[str, Any]]:
        """The groups of all of them, first optimizer first."""
        return [group for optimizer in self.optimizers for group in optimizer.param_groups]

    def step(self) -> None:
        """Let each update its own parameters."""
        for optimizer in self.optimizers:
            optimizer.step()

    def zero_grad(self) -> None:
        """Forget all gradients."""
        for optimizer in self.optimizers:
            optimizer.zero_grad()

    def state_dict(self) -> dict[str, Any]:
        """The states of all of them, by position."""
        return {str(i): optimizer.state_dict() for i, optimizer in enumerate(self.optimizers)}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take back what state_dict gave."""
        for i, optimizer in enumerate(self.optimizers):
            optimizer.load_state_dict(state[str(i)])


def _decay_groups(parameters: Any, weight_decay: float) -> list[dict[str, Any]]:
    trainable = [p for p in parameters if p.requires_grad]
    return [
        {"params": [p for p in trainable if p.dim() >= 2], "weight_decay": weight_decay},
        {"params": [p for p in trainable if p.dim() < 2], "weight_decay": 0.0},
    ]
