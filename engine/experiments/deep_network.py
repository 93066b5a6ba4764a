"""Numbers on their way through many layers, and gradients on their way back, with and without layer norm.

Every layer is h = GELU(W h), or h = GELU(LayerNorm(W h)): the norm stands between the sums and the bend, as in
Ba et al. 2016, "Layer Normalization", equations 3 and 4. Nothing is trained: this is what training would start from.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor, nn

from engine.errors import check_bounds
from engine.model import GELU, LayerNorm

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

BATCH = 32
BOUNDS = {"depth": (2, 100), "width": (4, 128), "gain": (0.1, 4.0), "seed": (0, 99_999)}


@dataclass(frozen=True)
class DeepSettings:
    """One deep network.

    depth  layers
    width  numbers in each vector
    gain   spread of a weight, times the square root of the width: at 1, W alone keeps the size of a vector
    seed   of weights, inputs and the gradient put in at the end

    Raises InputError for a value out of bounds.
    """

    depth: int = 50
    width: int = 64
    gain: float = 1.0
    seed: int = 123

    def __post_init__(self) -> None:
        check_bounds(self, BOUNDS)


@dataclass(frozen=True)
class Signals:
    """One pass forward and one back; place 0 is the input, place l what comes out of layer l.

    spread            (depth + 1,) standard deviation of all numbers at each place
    gradient          (depth + 1,) norm of the gradient with respect to the numbers at each place, 1 at the last
    weight_gradient   (depth,) norm of the gradient with respect to the weights of layers 1 to depth
    """

    spread: Floats
    gradient: Floats
    weight_gradient: Floats


def deep_signals(settings: DeepSettings) -> tuple[Signals, Signals]:
    """The same weights and inputs without layer norm, and with it.

    32 random vectors go in, with mean 0 and variance 1. At the other end a random gradient of norm 1 is put in
    and sent back, so that a network whose outputs have vanished is not blamed for the loss as well.
    """
    random = torch.Generator().manual_seed(settings.seed)
    wide = settings.width
    x = torch.randn(BATCH, wide, generator=random, dtype=torch.float64)
    end = torch.randn(BATCH, wide, generator=random, dtype=torch.float64)
    weights = [
        torch.randn(wide, wide, generator=random, dtype=torch.float64) * settings.gain / wide**0.5
        for _ in range(settings.depth)
    ]
    return _pass(x, weights, end / end.norm(), nn.Identity()), _pass(x, weights, end / end.norm(), LayerNorm(wide))


def _pass(x: Tensor, weights: list[Tensor], end: Tensor, norm: nn.Module) -> Signals:
    norm, gelu = norm.to(torch.float64), GELU()
    weights = [w.detach().requires_grad_() for w in weights]
    places = [x.detach().requires_grad_()]
    for w in weights:
        places.append(gelu(norm(places[-1] @ w.T)))
    gradients = torch.autograd.grad(places[-1], [*places, *weights], grad_outputs=end)
    norms = np.array([g.norm().item() for g in gradients])
    return Signals(np.array([h.std().item() for h in places]), norms[: len(places)], norms[len(places) :])
