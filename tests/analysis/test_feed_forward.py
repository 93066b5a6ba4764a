"""A model's hidden units: what hooks see, sums by hand, and a unit's push measured by switching it on."""

from __future__ import annotations

import pytest
import torch

from engine.analysis.feed_forward import active_share, hidden_units, unit_pushes, unit_weights
from engine.config import GPTConfig
from engine.errors import InputError
from engine.model import GPTModel
from engine.trace import trace

IDS = torch.tensor([3, 1, 4, 1, 5])


@pytest.fixture(scope="module")
def model() -> GPTModel:
    torch.manual_seed(4)
    return GPTModel(GPTConfig(11, 7, 8, 2, 3, 0.0)).eval()


def test_the_steps_are_those_of_the_running_model(model: GPTModel) -> None:
    for layer, block in enumerate(model.blocks):
        seen = []
        hooks = [
            part.register_forward_hook(lambda _, args, out, seen=seen: seen.append((args[0][0], out[0])))
            for part in block.ff.layers
        ]
        with torch.no_grad():
            model(IDS[None])
        for hook in hooks:
            hook.remove()
        found = hidden_units(model, IDS, layer)
        torch.testing.assert_close(found.x, seen[0][0])
        torch.testing.assert_close(found.sums, seen[0][1])
        torch.testing.assert_close(found.hidden, seen[1][1])
        torch.testing.assert_close(found.out, seen[2][1])
        torch.testing.assert_close(found.out, trace(model, IDS, [layer]).mlp_out[layer])
        torch.testing.assert_close(active_share(model, IDS)[layer], (seen[0][1] > 0).float().mean(-1))


def test_units_add_up_to_the_output(model: GPTModel) -> None:
    found = hidden_units(model, IDS, 1)
    bias = model.blocks[1].ff.layers[2].bias
    torch.testing.assert_close(found.hidden @ found.columns + bias, found.out)
    lengths = (found.hidden[2, :, None] * found.columns).norm(dim=-1)
    torch.testing.assert_close(found.additions()[2], lengths)
    weights, b, column = unit_weights(model, 1, 5)
    assert (found.x[2] @ weights + b).item() == pytest.approx(found.sums[2, 5].item(), abs=1e-5)
    torch.testing.assert_close(column, found.columns[5])


def test_a_push_is_what_a_little_more_of_the_unit_does_to_the_scores(model: GPTModel) -> None:
    """In the last block, where nothing comes later: up to the stream's spread, for a small step of the unit."""
    push = unit_pushes(model, 2, 5)
    stream = trace(model, IDS, [2]).resid_post[2][-1].double()
    column = unit_weights(model, 2, 5)[2].double()
    spread = (stream.var(unbiased=False) + 1e-5).sqrt()
    # Along the column itself the norm also shrinks the stream; take that part out of the column's effect.
    centred = stream - stream.mean()
    shrink = (centred @ (column - column.mean())) / len(stream) / spread**2
    scale, head = model.final_norm.scale.double(), model.out_head.weight.double()
    expected = head @ (((column - column.mean()) - shrink * centred) / spread * scale)
    step = 1e-4
    norm = lambda x: head @ ((x - x.mean()) / (x.var(unbiased=False) + 1e-5).sqrt() * scale)  # noqa: E731
    torch.testing.assert_close((norm(stream + step * column) - norm(stream)) / step, expected, rtol=1e-2, atol=1e-3)
    without_shrinking = expected + head @ (shrink * centred / spread * scale)
    torch.testing.assert_close(push.double() / spread, without_shrinking, rtol=1e-4, atol=1e-5)


def test_refusals(model: GPTModel) -> None:
    for unit in (-1, 32):
        with pytest.raises(InputError, match="0 to 31"):
            unit_pushes(model, 0, unit)
    with pytest.raises(InputError, match="layer 3"):
        hidden_units(model, IDS, 3)
