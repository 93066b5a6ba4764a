"""Units that no training example can move any more, counted while two small networks learn.

The task: from two numbers, predict a wavy surface. Both networks have 64 hidden units, the same start and the same
examples; only the bend differs, ReLU or GELU.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from engine.errors import InputError
from engine.model import GELU

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

EXAMPLES, HIDDEN, STEPS, EVERY = 128, 64, 300, 5
# A unit is dead when its slope is smaller than this, in size, for every training example.
SMALLEST_SLOPE = 1e-3
RATES = (0.0001, 1.0)


@dataclass(frozen=True)
class DeadUnits:
    """One network's training.

    steps    (N,) training steps done, from 0
    dead     (N,) how many of the 64 hidden units were dead then
    loss     (N,) mean squared error
    slopes   (64,) largest size of each unit's slope over all examples, after the last step
    """

    steps: NDArray[np.int64]
    dead: NDArray[np.int64]
    loss: Floats
    slopes: Floats


def count_dead_units(bend: str, rate: float, seed: int) -> DeadUnits:
    """Train 300 steps with Adam on all 128 examples at once, and count dead units every fifth step.

    bend  "relu" or "gelu"
    rate  learning rate, 0.0001 to 1
    seed  of examples and initial weights, the same for both bends

    Raises InputError for another bend or a rate out of bounds.
    """
    if bend not in ("relu", "gelu"):
        raise InputError(f"there is no bend {bend!r}; choose relu or gelu.")
    if not RATES[0] <= rate <= RATES[1]:
        raise InputError(f"the learning rate is {rate}; give a number from {RATES[0]} to {RATES[1]}.")
    random = torch.Generator().manual_seed(seed)
    x = torch.randn(EXAMPLES, 2, generator=random)
    y = torch.sin(2 * x[:, :1]) * torch.cos(x[:, 1:])
    weights = [_uniform(random, HIDDEN, 2), _uniform(random, HIDDEN), _uniform(random, 1, HIDDEN), torch.zeros(1)]
    w1, b1, w2, b2 = (w.requires_grad_() for w in weights)
    optimizer = torch.optim.Adam([w1, b1, w2, b2], lr=rate)
    function = GELU() if bend == "gelu" else torch.nn.ReLU()
    seen: list[tuple[int, int, float]] = []
    for step in range(STEPS + 1):
        sums = x @ w1.T + b1
        loss = (function(sums) @ w2.T + b2 - y).square().mean()
        if step % EVERY == 0:
            slopes = _largest_slopes(function, sums)
            seen.append((step, int((slopes < SMALLEST_SLOPE).sum()), loss.item()))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    steps, dead, losses = zip(*seen, strict=True)
    return DeadUnits(np.array(steps), np.array(dead), np.array(losses), slopes.double().numpy())


def _uniform(random: torch.Generator, *shape: int) -> Tensor:
    """Numbers as nn.Linear draws them, for as many inputs as the last size says; 2 for a bias of layer one."""
    inputs = shape[-1] if len(shape) > 1 else 2
    return (2 * torch.rand(*shape, generator=random) - 1) / inputs**0.5


def _largest_slopes(function: torch.nn.Module, sums: Tensor) -> Tensor:
    """(hidden,) the largest size of the bend's slope over the examples of sums (examples, hidden)."""
    at = sums.detach().requires_grad_()
    (slopes,) = torch.autograd.grad(function(at).sum(), at)
    return slopes.abs().amax(dim=0)
