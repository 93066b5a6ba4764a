"""A point that walks down a surface of two parameters: SGD, momentum, Adam and AdamW from the same start.

The walks are made by torch.optim itself. `one_step` writes the arithmetic of a single step out, from the optimizer's
own memory before it, and gives the same point.

Sources: Kingma and Ba 2015, "Adam: A Method for Stochastic Optimization"; Loshchilov and Hutter 2019, "Decoupled Weight
Decay Regularization"; Rosenbrock 1960, "An automatic method for finding the greatest or least value of a function".
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from engine.errors import InputError, check_bounds

if TYPE_CHECKING:
    from collections.abc import Callable

Doubles = NDArray[np.float64]
OPTIMIZERS = ("SGD", "momentum", "Adam", "AdamW")
BETAS, EPS = (0.9, 0.999), 1e-8  # Adam's own defaults, as in torch.optim
FARTHEST = 1e4  # a walk that leaves this square has diverged and ends
BOUNDS = {
    "sgd_rate": (1e-4, 1.0),
    "adam_rate": (1e-4, 1.0),
    "momentum": (0.0, 0.99),
    "weight_decay": (0.0, 1.0),
    "steps": (1, 500),
}


@dataclass(frozen=True)
class Surface:
    """A loss of two parameters: its formula in words and as a function, the square to look at, a good start."""

    formula: str
    loss: Callable[[Tensor, Tensor], Tensor]
    span: float
    start: tuple[float, float]


SURFACES = {
    "bowl": Surface("(x² + y²) / 2", lambda x, y: (x**2 + y**2) / 2, 3.0, (-2.5, 1.5)),
    "ravine": Surface("(x² + 20 y²) / 2", lambda x, y: (x**2 + 20 * y**2) / 2, 3.0, (-2.5, 1.0)),
    "saddle": Surface("(x² − y²) / 2 + y⁴ / 8", lambda x, y: (x**2 - y**2) / 2 + y**4 / 8, 3.0, (-2.5, 0.01)),
    "rosenbrock": Surface(
        "(1 − x)² + 10 (y − x²)²", lambda x, y: (1 - x) ** 2 + 10 * (y - x**2) ** 2, 2.0, (-1.2, 1.0)
    ),
}


@dataclass(frozen=True)
class DescentSettings:
    """What the reader sets.

    surface       one of SURFACES
    x, y          where all four start
    sgd_rate      learning rate of SGD and momentum
    adam_rate     learning rate of Adam and AdamW
    momentum      share of the last step that momentum keeps
    weight_decay  of Adam (added to the gradient) and of AdamW (taken from the weight itself)
    steps         steps of each walk
    """

    surface: str = "ravine"
    x: float = -2.5
    y: float = 1.0
    sgd_rate: float = 0.05
    adam_rate: float = 0.1
    momentum: float = 0.9
    weight_decay: float = 0.0
    steps: int = 60

    def __post_init__(self) -> None:
        if self.surface not in SURFACES:
            raise InputError(f"there is no surface {self.surface!r}; choose one of {', '.join(SURFACES)}.")
        span = SURFACES[self.surface].span
        check_bounds(self, BOUNDS | {"x": (-span, span), "y": (-span, span)})


@dataclass(frozen=True)
class Walk:
    """What one optimizer did; S steps, fewer than asked for when it diverged.

    points     (S + 1, 2) where it was, the start first
    losses     (S + 1,) the surface there
    gradients  (S, 2) the slopes that each step saw
    first      (S, 2) its running mean of gradients before each step: momentum's buffer, Adam's m; 0 for SGD
    second     (S, 2) Adam's running mean of squared gradients v before each step; 0 for the others
    """

    points: Doubles
    losses: Doubles
    gradients: Doubles
    first: Doubles
    second: Doubles

    @property
    def steps(self) -> int:
        """Steps made."""
        return len(self.gradients)


def make_optimizer(name: str, parameter: Tensor, settings: DescentSettings) -> torch.optim.Optimizer:
    """The optimizer of torch.optim with this name, over one parameter.

    Raises InputError for a name that is not in OPTIMIZERS.
    """
    s = settings
    if name == "SGD":
        return torch.optim.SGD([parameter], lr=s.sgd_rate)
    if name == "momentum":
        return torch.optim.SGD([parameter], lr=s.sgd_rate, momentum=s.momentum)
    if name == "Adam":
        return torch.optim.Adam([parameter], lr=s.adam_rate, betas=BETAS, eps=EPS, weight_decay=s.weight_decay)
    if name == "AdamW":
        return torch.optim.AdamW([parameter], lr=s.adam_rate, betas=BETAS, eps=EPS, weight_decay=s.weight_decay)
    raise InputError(f"there is no optimizer {name!r}; choose one of {', '.join(OPTIMIZERS)}.")


def descend(name: str, settings: DescentSettings) -> Walk:
    """Walk down with one of OPTIMIZERS, in double precision."""
    point = torch.tensor([settings.x, settings.y], dtype=torch.float64, requires_grad=True)
    optimizer = make_optimizer(name, point, settings)
    surface = SURFACES[settings.surface].loss
    points, losses, memory = [point.tolist()], [surface(*point).item()], []
    for _ in range(settings.steps):
        optimizer.zero_grad()
        surface(*point).backward()
        memory.append((_gradient(point), *_memory(optimizer, point)))
        optimizer.step()
        points.append(point.tolist())
        losses.append(surface(*point).item())
        if not max(map(abs, points[-1])) < FARTHEST:
            break
    gradients, first, second = (np.array(column) for column in zip(*memory, strict=True))
    return Walk(np.array(points), np.array(losses), gradients, first, second)


def _gradient(point: Tensor) -> list[float]:
    return [] if point.grad is None else point.grad.tolist()


def _memory(optimizer: torch.optim.Optimizer, point: Tensor) -> tuple[list[float], list[float]]:
    """What the optimizer remembers before a step: the first and the second running mean."""
    state, none = optimizer.state.get(point, {}), torch.zeros(2)
    first = state.get("exp_avg", state.get("momentum_buffer"))
    return (none if first is None else first).tolist(), state.get("exp_avg_sq", none).tolist()


@dataclass(frozen=True)
class OneStep:
    """The arithmetic of one step of one parameter, every intermediate by name; `after` is the result."""

    terms: dict[str, float]
    after: float


def one_step(name: str, settings: DescentSettings, walk: Walk, step: int, axis: int) -> OneStep:
    """Write out step number `step` (from 0) of one parameter (axis 0 for x, 1 for y).

    Raises InputError for a step that the walk did not make.
    """
    if not 0 <= step < walk.steps:
        raise InputError(f"there is no step {step}; the walk has steps 0 to {walk.steps - 1}.")
    w, g = float(walk.points[step, axis]), float(walk.gradients[step, axis])
    first, second = float(walk.first[step, axis]), float(walk.second[step, axis])
    if name == "SGD":
        return OneStep({"w": w, "g": g}, w - settings.sgd_rate * g)
    if name == "momentum":
        velocity = settings.momentum * first + g
        return OneStep({"w": w, "g": g, "first": first, "velocity": velocity}, w - settings.sgd_rate * velocity)
    decay, rate = settings.weight_decay, settings.adam_rate
    used = g + decay * w if name == "Adam" else g
    kept = w if name == "Adam" else w - rate * decay * w
    m = BETAS[0] * first + (1 - BETAS[0]) * used
    v = BETAS[1] * second + (1 - BETAS[1]) * used**2
    m_hat, v_hat = m / (1 - BETAS[0] ** (step + 1)), v / (1 - BETAS[1] ** (step + 1))
    change = rate * m_hat / (math.sqrt(v_hat) + EPS)
    terms = {"w": w, "g": g, "used": used, "kept": kept, "first": first, "second": second, "m": m, "v": v}
    return OneStep({**terms, "m_hat": m_hat, "v_hat": v_hat, "change": change}, kept - change)


def height_map(surface: str, cells: int = 40) -> tuple[Doubles, Doubles]:
    """Centres of the cells along one side (cells,), and the loss (cells, cells), a row for each y."""
    span = SURFACES[surface].span
    edges = np.linspace(-span, span, cells + 1)
    centres = (edges[:-1] + edges[1:]) / 2
    x, y = np.meshgrid(centres, centres)
    return centres, SURFACES[surface].loss(torch.from_numpy(x), torch.from_numpy(y)).numpy()
