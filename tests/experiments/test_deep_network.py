"""Signals through a deep network: PyTorch's own layers and backward pass, and what the lesson says about them."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from engine.errors import InputError
from engine.experiments.deep_network import BATCH, DeepSettings, deep_signals


@pytest.mark.parametrize("normed", [False, True])
@pytest.mark.parametrize("settings", [DeepSettings(3, 5, 0.7, 9), DeepSettings(12, 16, 3.0, 0)])
def test_it_is_what_pytorch_computes(settings: DeepSettings, normed: bool) -> None:
    random = torch.Generator().manual_seed(settings.seed)
    wide = settings.width
    x, end = (torch.randn(BATCH, wide, generator=random, dtype=torch.float64) for _ in range(2))
    layers = []
    for _ in range(settings.depth):
        layer = torch.nn.Linear(wide, wide, bias=False, dtype=torch.float64)
        drawn = torch.randn(wide, wide, generator=random, dtype=torch.float64)
        layer.weight.data.copy_(drawn * settings.gain / wide**0.5)
        layers.append(layer)
    places = [x.requires_grad_()]
    for layer in layers:
        summed = layer(places[-1])
        summed = F.layer_norm(summed, (wide,)) if normed else summed
        places.append(F.gelu(summed, approximate="tanh"))
        places[-1].retain_grad()
    places[-1].backward(end / end.norm())
    signals = deep_signals(settings)[int(normed)]
    np.testing.assert_allclose(signals.spread, [p.std().item() for p in places], rtol=1e-9)
    np.testing.assert_allclose(signals.gradient, [p.grad.norm().item() for p in places], rtol=1e-9)
    np.testing.assert_allclose(signals.weight_gradient, [m.weight.grad.norm().item() for m in layers], rtol=1e-9)
    assert signals.gradient[-1] == pytest.approx(1)


def test_what_the_lesson_says() -> None:
    """At gain 1 it vanishes both ways, at gain 2 it explodes; layer norm does not notice the gain going forward."""
    (small, small_normed), (large, large_normed) = (deep_signals(DeepSettings(gain=g)) for g in (1.0, 2.0))
    assert small.spread[-1] < 1e-9
    assert small.gradient[0] < 1e-9
    assert large.spread[-1] > 1e6
    assert large.gradient[0] > 1e6
    np.testing.assert_allclose(small_normed.spread[1:], large_normed.spread[1:], rtol=1e-3)
    np.testing.assert_allclose(small_normed.weight_gradient, 2 * large_normed.weight_gradient, rtol=1e-2)
    assert 1 < small_normed.gradient[0] < 100, "a small factor per layer remains"
    middle = deep_signals(DeepSettings(gain=1.45))[0]
    assert 0.01 < middle.spread[-1] < 100
    # In narrow networks more of it remains, as the answer on stability says.
    narrow = deep_signals(DeepSettings(width=4))[1]
    assert abs(np.log10(narrow.gradient[0])) > abs(np.log10(small_normed.gradient[0]))


@pytest.mark.parametrize("changes", [{"depth": 1}, {"width": 129}, {"gain": 0.0}, {"gain": float("nan")}, {"seed": -1}])
def test_settings_have_bounds(changes: dict) -> None:
    with pytest.raises(InputError, match=next(iter(changes))):
        DeepSettings(**changes)


@pytest.mark.parametrize("settings", [DeepSettings(100, 4, 0.1), DeepSettings(100, 128, 4.0), DeepSettings(2, 4, 4.0)])
def test_extremes_stay_numbers(settings: DeepSettings) -> None:
    for signals in deep_signals(settings):
        for values in (signals.spread, signals.gradient, signals.weight_gradient):
            assert np.isfinite(values).all()
