"""Weight decay: Adam without it, Adam with it in the gradient (L2), AdamW with it taken from the weight.

A linear model learns from examples whose features differ much in size, so that its weights see gradients of very
different size; the true weight of every feature is 1.

Source: Loshchilov and Hutter 2019, "Decoupled Weight Decay Regularization", section 2.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from engine.errors import InputError

Doubles = NDArray[np.float64]
FEATURES, EXAMPLES, BATCH, STEPS, RATE = 8, 256, 16, 500, 0.02
KINDS = ("Adam, no decay", "Adam, decay in the gradient", "AdamW, decay of the weight")


@dataclass(frozen=True)
class Decay:
    """What the three optimizers made of the same data.

    scales   (F,) size of each feature, and so of its weight's gradient
    lengths  kind -> (STEPS + 1,) length of the weight vector before each step and after the last
    weights  kind -> (F,) the weights at the end
    losses   kind -> the loss on all examples at the end, without the penalty
    """

    scales: Doubles
    lengths: dict[str, Doubles]
    weights: dict[str, Doubles]
    losses: dict[str, float]


def compare_decay(weight_decay: float, seed: int) -> Decay:
    """Train the three on the same batches.

    Raises InputError for a decay outside 0 to 2.
    """
    if not 0 <= weight_decay <= 2:
        raise InputError(f"weight_decay is {weight_decay}; give 0 to 2.")
    random = torch.Generator().manual_seed(seed)
    scales = torch.logspace(-1, 1, FEATURES, dtype=torch.float64)
    x = torch.randn(EXAMPLES, FEATURES, generator=random, dtype=torch.float64) * scales
    y = x.sum(1) + torch.randn(EXAMPLES, generator=random, dtype=torch.float64)
    batches = torch.randint(EXAMPLES, (STEPS, BATCH), generator=random)
    lengths, weights, losses = {}, {}, {}
    for kind in KINDS:
        w = torch.full((FEATURES,), 2.0, dtype=torch.float64, requires_grad=True)
        make = torch.optim.AdamW if kind.startswith("AdamW") else torch.optim.Adam
        optimizer = make([w], lr=RATE, weight_decay=0.0 if kind == KINDS[0] else weight_decay)
        sizes = [w.norm().item()]
        for batch in batches:
            optimizer.zero_grad()
            ((x[batch] @ w - y[batch]) ** 2).mean().backward()
            optimizer.step()
            sizes.append(w.norm().item())
        lengths[kind], weights[kind] = np.array(sizes), w.detach().numpy().copy()
        losses[kind] = ((x @ w - y) ** 2).mean().item()
    return Decay(scales.numpy(), lengths, weights, losses)
