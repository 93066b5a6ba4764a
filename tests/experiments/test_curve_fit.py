"""Curves fitted by growing widths: each network trains as it would alone, and errors are what they say."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from engine.errors import InputError
from engine.experiments.curve_fit import BASE, EVERY, RATE, TARGETS, TIMES, _networks, fit_curve


@pytest.mark.parametrize("which", [0, 2])
def test_each_network_trains_as_it_would_alone(which: int) -> None:
    """The first 60 steps of one start, with PyTorch's own layers and optimiser."""
    found = fit_curve("wave", 5)
    _, (w1, b1, w2, _) = _networks(torch.Generator().manual_seed(5))
    units = BASE * TIMES[which]
    net = torch.nn.Sequential(torch.nn.Linear(1, units), torch.nn.GELU(approximate="tanh"), torch.nn.Linear(units, 1))
    with torch.no_grad():
        net[0].weight.copy_(w1[which, 1, :units, None])
        net[0].bias.copy_(b1[which, 1, :units])
        net[2].weight.copy_(w2[which, 1, :units][None])
        net[2].bias.zero_()
    x, y = (torch.tensor(part, dtype=torch.float32)[:, None] for part in (found.x, found.target))
    optimizer = torch.optim.Adam(net.parameters(), lr=RATE)
    for step in range(2 * EVERY + 1):
        loss = F.mse_loss(net(x), y)
        if step % EVERY == 0:
            assert found.errors[step // EVERY, which, 1] == pytest.approx(loss.item(), rel=1e-2)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


@pytest.mark.parametrize("target", TARGETS)
def test_errors_are_those_of_the_fits(target: str) -> None:
    found = fit_curve(target, 123)
    expected = ((found.fits - found.target) ** 2).mean(axis=-1)
    np.testing.assert_allclose(found.errors, expected, rtol=1e-4)
    assert np.abs(found.target).max() <= 1 + 1e-6
    middle = np.median(found.errors[-1], axis=1)
    assert middle[-1] < middle[0], "eight times the width is better than once"
    assert found.widths.tolist() == [4, 8, 16, 32]


def test_refusal() -> None:
    with pytest.raises(InputError, match="wave, zigzag"):
        fit_curve("line", 0)
