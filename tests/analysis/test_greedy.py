"""Greedy writing step by step against generate_text_simple and the plain model; the twin; timed tokens."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from engine.analysis.greedy import answers, timed_tokens, write_greedily
from engine.config import GPTConfig
from engine.decoding import generate_text_simple
from engine.errors import InputError
from engine.model import GPTModel, gpt2_init_

CFG = GPTConfig(vocab_size=61, context_length=12, emb_dim=16, n_heads=2, n_layers=2, drop_rate=0.0)


@pytest.fixture(scope="module")
def model():
    made = gpt2_init_(GPTModel(CFG), torch.Generator().manual_seed(5)).eval()
    with torch.no_grad():
        for p in made.parameters():
            p.mul_(6)  # scores far enough apart that rounding decides nothing
    return made


@pytest.mark.parametrize("prompt", [[3], [7, 1, 4], list(range(11)), list(range(30))])
def test_it_writes_what_generate_text_simple_writes(model, prompt):
    text = write_greedily(model, prompt, 9)
    expected = generate_text_simple(model, torch.tensor([prompt]), 9, CFG.context_length)
    assert list(text.ids) == expected[0].tolist()
    assert text.prompt == len(prompt)
    for step, logits in enumerate(text.logits):
        window = text.ids[: len(prompt) + step][-CFG.context_length :]
        with torch.no_grad():
            plain = model(torch.tensor([window]))[0, -1].numpy()
        np.testing.assert_allclose(logits, plain, rtol=1e-4, atol=1e-4)
        assert logits.argmax() == text.ids[len(prompt) + step]


@pytest.mark.parametrize("last", [1, 4, 99])
def test_answers_are_the_best_scores_at_every_place(model, last):
    ids = list(range(20))
    with torch.no_grad():
        plain = model(torch.tensor([ids[-12:]]))[0].argmax(dim=-1).tolist()
    assert answers(model, ids, last) == plain[-last:]


def test_timed_tokens_are_the_same_with_and_without_cache(model):
    runs = [list(timed_tokens(model, [3, 1], 10, use_cache)) for use_cache in (False, True)]
    expected = write_greedily(model, [3, 1], 10).ids[2:]
    for run in runs:
        assert [token.id for token in run] == list(expected)
        assert [token.length for token in run] == list(range(2, 12))
        assert all(token.seconds > 0 for token in run)


def test_what_cannot_be_written_gets_a_sentence(model):
    with pytest.raises(InputError, match="empty"):
        write_greedily(model, [], 1)
    with pytest.raises(InputError, match="slides"):
        timed_tokens(model, [1] * 5, 8, True)
    with pytest.raises(InputError, match="empty"):
        timed_tokens(model, [], 2, True)
