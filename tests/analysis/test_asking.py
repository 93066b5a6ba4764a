"""A model asked a yes-no question: prompts as promised, softmax over the whole vocabulary, a record that holds."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from sklearn.metrics import roc_auc_score

from engine.analysis.asking import (
    QUESTION,
    WORDINGS,
    answer_ids,
    ask_all,
    few_messages,
    find_wording,
    load_record,
    prompt_ids,
    tell,
)
from engine.datasets.instructions import format_input
from engine.errors import InputError
from engine.tokenizers.pretrained import encode_text
from engine.weights.pocket import load_pocket


@pytest.fixture(scope="module")
def pocket():
    return load_pocket()


def test_prompts_say_what_they_say(pocket):
    _, tokenizer = pocket
    said = {}
    for name, wording in WORDINGS.items():
        ids, cut = prompt_ids(tokenizer, wording, "Hi {0} mum", "Spam?", 200)
        said[name] = tokenizer.decode(ids)
        assert cut == 0
        assert "Hi {0} mum" in said[name]
        assert said[name].startswith("<|endoftext|>") == wording.opening
    assert said["plain"] == "<|endoftext|>Hi {0} mum\n\nQuestion: Spam?\nAnswer:"
    assert said["alpaca"] == format_input({"instruction": "Spam?", "input": "Hi {0} mum"}) + "\n\n### Response:\n"
    with pytest.raises(InputError, match="no wording"):
        find_wording("french")


@pytest.mark.parametrize("name", WORDINGS)
def test_a_long_text_is_cut_and_a_long_question_refused(pocket, name):
    _, tokenizer = pocket
    text = "мир 🙂 peace " * 400
    ids, cut = prompt_ids(tokenizer, WORDINGS[name], text, QUESTION, 150)
    assert 140 <= len(ids) <= 150
    assert cut > 1000
    assert QUESTION in tokenizer.decode(ids)
    with pytest.raises(InputError, match="question is too long"):
        prompt_ids(tokenizer, WORDINGS[name], "Hi", "why " * 300, 150)


def test_answers_are_those_of_a_softmax_over_everything(pocket):
    """Token by token with the plain model, where the answer has several tokens too."""
    model, tokenizer = pocket
    texts = ["See you at eight", "WIN a prize now"]
    wording = WORDINGS["line"]
    assert max(map(len, answer_ids(tokenizer, wording))) > 1, "an answer of several tokens"
    (logs,) = ask_all(model, tokenizer, texts, wording)
    for text, row in zip(texts, logs.tolist(), strict=True):
        ids, _ = prompt_ids(tokenizer, wording, text, QUESTION, 200)
        for answer, found in zip(wording.answers, row, strict=True):
            expected, seen = 0.0, list(ids)
            for token in encode_text(tokenizer, answer):
                with torch.no_grad():
                    expected += float(model(torch.tensor([seen]))[0, -1].double().log_softmax(-1)[token])
                seen.append(token)
            assert found == pytest.approx(expected, abs=1e-3)


def test_summary_by_hand():
    logs = np.log([[0.6, 0.2], [0.1, 0.3], [0.4, 0.1], [0.1, 0.2]])
    told = tell(logs, np.array([True, True, False, False]))
    # yes, no, yes, no; margins ln 3, -ln 3, ln 4, -ln 2: of the four pairs only the first spam above the last ham.
    assert (told.right, told.total, told.said_yes) == (2, 4, 2)
    assert told.ranked == 0.25
    assert told.spoken == pytest.approx(2.0 / 4)
    random = np.random.default_rng(0)
    logs, truth = np.log(random.uniform(0.1, 0.4, (60, 2)).round(1)), random.random(60) < 0.5
    assert tell(logs, truth).ranked == pytest.approx(roc_auc_score(truth, logs[:, 0] - logs[:, 1]))
    with pytest.raises(InputError, match="both kinds"):
        tell(logs, np.ones(60, dtype=bool))


def test_the_record_is_what_the_pocket_model_says(pocket):
    model, tokenizer = pocket
    record = load_record()
    _, held_out = few_messages()
    assert set(record) == {(of, wording) for of in ("pocket", "tuned") for wording in WORDINGS}
    for (of, name), logs in record.items():
        assert logs.shape == (len(held_out), 2)
        assert (np.exp(logs).sum(axis=1) <= 1 + 1e-3).all()
        if of == "pocket":
            (now,) = ask_all(model, tokenizer, list(held_out["text"][:3]), WORDINGS[name])
            np.testing.assert_allclose(logs[:3], now.numpy(), atol=0.02)


def test_held_out_means_held_out():
    train, held_out = few_messages()
    assert (len(train), len(held_out)) == (400, 200)
    assert not set(train["text"]) & set(held_out["text"])
    assert math.isclose((held_out["label"] == "spam").mean(), 0.5, abs_tol=0.05)
