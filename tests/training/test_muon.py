"""Muon: what orthogonalising does to a matrix, PyTorch's own Muon, and that it learns."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.training import muon
from engine.training.muon import Muon, orthogonalize


@settings(max_examples=60)
@given(
    rows=st.integers(1, 24), columns=st.integers(1, 24), seed=st.integers(0, 999), size=st.sampled_from([1e-4, 1, 1e4])
)
def test_singular_values_come_near_one(rows: int, columns: int, seed: int, size: float) -> None:
    """Whatever the size of the gradient; only directions that carry nearly nothing may stay below."""
    matrix = size * torch.randn(rows, columns, generator=torch.Generator().manual_seed(seed))
    before, after = torch.linalg.svdvals(matrix), torch.linalg.svdvals(orthogonalize(matrix))
    assert after.max() < 1.3
    carried = before > 0.02 * before.square().sum().sqrt()
    assert (after[carried] > 0.6).all()


def test_singular_vectors_stay() -> None:
    """A diagonal matrix stays diagonal, and each sign stays."""
    result = orthogonalize(torch.diag(torch.tensor([5.0, -3.0, 1.0])))
    assert (result - torch.diag(result.diagonal())).abs().max() < 1e-6
    assert torch.sign(result.diagonal()).tolist() == [1, -1, 1]
    assert ((result.diagonal().abs() > 0.6) & (result.diagonal().abs() < 1.3)).all()


@pytest.mark.parametrize(("has_bf16", "tolerance"), [(False, 1e-4), (True, 0.05)])
def test_a_rotation_is_only_scaled(has_bf16: bool, tolerance: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """As exactly as the arithmetic that the hardware is fast at."""
    monkeypatch.setattr(muon, "supports_bf16", lambda device: has_bf16)
    rotation = torch.linalg.qr(torch.randn(6, 6, generator=torch.Generator().manual_seed(1)))[0]
    result = orthogonalize(rotation)
    torch.testing.assert_close(result / (result * rotation).sum() * 6, rotation, atol=tolerance, rtol=0)


def test_tall_and_wide_are_the_same_matrix_turned() -> None:
    matrix = torch.randn(8, 3, generator=torch.Generator().manual_seed(2))
    torch.testing.assert_close(orthogonalize(matrix), orthogonalize(matrix.T).T)


@pytest.mark.parametrize("shape", [(3, 5), (5, 3)])
def test_nothing_gives_nothing(shape: tuple[int, int]) -> None:
    assert torch.equal(orthogonalize(torch.zeros(shape)), torch.zeros(shape))
    assert orthogonalize(torch.ones(shape, dtype=torch.float64)).dtype == torch.float64


@pytest.mark.parametrize("shape", [(16, 16), (32, 8), (8, 32)])
def test_it_moves_like_pytorchs_muon(shape: tuple[int, int]) -> None:
    """Three steps. Theirs computes in bfloat16, with 8 bits of precision, so a few percent of a step may differ."""
    generator = torch.Generator().manual_seed(3)
    start = torch.randn(shape, generator=generator)
    gradients = [torch.randn(shape, generator=generator) for _ in range(3)]
    ends = []
    for make in (Muon, torch.optim.Muon):
        p = torch.nn.Parameter(start.clone())
        optimizer = make([p], lr=0.02, momentum=0.95, weight_decay=0.1)
        for gradient in gradients:
            p.grad = gradient.clone()
            optimizer.step()
        ends.append(p.detach())
    moved = (ends[1] - start).norm()
    assert (ends[0] - ends[1]).norm() < 0.05 * moved
    # The same without the decay's share: the update itself agrees.
    assert moved > 0.05


@pytest.mark.parametrize(("rows", "columns"), [(64, 64), (128, 32), (32, 128)])
def test_size_of_a_step(rows: int, columns: int) -> None:
    """The rate over the root of the columns, in root mean square, as the docstring says."""
    p = torch.nn.Parameter(torch.zeros(rows, columns))
    p.grad = torch.randn(rows, columns, generator=torch.Generator().manual_seed(4))
    Muon([p], lr=0.02, weight_decay=0.0).step()
    assert p.square().mean().sqrt().item() == pytest.approx(0.02 / columns**0.5, rel=0.2)


def test_the_gradient_is_not_spoilt() -> None:
    """Whoever reads gradients after the step sees what backward wrote."""
    p = torch.nn.Parameter(torch.ones(4, 4))
    p.grad = torch.eye(4)
    Muon([p]).step()
    assert torch.equal(p.grad, torch.eye(4))


def test_weights_without_a_gradient_stay() -> None:
    p = torch.nn.Parameter(torch.ones(4, 4))
    Muon([p]).step()
    assert torch.equal(p, torch.ones(4, 4))


def test_it_learns() -> None:
    """Find the matrix behind 64 products of it."""
    generator = torch.Generator().manual_seed(5)
    wanted, x = torch.randn(8, 8, generator=generator) / 8**0.5, torch.randn(64, 8, generator=generator)
    layer = torch.nn.Linear(8, 8, bias=False)
    layer.weight.data.zero_()
    optimizer = Muon(layer.parameters(), lr=0.1, weight_decay=0.0)
    losses = []
    for step in range(60):
        optimizer.param_groups[0]["lr"] = 0.1 * (1 - step / 60)  # every step has the rate's size: let it shrink
        optimizer.zero_grad()
        loss = (layer(x) - x @ wanted.T).square().mean()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.03 * losses[0]
