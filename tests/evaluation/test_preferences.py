"""Preferences in both orders, the jury, and a GPT that judges: hand-worked, and against the plain forward pass."""

from __future__ import annotations

import math

import pytest
import torch

from engine.config import GPTConfig
from engine.errors import InputError
from engine.evaluation.preferences import (
    OUTCOMES,
    Preference,
    both_orders,
    count_outcomes,
    majority,
    one_order,
    side,
)
from engine.evaluation.small_judge import LEAD, Choice, choose, prefer, preference
from engine.model import GPTModel
from engine.tokenizers.pretrained import load_tokenizer

ENTRY = {"instruction": "Name a colour.", "input": "", "output": "red"}
SAID = [("1", "2"), ("2", "1"), ("1", "1"), ("1", "1"), ("2", "2"), ("tie", "2"), ("1", "well")]


def test_outcomes_and_what_one_order_alone_would_say():
    asked = [Preference(said) for said in SAID]
    assert list(count_outcomes(asked).values()) == [1, 1, 2, 1, 1, 1]
    assert tuple(count_outcomes([])) == OUTCOMES
    # first order: 1 0 1 1 0 ½, second order: 1 0 0 0 1 1
    assert one_order(asked) == pytest.approx((3.5 / 6, 3 / 6))
    assert all(map(math.isnan, one_order(asked[-1:])))


def test_the_places_change_and_nothing_else():
    one, two = both_orders(ENTRY, "blue", "a stone")
    assert one != two
    assert one.replace("blue", "*").replace("a stone", "blue").replace("*", "a stone") == two


def test_the_majority():
    said = ([1, 1, 0], [0.75, 0, 0.2], [1, 0], [0.5, 0.5], [None, 1], [None], [0.5, 1])
    assert list(map(majority, said)) == [1, 0, 0.5, 0.5, 1, None, 1]
    assert [side(w) for w in (1, 0.75, 0.5, 0.2, None)] == ["a", "a", "tie", "b", None]


@pytest.fixture(scope="module")
def model():
    torch.manual_seed(0)
    cfg = GPTConfig(vocab_size=8192, context_length=256, emb_dim=16, n_heads=2, n_layers=1, drop_rate=0.0)
    return GPTModel(cfg).eval()


def test_a_gpt_chooses_by_the_probability_of_its_next_token(model):
    tokenizer = load_tokenizer("pocket")
    choices = prefer(model, tokenizer, ENTRY, "blue", "a stone")
    for prompt, choice in zip(both_orders(ENTRY, "blue", "a stone"), choices, strict=True):
        ids = [tokenizer.encode(f"{prompt}{LEAD} {digit}") for digit in "12"]
        assert ids[0][:-1] == ids[1][:-1]
        with torch.no_grad():
            p = model(torch.tensor([ids[0][:-1]]))[0, -1].softmax(-1)
        assert choice.first == pytest.approx(float(p[ids[0][-1]]), rel=1e-4)
        assert choice.second == pytest.approx(float(p[ids[1][-1]]), rel=1e-4)
        assert choice.first + choice.second + choice.rest == pytest.approx(1)
    assert preference((Choice(0.2, 0.1), Choice(0.1, 0.2))) == Preference(("1", "2"))
    assert Choice(0.1, 0.1).said == "tie"


def test_what_does_not_fit_gets_a_sentence(model):
    with pytest.raises(InputError, match="reads 256; compare shorter answers"):
        choose(model, load_tokenizer("pocket"), "word " * 300)
