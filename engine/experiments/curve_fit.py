"""One curve fitted by networks of growing width: 1, 2, 4 and 8 times four hidden units.

Each network is one number in, hidden units with GELU, one number out. All widths and three starts of each are trained
at the same time, as one batch of networks.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from engine.errors import InputError
from engine.model import GELU

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor

    Floats = NDArray[np.float64]

BASE, TIMES = 4, (1, 2, 4, 8)
STARTS, POINTS, STEPS, EVERY, RATE = 3, 128, 600, 30, 0.03
TARGETS = {
    "wave": lambda x: torch.sin(9 * x) * torch.exp(-x * x),
    "zigzag": lambda x: 2 * (2 * ((1.5 * x) % 1) - 1).abs() - 1,
    "steps": lambda x: torch.floor(2 * (x + 1)).clamp(max=3) / 1.5 - 1,
    "bell": lambda x: torch.exp(-60 * (x - 0.2) ** 2),
}


@dataclass(frozen=True)
class CurveFit:
    """What all networks had learned after each kept number of steps.

    x        (128,) inputs, -1 to 1
    target   (128,) what they should say
    widths   (4,) hidden units
    steps    (N,) training steps done, from 0
    fits     (N, 4, starts, 128) what they say
    errors   (N, 4, starts) mean squared error
    """

    x: Floats
    target: Floats
    widths: NDArray[np.int64]
    steps: NDArray[np.int64]
    fits: Floats
    errors: Floats


def fit_curve(target: str, seed: int) -> CurveFit:
    """Train 600 steps with Adam on 128 points of a curve.

    target  wave, zigzag, steps or bell
    seed    of the initial weights; a wider network begins with the units of the narrower one

    Raises InputError for another target.
    """
    if target not in TARGETS:
        raise InputError(f"there is no curve {target!r}; choose one of {', '.join(TARGETS)}.")
    x = torch.linspace(-1, 1, POINTS)
    y = TARGETS[target](x)
    used, weights = _networks(torch.Generator().manual_seed(seed))
    w1, b1, w2, b2 = weights
    optimizer, gelu = torch.optim.Adam(weights, lr=RATE), GELU()
    fits = []
    for step in range(STEPS + 1):
        hidden = gelu(w1[..., None] * x + b1[..., None])  # (widths, starts, units, points)
        out = ((w2 * used)[..., None] * hidden).sum(dim=2) + b2  # (widths, starts, points)
        if step % EVERY == 0:
            fits.append(out.detach())
        optimizer.zero_grad()
        # The networks share nothing, so the gradient of the sum is each one's own.
        (out - y).square().mean(dim=-1).sum().backward()
        optimizer.step()
    kept = torch.stack(fits)
    return CurveFit(
        x.double().numpy(),
        y.double().numpy(),
        BASE * np.array(TIMES),
        np.arange(0, STEPS + 1, EVERY),
        kept.double().numpy(),
        (kept - y).square().mean(dim=-1).double().numpy(),
    )


def _networks(random: torch.Generator) -> tuple[Tensor, list[Tensor]]:
    """Which units each network has (widths, 1, units), and the initial weights of all.

    The bends of the first layer are spread over the whole range, which nn.Linear's small start would not do.
    """
    most = BASE * max(TIMES)
    used = (torch.arange(most) < BASE * torch.tensor(TIMES)[:, None]).float()[:, None]
    w1 = 4 * torch.randn(STARTS, most, generator=random)
    b1 = -w1 * (2 * torch.rand(STARTS, most, generator=random) - 1)
    w2 = torch.randn(STARTS, most, generator=random) / 2
    many = [part.expand(len(TIMES), -1, -1).clone() for part in (w1, b1, w2)]
    many[2] /= used.sum(dim=-1, keepdim=True).sqrt()
    many.append(torch.zeros(len(TIMES), STARTS, 1))
    return used, [part.requires_grad_() for part in many]
