"""The bends of a feed-forward network and their slopes: GELU, its tanh form, and ReLU (notes, section 4.3).

Sources: Hendrycks and Gimpel 2016, "Gaussian Error Linear Units"; Nair and Hinton 2010 for ReLU.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from engine.errors import InputError
from engine.model import GELU

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

BENDS = ("gelu", "tanh", "relu")


@dataclass(frozen=True)
class Bend:
    """One bend at some places: its value and its slope there, each (N,)."""

    value: Floats
    slope: Floats


def bend(name: str, x: Floats) -> Bend:
    """Value and slope of a bend at the places x (N,).

    name  "gelu": x times the share of a standard normal distribution below x; "tanh": the form that GPT-2 was
          trained with, engine.model.GELU; "relu": x above 0, else 0

    Raises InputError for another name. The slope is PyTorch's: that of ReLU at 0 is taken as 0.
    """
    if name not in BENDS:
        raise InputError(f"there is no bend {name!r}; choose one of {', '.join(BENDS)}.")
    functions: dict[str, Callable[[Tensor], Tensor]] = {"gelu": exact_gelu, "tanh": GELU(), "relu": torch.relu}
    at = torch.tensor(x, dtype=torch.float64, requires_grad=True)
    value = functions[name](at)
    (slope,) = torch.autograd.grad(value.sum(), at)
    return Bend(value.detach().numpy(), slope.numpy())


def exact_gelu(x: Tensor) -> Tensor:
    """X times Phi(x), the share of a standard normal distribution below x."""
    return x * torch.erfc(-x / math.sqrt(2)) / 2


def normal_share(x: float) -> float:
    """Phi(x): the share of a standard normal distribution below x."""
    return math.erfc(-x / math.sqrt(2)) / 2


def normal_density(x: float) -> float:
    """phi(x): the height of the standard normal distribution's bell at x, the slope of Phi."""
    return math.exp(-x * x / 2) / math.sqrt(2 * math.pi)


def gelu_slope(x: float) -> float:
    """Slope of the exact GELU, Phi(x) + x phi(x)."""
    return normal_share(x) + x * normal_density(x)


def lowest_point() -> tuple[float, float]:
    """Where the exact GELU is lowest, and how low: there its slope is 0. Found by halving an interval."""
    low, high = -2.0, 0.0  # the slope is negative at one end and positive at the other
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if gelu_slope(middle) < 0 else (low, middle)
    return low, low * normal_share(low)
