"""Both multi-head classes made equal, the shapes on the way, and what each head gives to the output."""

from __future__ import annotations

import pytest
import torch

from engine.attention import MultiHeadAttention, MultiHeadAttentionWrapper
from engine.errors import InputError
from engine.experiments.multi_head import (
    copy_wrapper_into_one,
    seeded_multi_head,
    seeded_wrapper,
    split_steps,
    time_both,
)
from tests.engine.test_attention import INPUTS


def test_seeds_give_the_notes_weights() -> None:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(123)
        one = MultiHeadAttention(3, 6, 6, 0.0, 2)
        torch.manual_seed(123)
        wrapper = MultiHeadAttentionWrapper(3, 2, 6, 0.0, 3)
    for theirs, ours in ((one, seeded_multi_head(3, 6, 6, 2, 123)), (wrapper, seeded_wrapper(3, 2, 6, 3, 123))):
        assert all(torch.equal(a, b) for a, b in zip(theirs.parameters(), ours.parameters(), strict=True))


@pytest.mark.parametrize(("heads", "width"), [(1, 1), (2, 2), (3, 1), (6, 2)])
def test_the_wrappers_weights_stacked_give_its_output(heads: int, width: int) -> None:
    wrapper, one = seeded_wrapper(3, width, 6, heads, 1), seeded_multi_head(3, heads * width, 6, heads, 2)
    assert not torch.allclose(wrapper(INPUTS[None]), one(INPUTS[None]), atol=1e-3)
    copy_wrapper_into_one(wrapper, one)
    torch.testing.assert_close(wrapper(INPUTS[None]), one(INPUTS[None]), atol=1e-6, rtol=0)


def test_steps_are_those_of_the_class() -> None:
    attention = seeded_multi_head(3, 6, 6, 2, 5)
    steps = split_steps(attention, INPUTS)
    torch.testing.assert_close(steps.out, attention(INPUTS[None]))
    torch.testing.assert_close(steps.out[0], steps.parts.sum(0) + attention.out_proj.bias)
    torch.testing.assert_close(steps.split, attention.split_heads(attention.W_query(INPUTS[None])))
    torch.testing.assert_close(steps.weights.sum(-1), torch.ones(1, 2, 6))
    # By hand: number 4 of word 2 is number 1 of head 1.
    assert steps.queries[0, 2, 4] == steps.viewed[0, 2, 1, 1] == steps.split[0, 1, 2, 1]
    assert steps.queries.data_ptr() == steps.split.data_ptr()
    assert steps.split.stride() == (36, 3, 6, 1)


def test_times_are_measured_on_equal_outputs() -> None:
    times = time_both([1, 4], width=16, tokens=8, runs=2)
    assert times.heads == (1, 4)
    assert min(times.wrapper + times.one) > 0
    assert times.difference < 1e-5


def test_bad_input() -> None:
    with pytest.raises(InputError, match=r"d_out \(7\) must be divisible by num_heads \(2\)"):
        seeded_multi_head(3, 7, 6, 2, 1)
    with pytest.raises(InputError, match="from 1 to 64 heads"):
        seeded_multi_head(3, 7, 6, 0, 1)
    with pytest.raises(InputError, match="make both of one size"):
        copy_wrapper_into_one(seeded_wrapper(3, 2, 6, 2, 1), seeded_multi_head(3, 6, 6, 2, 1))
