"""The mask on both sides of softmax, and dropout on the weights: the book's numbers, PyTorch's own dropout."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.attention_steps import drop_weights, mask_both_ways, seeded_v2, trainable_attention
from engine.errors import InputError
from tests.engine.test_attention import INPUTS


def book_scores() -> torch.Tensor:
    v2 = seeded_v2(3, 2, 789)
    layers = (v2.W_query, v2.W_key, v2.W_value)
    return trainable_attention(INPUTS, *(layer.weight.T for layer in layers)).scaled.detach()


def test_the_books_masked_weights() -> None:
    steps = mask_both_ways(book_scores())
    printed = [
        [1.0000, 0.0000, 0.0000, 0.0000, 0.0000, 0.0000],
        [0.5517, 0.4483, 0.0000, 0.0000, 0.0000, 0.0000],
        [0.3800, 0.3097, 0.3103, 0.0000, 0.0000, 0.0000],
        [0.2758, 0.2460, 0.2462, 0.2319, 0.0000, 0.0000],
        [0.2175, 0.1983, 0.1984, 0.1888, 0.1971, 0.0000],
        [0.1935, 0.1663, 0.1666, 0.1542, 0.1666, 0.1529],
    ]
    torch.testing.assert_close(steps.before, torch.tensor(printed), atol=6e-5, rtol=0)
    torch.testing.assert_close(steps.zeroed[0, 0].item(), 0.1921, atol=6e-5, rtol=0)


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 9), st.integers(0, 999))
def test_both_ways_agree_and_rows_without_renormalising_do_not_sum_to_one(size: int, seed: int) -> None:
    scores = torch.randn(size, size, generator=torch.Generator().manual_seed(seed))
    steps = mask_both_ways(scores)
    torch.testing.assert_close(steps.after, steps.before)
    torch.testing.assert_close(steps.before.sum(-1), torch.ones(size))
    assert (steps.row_sums[:-1] < 1).all()
    assert steps.before.triu(1).abs().max() == 0


def test_two_tokens_by_hand() -> None:
    steps = mask_both_ways(torch.tensor([[0.0, 0.0], [0.0, 0.0]]))
    assert steps.full.tolist() == [[0.5, 0.5], [0.5, 0.5]]
    assert steps.zeroed.tolist() == [[0.5, 0.0], [0.5, 0.5]]
    assert steps.row_sums.tolist() == [0.5, 1.0]
    assert steps.after.tolist() == steps.before.tolist() == [[1.0, 0.0], [0.5, 0.5]]


def test_a_future_that_takes_everything_leaves_nothing_to_renormalise() -> None:
    steps = mask_both_ways(torch.tensor([[0.0, 500.0], [0.0, 0.0]]))
    assert steps.before[0].tolist() == [1.0, 0.0]
    assert steps.after[0].isnan().all() or steps.row_sums[0] > 0


@pytest.mark.parametrize("rate", [0.0, 0.2, 0.5, 0.9])
def test_the_first_draw_is_pytorchs_dropout(rate: float) -> None:
    weights = mask_both_ways(book_scores()).before
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(123)
        theirs = torch.nn.Dropout(rate)(weights)
    torch.testing.assert_close(drop_weights(weights, rate, 123)[0], theirs)


def test_the_mean_over_draws_is_kept() -> None:
    weights = mask_both_ways(book_scores()).before
    many = drop_weights(weights, 0.5, 1, draws=20_000)
    torch.testing.assert_close(many.mean(0), weights, atol=0.03, rtol=0)
    assert set((many[:, 0, 0]).tolist()) == {0.0, 2.0}


def test_bad_input() -> None:
    with pytest.raises(InputError, match="row and a column"):
        mask_both_ways(torch.zeros(2, 3))
    with pytest.raises(InputError, match="from 0 to below 1"):
        drop_weights(torch.ones(2, 2), 1.0, 1)
