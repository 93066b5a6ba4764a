"""The norms of a running model: what hooks on the model itself see, and the formula by hand."""

from __future__ import annotations

import pytest
import torch

from engine.analysis.norms import PLACES, norm_in_model, norm_steps, spread_at_norms
from engine.config import GPTConfig
from engine.errors import InputError
from engine.model import GPTModel, LayerNorm

IDS = torch.tensor([3, 1, 4, 1, 5])


@pytest.fixture(scope="module")
def model() -> GPTModel:
    """A small model whose norms have something to show: random scales and shifts."""
    torch.manual_seed(4)
    model = GPTModel(GPTConfig(11, 7, 8, 2, 3, 0.0)).eval()
    for name, p in model.named_parameters():
        if name.endswith(("scale", "shift")):
            p.data.normal_()
    return model


def test_by_hand() -> None:
    """1, 3, scale 2 and 10, shift 0.5 and 0: mean 2, variance 1."""
    norm = LayerNorm(2)
    norm.scale.data, norm.shift.data = torch.tensor([2.0, 10.0]), torch.tensor([0.5, 0.0])
    steps = norm_steps(norm, torch.tensor([1.0, 3.0]))
    assert (steps.mean.item(), steps.variance.item()) == (2, 1)
    assert steps.normalised.tolist() == pytest.approx([-1, 1], abs=1e-5)
    assert steps.out.tolist() == pytest.approx([-1.5, 10], abs=1e-4)
    assert not steps.scale.requires_grad


def test_steps_are_those_of_the_running_model(model: GPTModel) -> None:
    seen = []
    hooks = [
        norm.register_forward_hook(lambda _, args, out: seen.append((args[0][0], out[0])))
        for block in model.blocks
        for norm in (block.norm1, block.norm2)
    ]
    hooks.append(model.final_norm.register_forward_hook(lambda _, args, out: seen.append((args[0][0], out[0]))))
    with torch.no_grad():
        model(IDS[None])
    for hook in hooks:
        hook.remove()
    asked = [(place, layer) for layer in range(3) for place in ("norm1", "norm2")] + [("final_norm", 0)]
    before, after = spread_at_norms(model, IDS)
    assert before.shape == after.shape == (7, 5)
    for number, ((x, out), (place, layer)) in enumerate(zip(seen, asked, strict=True)):
        steps = norm_in_model(model, IDS, place, layer)
        torch.testing.assert_close(steps.x, x)
        torch.testing.assert_close(steps.out, out)
        torch.testing.assert_close(before[number], x.std(-1, unbiased=False))
        torch.testing.assert_close(after[number], out.std(-1, unbiased=False))


def test_refusals(model: GPTModel) -> None:
    with pytest.raises(InputError, match=", ".join(PLACES)):
        norm_in_model(model, IDS, "norm3")
    with pytest.raises(InputError, match="layer 3"):
        norm_in_model(model, IDS, "norm1", 3)
    with pytest.raises(InputError, match="takes 8 numbers"):
        norm_steps(model.final_norm, torch.zeros(9))
