"""Each mistake of the lesson on loading weights does what the lesson says of it."""

from __future__ import annotations

import math

import pytest
import torch

from engine.analysis.loading import IN_THE_CONFIG, IN_THE_MAPPING, MISTAKES, load_with
from engine.config import GPTConfig
from engine.decoding import generate_text_simple
from engine.errors import InputError
from engine.evaluation.loss import score_tokens
from engine.model import GPTModel

IDS = [3, 1, 4, 1, 5, 9, 2, 6]


def gpt(bias: bool) -> GPTModel:
    torch.manual_seed(1)
    model = GPTModel(GPTConfig(13, 12, 8, 2, 3, 0.0, qkv_bias=bias, tie_weights=True)).eval()
    for p in model.parameters():
        torch.nn.init.normal_(p, std=0.5)
    return model


@pytest.mark.parametrize("bias", [False, True])
def test_without_a_mistake_it_is_the_same_model(bias: bool) -> None:
    model = gpt(bias)
    attempt = load_with(model, "none", IDS, 4)
    assert not attempt.refused
    assert attempt.loss == pytest.approx(score_tokens(model, IDS, 1).loss, abs=1e-6)
    assert list(attempt.written) == generate_text_simple(model, torch.tensor([IDS]), 4, 12)[0, 8:].tolist()


@pytest.mark.parametrize("mistake", IN_THE_CONFIG)
def test_another_configuration_is_refused(mistake: str) -> None:
    attempt = load_with(gpt(True), mistake, IDS)
    assert math.isnan(attempt.loss)
    assert attempt.written == ()
    said = {"context": "pos_emb.weight is (12, 8) and should be (3, 8)", "bias": "W_key.bias' has no place in it"}
    assert said.get(mistake, "have no 'h.3.ln_1.weight'") in attempt.refused


@pytest.mark.parametrize("mistake", IN_THE_MAPPING)
def test_what_fits_goes_in_and_makes_another_model(mistake: str) -> None:
    model = gpt(True)
    before = {name: p.detach().clone() for name, p in model.named_parameters()}
    attempt = load_with(model, mistake, IDS)
    assert not attempt.refused
    assert math.isfinite(attempt.loss)
    assert abs(attempt.loss - score_tokens(model, IDS, 1).loss) > 1e-3
    assert all(torch.equal(p, before[name]) for name, p in model.named_parameters())


def test_queries_and_keys_swapped() -> None:
    """Worked by hand on the model itself: W_query and W_key change places, and so do their biases."""
    model = gpt(True)
    loss = load_with(model, "swap", IDS).loss
    for block in model.blocks:
        block.att.W_query, block.att.W_key = block.att.W_key, block.att.W_query
    assert loss == pytest.approx(score_tokens(model, IDS, 1).loss, abs=1e-6)


@pytest.mark.parametrize(("mistake", "ids"), [("typo", IDS), *((mistake, [1]) for mistake in MISTAKES)])
def test_what_cannot_be_tried_is_a_sentence(mistake: str, ids: list[int]) -> None:
    with pytest.raises(InputError):
        load_with(gpt(True), mistake, ids)
