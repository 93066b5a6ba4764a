"""A head on vectors that stay as they are has one best state, and it is worked out: logistic regression.

What is made small is the mean cross-entropy of all texts, plus weight_decay / 2 times the squares of the head's
weights. That sum has a single lowest point, and L-BFGS finds it in some dozen passes over all texts: no seed, no rate,
no order of the texts and no epoch have a say.

Source: Liu and Nocedal 1989, "On the limited memory BFGS method for large scale optimization"; a head on what stays as
it is, to see what is in there: Alain and Bengio 2016, "Understanding intermediate layers using linear classifier
probes".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F

from engine.finetune.batches import stack
from engine.finetune.recipe import MOST_PASSES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from torch import Tensor

    from engine.finetune.network import Network

AT_ONCE = 1024  # texts
FLAT = 1e-4  # largest slope at which the lowest point is reached


@dataclass(frozen=True)
class Pass:
    """One move of the head.

    loss       mean cross-entropy before it, nats a text
    grad_norm  norm of the gradient before it, the pull of the weights included
    length     of the move, as a share of what L-BFGS proposed
    """

    loss: float
    grad_norm: float
    length: float


def solve(
    network: Network, kept: Sequence[Tensor], targets: Tensor, decay: float, weights: Tensor | None = None
) -> Iterator[Pass]:
    """Move the network's head to its best state for these texts, pass by pass.

    kept     what `lower` made of each text
    targets  (N,) numbers of their classes
    decay    pull of the weights towards 0
    weights  (C,) of the classes in the loss; None: 1
    """
    head, device = network.out_head, network.device
    weights = None if weights is None else weights.to(device)
    first: list[tuple[float, Tensor]] = []  # loss and gradient before a pass; then L-BFGS looks further along its line

    def look() -> Tensor:
        network.zero_grad()
        total = torch.zeros((), device=device)
        for some in torch.arange(len(kept)).split(AT_ONCE):
            found = network(*stack([kept[i] for i in some.tolist()]))
            loss = F.cross_entropy(found, targets[some].to(device), weights, reduction="sum") / len(kept)
            loss.backward()
            total += loss.detach()
        pull = decay / 2 * head.weight.square().sum()
        pull.backward()
        if not first:
            first.append((float(total), torch.cat([p.grad.flatten() for p in head.parameters()])))
        return total + pull.detach()

    optimizer = torch.optim.LBFGS(head.parameters(), max_iter=1, max_eval=25, line_search_fn="strong_wolfe")
    for _ in range(MOST_PASSES):
        first.clear()
        optimizer.step(look)
        loss, slope = first[0]
        yield Pass(loss, float(slope.norm()), float(optimizer.state[head.weight].get("t", 0.0)))
        if slope.abs().max() < FLAT:
            break
