"""One weight nudged: gradient and losses against PyTorch's own, and the model left as it was."""

from __future__ import annotations

import pytest
import torch

from engine.analysis.nudge import matrices, nudge_weight
from engine.config import GPTConfig
from engine.errors import InputError
from engine.evaluation.loss import calc_loss_batch
from engine.model import GPTModel

CFG = GPTConfig(vocab_size=50, context_length=16, emb_dim=12, n_heads=3, n_layers=2, drop_rate=0.0, tie_weights=True)
IDS = torch.tensor([3, 1, 4, 1, 5, 9])


@pytest.fixture
def model() -> GPTModel:
    return GPTModel(CFG).eval()


def loss(model: GPTModel) -> torch.Tensor:
    return calc_loss_batch(IDS[None, :-1], IDS[None, 1:], model, "cpu")


@pytest.mark.parametrize("name", ["tok_emb.weight", "trf_blocks.1.ff.layers.2.weight"])
def test_against_autograd_and_a_changed_model(model: GPTModel, name: str) -> None:
    before = {n: p.clone() for n, p in model.named_parameters()}
    with torch.inference_mode():
        found = nudge_weight(model, IDS, name, [0.001, 0.5])
    assert all(torch.equal(p, before[n]) and p.grad is None for n, p in model.named_parameters())
    weight = model.get_parameter(name)
    (slopes,) = torch.autograd.grad(loss(model), weight)
    assert (found.row, found.column) == divmod(int(slopes.abs().argmax()), slopes.shape[1])
    assert found.gradient == pytest.approx(slopes[found.row, found.column].item(), rel=1e-4)
    assert found.loss == pytest.approx(loss(model).item(), rel=1e-5)
    with torch.no_grad():
        weight[found.row, found.column] += 0.5
    assert found.losses[1] == pytest.approx(loss(model).item(), rel=1e-5)


def test_a_chosen_cell_and_a_small_nudge(model: GPTModel) -> None:
    found = nudge_weight(model, IDS, "tok_emb.weight", [1e-2], (9, 4))
    assert (found.row, found.column) == (9, 4)
    assert found.losses[0] - found.loss == pytest.approx(found.gradient * 1e-2, rel=0.2, abs=1e-5)
    assert 0 < found.rounding < 1e-6


def test_what_is_not_there(model: GPTModel) -> None:
    assert "tok_emb.weight" in matrices(model)
    for name, cell, ids in (
        ("nothing", None, IDS),
        ("tok_emb.weight", (50, 0), IDS),
        ("tok_emb.weight", None, IDS[:1]),
    ):
        with pytest.raises(InputError):
            nudge_weight(model, ids, name, [0.1], cell)
