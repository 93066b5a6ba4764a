"""Schedules by hand, and which weights each optimizer moves and decays."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import InputError
from engine.training.muon import Muon
from engine.training.optim import OptimizerPair, Schedule, adamw, muon
from tests.training.tiny import tiny_model


def factors(schedule: Schedule) -> list[float]:
    return [schedule.factor(step) for step in range(schedule.total_steps)]


def test_constant() -> None:
    assert factors(Schedule(4, shape="constant")) == [1, 1, 1, 1]
    assert factors(Schedule(4, 2, shape="constant")) == [0.5, 1, 1, 1]


def test_warm_up_then_a_straight_line() -> None:
    assert factors(Schedule(8, 4, shape="linear")) == [0.25, 0.5, 0.75, 1, 1, 0.75, 0.5, 0.25]
    assert Schedule(8, 4, shape="linear").factor(8) == 0
    assert Schedule(8, 4, shape="linear").factor(99) == 0


def test_cosine() -> None:
    """(1 + cos(pi p)) / 2 at p = 0, 1/4, 1/2, 3/4: 1, 0.8536, 0.5, 0.1464."""
    assert factors(Schedule(4, shape="cosine")) == pytest.approx(
        [1, (1 + math.sqrt(0.5)) / 2, 0.5, (1 - math.sqrt(0.5)) / 2]
    )
    assert Schedule(4, shape="cosine", final_factor=0.1).factor(2) == pytest.approx(0.55)
    assert Schedule(4, shape="cosine", final_factor=0.1).factor(4) == pytest.approx(0.1)


def test_hold_keeps_the_full_rate_before_the_decay() -> None:
    """Two steps of warm-up, half of the other eight at 1, then four steps down."""
    assert factors(Schedule(10, 2, shape="linear", hold=0.5)) == [0.5, 1, 1, 1, 1, 1, 1, 0.75, 0.5, 0.25]


@given(
    total=st.integers(1, 60),
    warm=st.floats(0, 1),
    shape=st.sampled_from(["constant", "cosine", "linear"]),
    final=st.floats(0, 1),
    hold=st.floats(0, 0.99),
)
def test_it_rises_to_one_and_then_never_rises_again(
    total: int, warm: float, shape: str, final: float, hold: float
) -> None:
    warmup = int(warm * total)
    values = factors(Schedule(total, warmup, shape, final, hold))
    assert all(0 <= v <= 1 for v in values)
    rising, falling = values[:warmup], values[warmup:]
    assert rising == sorted(rising)
    assert falling == sorted(falling, reverse=True)
    if warmup:
        assert rising[-1] == 1
    assert all(v >= final - 1e-12 for v in falling)


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"shape": "stairs"}, "there is no schedule 'stairs'; choose constant, cosine or linear"),
        ({"warmup_steps": 11}, "warm-up takes 11 steps and the run has 10"),
        ({"warmup_steps": -1}, "warm-up takes -1 steps"),
        ({"hold": 1.0}, "hold must be from 0 to below 1"),
        ({"final_factor": 1.5}, "final_factor from 0 to 1"),
        ({"final_factor": float("nan")}, "final_factor from 0 to 1"),
    ],
)
def test_a_schedule_that_makes_no_sense(settings: dict, sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        Schedule(10, **settings)


def names_of(model: torch.nn.Module, params: list[torch.nn.Parameter]) -> set[str]:
    own = {id(p): name for name, p in model.named_parameters()}
    return {own[id(p)] for p in params}


def test_adamw_decays_matrices_only() -> None:
    model = tiny_model(qkv_bias=True)
    decayed, kept = adamw(model, 0.01, weight_decay=0.2).param_groups
    assert (decayed["weight_decay"], kept["weight_decay"]) == (0.2, 0.0)
    assert names_of(model, decayed["params"]) == {n for n, p in model.named_parameters() if p.dim() == 2}
    assert names_of(model, kept["params"]) == {n for n, p in model.named_parameters() if p.dim() == 1}


def test_adamws_first_step_by_hand() -> None:
    """Bias correction makes Adam's first step the sign of the gradient; the decay comes on top, for matrices."""
    model = torch.nn.Linear(2, 2)
    model.weight.data, model.bias.data = torch.tensor([[1.0, -2.0], [3.0, 4.0]]), torch.tensor([1.0, 1.0])
    optimizer = adamw(model, 0.1, weight_decay=0.5)
    model.weight.grad = torch.tensor([[3.0, -0.2], [0.01, -7.0]])
    model.bias.grad = torch.tensor([5.0, -5.0])
    optimizer.step()
    shrunk = torch.tensor([[1.0, -2.0], [3.0, 4.0]]) * (1 - 0.1 * 0.5)
    torch.testing.assert_close(model.weight.data, shrunk - 0.1 * torch.tensor([[1.0, -1.0], [1.0, -1.0]]))
    torch.testing.assert_close(model.bias.data, torch.tensor([0.9, 1.1]))


def test_muon_takes_the_blocks_matrices_and_adamw_the_rest() -> None:
    model = tiny_model(qkv_bias=True, tie_weights=True)
    pair = muon(model, 0.02, 0.003)
    assert isinstance(pair, OptimizerPair)
    first, second = pair.optimizers
    assert isinstance(first, Muon)
    matrices = {n for n, p in model.named_parameters() if "trf_blocks" in n and p.dim() == 2}
    assert names_of(model, first.param_groups[0]["params"]) == matrices
    rest = [p for group in second.param_groups for p in group["params"]]
    assert names_of(model, rest) == {n for n, _ in model.named_parameters()} - matrices
    assert [group["lr"] for group in pair.param_groups] == [0.02, 0.003, 0.003]


def test_frozen_weights_are_left_out() -> None:
    model = tiny_model()
    for p in model.trf_blocks.parameters():
        p.requires_grad_(False)
    named = {n for n, p in model.named_parameters() if p.requires_grad}
    for optimizer in (adamw(model, 0.01), muon(model)):
        params = [p for group in optimizer.param_groups for p in group["params"]]
        assert names_of(model, params) == named


def test_a_pair_acts_as_one_optimizer() -> None:
    model = tiny_model()
    pair = muon(model)
    before = {n: p.clone() for n, p in model.named_parameters()}
    model(torch.tensor([[1, 2, 3]])).square().mean().backward()
    pair.step()
    moved = {n for n, p in model.named_parameters() if not torch.equal(p, before[n])}
    assert moved == set(before)
    pair.zero_grad()
    assert all(p.grad is None for p in model.parameters())
    pair.param_groups[0]["lr"] = 0.5
    assert pair.optimizers[0].param_groups[0]["lr"] == 0.5, "the groups are the optimizers' own, not copies"
