from __future__ import annotations

import math

import pytest
import torch

from engine.attention import SelfAttention_v1, SelfAttention_v2
from engine.attention_steps import (
    copy_v2_into_v1,
    entropy_bits,
    scaling_curve,
    seeded_v1,
    seeded_v2,
    simple_attention,
    softmax_slope,
    trainable_attention,
)
from engine.errors import InputError

INPUTS = torch.tensor(
    [
        [0.43, 0.15, 0.89],
        [0.55, 0.87, 0.66],
        [0.57, 0.85, 0.64],
        [0.22, 0.58, 0.33],
        [0.77, 0.25, 0.10],
        [0.05, 0.80, 0.55],
    ]
)


def test_book_numbers_without_weights():
    steps = simple_attention(INPUTS)
    expected = [0.1385, 0.2379, 0.2333, 0.1240, 0.1082, 0.1581]
    torch.testing.assert_close(steps.weights[1], torch.tensor(expected), atol=5e-5, rtol=0)
    torch.testing.assert_close(steps.context[1], torch.tensor([0.4419, 0.6515, 0.5683]), atol=5e-5, rtol=0)


def test_book_numbers_with_weights():
    torch.manual_seed(123)
    w_query, w_key, w_value = (torch.rand(3, 2) for _ in range(3))
    steps = trainable_attention(INPUTS, w_query, w_key, w_value)
    torch.testing.assert_close(steps.context[1], torch.tensor([0.3061, 0.8210]), atol=5e-5, rtol=0)
    torch.testing.assert_close(steps.queries[1], torch.tensor([0.4306, 1.4551]), atol=5e-5, rtol=0)
    assert steps.scores[1, 1].item() == pytest.approx(1.8524, abs=5e-5)


@pytest.mark.parametrize("scale", [True, False])
def test_equal_to_torch(scale):
    generator = torch.Generator().manual_seed(1)
    x, *w = (torch.randn(5, 4, generator=generator), *(torch.randn(4, 3, generator=generator) for _ in range(3)))
    steps = trainable_attention(x, *w, scale=scale)
    theirs = torch.nn.functional.scaled_dot_product_attention(
        x @ w[0], x @ w[1], x @ w[2], scale=None if scale else 1.0
    )
    torch.testing.assert_close(steps.context, theirs)
    torch.testing.assert_close(steps.weights.sum(-1), torch.ones(5))


def test_seeded_classes_are_the_books():
    torch.manual_seed(123)
    book_v1 = SelfAttention_v1(3, 2)
    torch.manual_seed(789)
    book_v2 = SelfAttention_v2(3, 2)
    before = torch.get_rng_state()
    v1, v2 = seeded_v1(3, 2, 123), seeded_v2(3, 2, 789)
    assert torch.equal(torch.get_rng_state(), before), "the global generator has drawn nothing"
    torch.testing.assert_close(v1(INPUTS), book_v1(INPUTS), atol=0, rtol=0)
    torch.testing.assert_close(v2(INPUTS), book_v2(INPUTS), atol=0, rtol=0)
    # The book prints this for v2.
    torch.testing.assert_close(v2(INPUTS)[0], torch.tensor([-0.0739, 0.0713]), atol=5e-5, rtol=0)


def test_copying_transposed_makes_the_classes_equal():
    v1, v2 = seeded_v1(3, 2, 123), seeded_v2(3, 2, 789)
    assert (v1(INPUTS) - v2(INPUTS)).abs().max() > 0.1
    copy_v2_into_v1(v1, v2)
    torch.testing.assert_close(v1(INPUTS), v2(INPUTS))


def test_copying_as_it_is():
    with pytest.raises(InputError, match="transpose"):
        copy_v2_into_v1(seeded_v1(3, 2, 1), seeded_v2(3, 2, 2), transpose=False)
    # A square matrix fits either way, and is wrong without a word.
    v1, v2 = seeded_v1(3, 3, 1), seeded_v2(3, 3, 2)
    copy_v2_into_v1(v1, v2, transpose=False)
    assert (v1(INPUTS) - v2(INPUTS)).abs().max() > 1e-3


@pytest.mark.parametrize("bad", [torch.zeros(0, 3), torch.zeros(3, 0), torch.zeros(3)])
def test_nothing_to_attend_to(bad):
    with pytest.raises(InputError, match="at least one word"):
        simple_attention(bad)


def test_matrix_that_does_not_fit():
    with pytest.raises(InputError, match="w_key has shape"):
        trainable_attention(INPUTS, torch.zeros(3, 2), torch.zeros(2, 2), torch.zeros(3, 2))
    with pytest.raises(InputError, match="w_query has 2 columns and w_key 4"):
        trainable_attention(INPUTS, torch.zeros(3, 2), torch.zeros(3, 4), torch.zeros(3, 2))


def test_entropy_and_slope_of_known_rows():
    rows = torch.tensor([[0.25, 0.25, 0.25, 0.25], [1.0, 0.0, 0.0, 0.0]])
    torch.testing.assert_close(entropy_bits(rows), torch.tensor([2.0, 0.0]))
    torch.testing.assert_close(softmax_slope(rows), torch.tensor([0.75, 0.0]))


def test_slope_is_the_trace_of_softmax_jacobian():
    scores = torch.tensor([0.3, -1.0, 2.0], dtype=torch.float64)
    jacobian = torch.autograd.functional.jacobian(lambda s: torch.softmax(s, -1), scores)
    torch.testing.assert_close(softmax_slope(torch.softmax(scores, -1)), jacobian.trace())


def test_scaling_keeps_softmax_soft():
    curve = scaling_curve([1, 16, 256, 1024], keys=6, seed=0)
    raw, scaled = curve.entropy[False], curve.entropy[True]
    assert raw[-1] < 0.3
    assert (raw[:-1] > raw[1:]).all()
    assert scaled.min() > 1.9
    assert scaled.max() < math.log2(6)
    assert curve.slope[False][-1] < 0.1 < 0.6 < curve.slope[True].min()
    torch.testing.assert_close(curve.example[True].sum(-1), torch.ones(4))
    again = scaling_curve([1, 16, 256, 1024], keys=6, seed=0)
    torch.testing.assert_close(curve.entropy[True], again.entropy[True], atol=0, rtol=0)


@pytest.mark.parametrize(("widths", "keys"), [([], 4), ([0], 4), ([4], 1)])
def test_scaling_curve_needs_something(widths, keys):
    with pytest.raises(InputError):
        scaling_curve(widths, keys, seed=0)
