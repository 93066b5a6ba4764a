"""GELU, its tanh form and ReLU with their slopes, against PyTorch and by hand; GELU's lowest point."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from engine.errors import InputError
from engine.experiments.bends import bend, gelu_slope, lowest_point, normal_density, normal_share

PYTORCH = {"gelu": F.gelu, "tanh": lambda x: F.gelu(x, approximate="tanh"), "relu": F.relu}


@pytest.mark.parametrize("name", PYTORCH)
def test_values_and_slopes_are_pytorchs(name: str) -> None:
    x = np.linspace(-8, 8, 321)
    at = torch.tensor(x, requires_grad=True)
    value = PYTORCH[name](at)
    value.sum().backward()
    found = bend(name, x)
    np.testing.assert_allclose(found.value, value.detach().numpy(), rtol=1e-6, atol=1e-14)
    np.testing.assert_allclose(found.slope, at.grad.numpy(), rtol=1e-6, atol=1e-13)


def test_by_hand() -> None:
    """Phi(1) = 0.8413, phi(1) = 0.2420: GELU(1) = 0.8413, its slope 1.0833; ReLU has slope 0 at and below 0."""
    assert normal_share(1) == pytest.approx(0.8413447)
    assert normal_density(1) == pytest.approx(0.2419707)
    assert gelu_slope(1) == pytest.approx(0.8413447 + 0.2419707)
    found = bend("gelu", np.array([1.0]))
    assert (found.value[0], found.slope[0]) == pytest.approx((0.8413447, 1.0833155))
    relu = bend("relu", np.array([-1.0, 0.0, 2.0]))
    assert relu.value.tolist() == [0, 0, 2]
    assert relu.slope.tolist() == [0, 0, 1]


def test_the_slope_is_zero_near_minus_three_quarters_and_vanishes_far_below() -> None:
    x, value = lowest_point()
    assert x == pytest.approx(-0.7518, abs=5e-5)
    assert value == pytest.approx(bend("gelu", np.array([x])).value[0])
    assert abs(gelu_slope(x)) < 1e-12
    grid = bend("gelu", np.linspace(-6, 6, 12_001))
    assert grid.value.min() == pytest.approx(value, abs=1e-6)
    assert (bend("gelu", np.linspace(-6, x - 0.01, 99)).slope < 0).all()
    assert abs(gelu_slope(-5)) < 1e-5


def test_refusal() -> None:
    with pytest.raises(InputError, match="gelu, tanh, relu"):
        bend("elu", np.zeros(1))
