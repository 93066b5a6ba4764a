"""The small graph's gradients against PyTorch's."""

from __future__ import annotations

import pytest
import torch

from engine.errors import InputError
from engine.experiments.backprop import EDGES, backpropagate


@pytest.mark.parametrize(("w", "x", "b"), [(0.5, 1.5, -1.0), (-3.0, 3.0, 3.0), (0.0, 0.0, 0.0)])
def test_gradients_are_autograds(w: float, x: float, b: float) -> None:
    found = backpropagate(w, x, b)
    leaves = [torch.tensor(v, dtype=torch.float64, requires_grad=True) for v in (w, x, b)]
    middle = [leaves[0] * leaves[1]]
    middle.append(middle[0] + leaves[2])
    middle.append(torch.sigmoid(middle[1]))
    loss = -torch.log(middle[2])
    expected = torch.autograd.grad(loss, [*leaves, *middle])
    assert found.values["loss"] == pytest.approx(loss.item())
    for name, gradient in zip(("w", "x", "b", "wx", "z", "p"), expected, strict=True):
        assert found.gradients[name] == pytest.approx(gradient.item(), abs=1e-12)


def test_each_slope_is_a_small_nudge() -> None:
    found, h = backpropagate(0.5, 1.5, -1.0), 1e-6
    more = {"w": (h, 0, 0), "x": (0, h, 0), "b": (0, 0, h)}
    for tail, head in EDGES:
        if tail in more:
            dw, dx, db = more[tail]
            nudged = backpropagate(0.5 + dw, 1.5 + dx, -1.0 + db)
            assert (nudged.values[head] - found.values[head]) / h == pytest.approx(found.slopes[tail, head], rel=1e-4)


def test_too_large() -> None:
    with pytest.raises(InputError, match="from -5 to 5"):
        backpropagate(0, float("nan"), 0)
