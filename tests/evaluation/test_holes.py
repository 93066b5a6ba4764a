"""Candidates for a hole, scored by the whole sentence: the model's own probabilities, batched or not."""

from __future__ import annotations

import pytest
import torch

from engine.config import GPTConfig
from engine.errors import InputError
from engine.evaluation.holes import fill_hole, next_probabilities
from engine.model import GPTModel

CFG = GPTConfig(vocab_size=40, context_length=12, emb_dim=16, n_heads=2, n_layers=2, drop_rate=0.0)
LEFT, RIGHT = [39, 4, 7], [8, 1, 2]
CANDIDATES = [[5], [6, 9, 9], [10, 11], [0]]


@pytest.fixture(scope="module")
def model() -> GPTModel:
    with torch.random.fork_rng():
        torch.manual_seed(3)
        return GPTModel(CFG).eval()


def log_probability(model: GPTModel, before: list[int], token: int) -> float:
    return torch.log_softmax(model(torch.tensor([before]))[0, -1].double(), -1)[token].item()


@pytest.mark.parametrize("batch", [1, 2, 64])
def test_each_token_has_the_models_probability(model: GPTModel, batch: int) -> None:
    """One plain forward pass a token, without padding, gives the same numbers."""
    found = fill_hole(model, LEFT, CANDIDATES, RIGHT, batch)
    for row, word in enumerate(CANDIDATES):
        before, total = list(LEFT), 0.0
        for token in word:
            total += log_probability(model, before, token)
            before.append(token)
        assert found.word[row].item() == pytest.approx(total, abs=1e-5)
        for place, token in enumerate(RIGHT):
            assert found.right[row, place].item() == pytest.approx(log_probability(model, before, token), abs=1e-5)
            before.append(token)
    torch.testing.assert_close(found.share, found.sentence.exp() / found.sentence.exp().sum())


def test_all_single_tokens_with_nothing_to_the_right_are_the_next_token(model: GPTModel) -> None:
    every = fill_hole(model, LEFT, [[i] for i in range(40)], [])
    torch.testing.assert_close(every.share, next_probabilities(model, LEFT), atol=1e-6, rtol=1e-5)
    assert next_probabilities(model, LEFT).sum().item() == pytest.approx(1, abs=1e-9)


def test_the_order_of_candidates_and_their_company_do_not_matter(model: GPTModel) -> None:
    all_of_them = fill_hole(model, LEFT, CANDIDATES, RIGHT)
    alone = fill_hole(model, LEFT, CANDIDATES[2:3], RIGHT)
    torch.testing.assert_close(alone.sentence, all_of_them.sentence[2:3], atol=1e-5, rtol=1e-5)
    assert alone.share.item() == 1


@pytest.mark.parametrize(
    ("left", "candidates", "right", "says"),
    [
        ([], [[1]], [2], "on the left"),
        ([1], [], [2], "candidate"),
        ([1], [[1], []], [2], "candidate"),
        ([1] * 6, [[1], [2, 3, 4]], [5] * 4, "13"),
    ],
)
def test_errors_are_sentences(model: GPTModel, left, candidates, right, says) -> None:
    with pytest.raises(InputError, match=says):
        fill_hole(model, left, candidates, right)
