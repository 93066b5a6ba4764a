"""The lesson on prompts: curves, prompts and losses are the model's, the fingerprints real, sentences follow them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import torch

from engine.analysis.in_context import Draw, fingerprint, repetition_losses
from engine.errors import InputError
from tests.notebooks import run_notebook
from tests.ui.helpers import charts, open_page, words
from ui import models
from ui.code import notebook
from ui.figures import prompts as draw
from ui.lessons.prompts import measure, say
from ui.lessons.prompts.words import experiments, questions
from ui.numbers import fmt, percent

PAIRS = measure.TASKS["next"][1]
HOSTILE = [
    "👩‍🚀, 🇫🇷\né́ 𝕏, שלום\nनमस्ते, ไทย",
    "<script>, alert(1)\n[x](javascript:1), $a$\n`b`, <|endoftext|>\n:red[c], a\x00\u202e",
    "\n".join("w" * 70 + f", {n}" for n in range(24)),
]


@pytest.fixture(scope="module")
def loaded():
    return models.load("pocket")


@pytest.fixture(scope="module")
def found(loaded):
    return models.infer(measure.ask, loaded, PAIRS, form="comma", seed=1)


def test_each_point_is_the_models_probability(loaded, found):
    picked = found.draws[2]
    for k, mixed, logs in ((0, False, found.right), (3, False, found.right), (4, True, found.mixed)):
        prompt = measure.ids(loaded, measure.prompt(picked, k, "comma", mixed))
        total = 0.0
        for token in measure.answer_ids(loaded, picked.question[1]):
            total += loaded.model(torch.tensor([prompt]))[0, -1].double().log_softmax(-1)[token].item()
            prompt.append(token)
        assert logs[2, k] == pytest.approx(total, abs=1e-3)


def test_numbers_on_screen(loaded, found):
    app = open_page("prompts", {"k": "4", "order": "3"})
    assert not app.exception
    assert f"**{percent(float(np.exp(found.right[3, 4])))}**" in words(app)
    assert f"**{percent(float(np.exp(found.right[:, 4].mean())))}**" in words(app)
    assert measure.prompt(found.draws[3], 4, "comma") in [code.value for code in app.code]
    wrong = open_page("prompts", {"k": "4", "order": "3", "mixed": "1"})
    assert f"**{percent(float(np.exp(found.mixed[3, 4])))}**" in words(wrong)
    assert measure.prompt(found.draws[3], 4, "comma", mixed=True) in [code.value for code in wrong.code]
    mark = fingerprint(loaded.model)
    assert f"before  {mark}\nafter   {mark}" in [code.value for code in app.code]
    assert "**The same**" in words(app)
    assert len(charts(app)) == 2


@pytest.mark.parametrize(("length", "seed"), [(4, 0), (64, 9_999)])
def test_losses_on_screen(loaded, length, seed):
    app = open_page("prompts", {"part": "repeat", "length": str(length), "seed": str(seed), "place": "3"})
    losses = repetition_losses(loaded.model, loaded.tokenizer.n_vocab - 1, length, seed=seed)
    for value in losses.mean(dim=(0, 2)).tolist():
        assert f"**{fmt(value)}**" in words(app)
    assert f"p = **{percent(float(np.exp(-losses[0, 1, 3].item())))}**" in words(app)


def test_pairs_are_read():
    assert measure.read_pairs(" a , b\n\nc, d, e\n") == [("a", "b"), ("c, d", "e")]
    for text in ("a\n", ", b", "a,", "a, b\n" * 25, "x" * 99 + ", y"):
        with pytest.raises(InputError):
            measure.read_pairs(text)
    assert all(len(measure.read_pairs(text)) >= 6 for _, text in measure.TASKS.values())


@pytest.mark.parametrize("text", ["", "one", "a, b\nc, d", "word " * 10_000])
def test_pairs_that_cannot_be_used_get_a_sentence(text):
    app = open_page("prompts")
    app.text_area[0].set_value(text).run()
    assert not app.exception
    assert app.error
    assert app.radio(key="prompts-check-1")


@pytest.mark.parametrize("text", HOSTILE)
def test_any_pairs_at_the_controls_extremes(text):
    app = open_page("prompts", {"pairs_next": text, "k": "6", "order": "99", "form": "lines", "seed": "9999"})
    assert not app.exception
    # Long words in a rare script may not fit into the context six times over.
    assert not app.error or "tokens" in app.error[0].value
    assert app.radio(key="prompts-check-1")


@pytest.mark.parametrize("query", [{"part": "x"}, {"order": "²"}, {"task": "cook"}, {"k": "nan"}, {"form": "x"}])
def test_forged_urls_fall_back(query):
    app = open_page("prompts", query)
    assert not app.exception
    assert not app.error


def test_sentences_follow_the_numbers():
    rising, flat = np.log([[0.01, 0.1]]), np.log([[0.01, 0.01]])
    assert "10.0 times" in say.effect(rising, rising)
    assert "of the rule, nothing" in say.effect(rising, rising)
    assert "*which* answer" in say.effect(rising, flat)
    assert "even more" in say.effect(rising, rising + 1)
    assert "hardly anything" in say.effect(flat, flat)
    copying, noticing, deaf = (np.array([[[9.0], [8.0], [end]]]) for end in (0.5, 8.0, 9.0))
    assert "copies" in say.rounds(copying, 100)
    assert "hardly copy" in say.rounds(noticing, 100)
    assert "has not learned" in say.rounds(deaf, 100)


def test_mixed_examples_that_stay_right_are_counted():
    good, bad, kind = ("a smile", "good"), ("a lie", "bad"), ("a friend", "good")
    mixed = [("a smile", "good"), ("a friend", "bad"), ("a lie", "good")]
    assert "(1 of 3 here)" in say.mixing([Draw(bad, [good, kind, bad], mixed)])
    assert "stays" not in say.mixing([Draw(bad, [kind, bad], mixed[1:])])


def test_pictures():
    right = np.log([[0.1, 0.4], [0.4, 0.4]])
    frame, _ = draw.curves(right, right, 1, 0)
    means = frame[(frame["order"] < 0) & (frame["of"] == draw.KINDS[0])]
    assert means["p"].tolist() == pytest.approx([0.2, 0.4])
    assert draw.powers_of_ten(frame["p"]) == pytest.approx([0.1, 1])
    assert draw.powers_of_ten(pd.Series([0.02, 0.0003])) == pytest.approx([0.0001, 0.001, 0.01, 0.1])
    assert len(draw.powers_of_ten(pd.Series([0.0, 1.0]))) > 2
    frame, _ = draw.what_follows(str, np.array([0.5, 0.3, 0.15, 0.05]), answer=3, top=1)
    assert frame["token"].tolist() == ["0", "3", draw.REST]
    assert frame["probability"].sum() == pytest.approx(1)
    frame, _ = draw.losses(np.array([[3.0, 1.0], [1.0, 1.0]]), 5.0, 1)
    assert frame["mean"].tolist() == [2, 2, 1, 1]
    assert frame["chosen"].tolist() == [False, True, False, True]


@pytest.mark.parametrize("number", range(3))
def test_experiments_can_be_set_up(number):
    app = open_page("prompts")
    app.button(key=f"prompts-setup-{number + 1}").click().run()
    assert not app.exception
    assert not app.error
    for name, value in experiments()[number].setup.items():
        assert app.session_state[f"prompts.{name}"] == value


def test_the_notebook_prints_the_curve_on_screen(found):
    cells = measure.examples_code("pocket", PAIRS, "comma", 1) + measure.repeat_code("pocket", 8, 1)[1:]
    out = run_notebook(notebook(cells, "prompts"))
    assert f"3 examples: {np.exp(found.right[:, 3].mean()):.3g}" in out


def test_margin_questions_are_answered():
    labels = [expander.label for expander in open_page("prompts").expander]
    assert set(questions()) <= set(labels)
