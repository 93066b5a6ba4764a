"""Muon: momentum whose direction is made orthogonal, for the weight matrices inside the blocks.

PyTorch's own torch.optim.Muon always computes in bfloat16, which is many times slower than float32 on a CPU without
bfloat16 arithmetic; this one uses what the device is fast at.

Source: Jordan et al. 2024, "Muon: An optimizer for hidden layers in neural networks".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from engine.device import supports_bf16

if TYPE_CHECKING:
    from torch.optim.optimizer import ParamsT

# The quintic a x + b x^3 + c x^5 that pulls every singular value towards 1 (Jordan et al. 2024).
A, B, C = 3.4445, -4.7750, 2.0315
ITERATIONS = 5


class Muon(torch.optim.Optimizer):
    """Muon over two-dimensional parameters.

    lr            step size; each step changes a matrix's entries by about lr / sqrt(its columns) in root mean square
    momentum      share of the running sum of gradients kept at each step
    weight_decay  share of lr by which the weights shrink at each step
    """

    def __init__(self, params: ParamsT, lr: float = 0.02, momentum: float = 0.95, weight_decay: float = 0.1) -> None:
        super().__init__(params, {"lr": lr, "momentum": momentum, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]  # no closure is ever needed
        """Update every parameter that has a gradient."""
        for group in self.param_groups:
            lr, momentum = group["lr"], group["momentum"]
            for p in group["params"]:
                if p.grad is None:
                    continue
                state = self.state[p]
                if "momentum" not in state:
                    state["momentum"] = torch.zeros_like(p)
                state["momentum"].lerp_(p.grad, 1 - momentum)
                # Nesterov: look one step ahead along the momentum.
                direction = orthogonalize(p.grad.lerp(state["momentum"], momentum))
                p.mul_(1 - lr * group["weight_decay"])
                p.add_(direction, alpha=-lr * max(1.0, p.shape[0] / p.shape[1]) ** 0.5)


def orthogonalize(matrix: Tensor) -> Tensor:
    """A matrix with nearly the same singular vectors and all singular values near 1 (0.7 to 1.2).

    matrix   (rows, columns)
    returns  the same shape and type
    """
    x = matrix.bfloat16() if supports_bf16(matrix.device) else matrix
    tall = x.shape[0] > x.shape[1]
    x = x.T if tall else x
    x = x / (x.norm() + 1e-7)  # no singular value above 1, where the iteration starts from
    for _ in range(ITERATIONS):
        gram = x @ x.T
        x = A * x + torch.addmm(gram, gram, gram, beta=B, alpha=C) @ x
    return (x.T if tall else x).to(matrix.dtype)
