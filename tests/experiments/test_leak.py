"""A GPT without its mask copies the next character; with it, training and writing are one exercise."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from engine.errors import InputError
from engine.experiments.leak import WINDOW, LeakSettings, tiny_model, train_leaky_and_masked

TEXT = "the cat sat on the mat and the rat sat on the hat. the bat ate the oat and that was that. " * 2


@pytest.fixture(scope="module")
def trained():
    return train_leaky_and_masked(LeakSettings(TEXT, steps=200, seed=3))


def test_without_the_mask_the_loss_is_low_and_writing_fails(trained) -> None:
    leaky, masked = trained[False], trained[True]
    assert leaky.losses[-10:].mean() < 0.5 * masked.losses[-10:].mean()
    # Worse than a model that knows nothing and gives every character the same probability.
    assert leaky.writing.mean() > math.log(len(set(TEXT)))
    assert leaky.weights.diagonal(1).mean() > 0.4


def test_with_the_mask_training_and_writing_are_the_same(trained) -> None:
    masked = trained[True]
    np.testing.assert_allclose(masked.reading, masked.writing, atol=1e-4)
    assert masked.weights[np.triu_indices(WINDOW, 1)].max() == 0
    np.testing.assert_allclose(masked.weights.sum(-1), 1, atol=1e-5)
    # The last place of a window has no next character in view, so there both situations are the same.
    assert trained[False].reading[-1] == pytest.approx(trained[False].writing[-1], abs=1e-4)


def test_both_models_start_alike_and_a_seed_repeats() -> None:
    first, second = (tiny_model(9, 5, masked) for masked in (False, True))
    assert all(torch.equal(a, b) for a, b in zip(first.parameters(), second.parameters(), strict=True))
    settings = LeakSettings(TEXT, steps=50, seed=4)
    one, two = train_leaky_and_masked(settings), train_leaky_and_masked(settings)
    np.testing.assert_array_equal(one[False].losses, two[False].losses)
    assert one[True].written == two[True].written


@pytest.mark.parametrize(
    ("text", "steps", "says"),
    [
        ("", 100, "0 characters"),
        ("a" * 59, 100, "59 characters"),
        ("ab" * 3000, 100, "to 5,000"),
        ("".join(map(chr, range(0x4E00, 0x4E00 + 200))), 100, "200 different"),
        (TEXT, 0, "steps is 0"),
        (TEXT, 10_000, "from 50 to 400"),
    ],
)
def test_bad_settings_get_a_sentence(text: str, steps: int, says: str) -> None:
    with pytest.raises(InputError, match=says):
        LeakSettings(text, steps)
