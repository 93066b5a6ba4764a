"""The lesson on generating: every stage shows the model's own numbers, for any text."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from engine.analysis.greedy import TimedToken
from engine.analysis.untrained import untrained_twin
from engine.config import GPTConfig
from engine.decoding import generate_text_simple
from engine.model import GPTModel
from engine.tokenizers.pretrained import load_tokenizer
from tests.notebooks import run_notebook
from tests.ui.helpers import charts, components, open_page, words
from ui import models
from ui.code import notebook
from ui.labels import visible
from ui.lessons.generating import speed
from ui.lessons.generating.code import LOOP, cells
from ui.lessons.generating.steps import MOST, STAGES, equal_ranks, number_of, place_of
from ui.lessons.generating.words import START, experiments
from ui.numbers import percent

HOSTILE = [
    "👩‍🚀🇫🇷 é́ 𝕏",
    "שלום עולם, مرحبا! नमस्ते ไทย",
    "<script>alert(1)</script> [x](javascript:1) $a$ `b` <|endoftext|> :red[c]",
    "a\x00b\x1c\u2028\u202e\ufeff",
    " ",
]


@pytest.fixture(scope="module")
def pocket():
    return models.load(models.POCKET)


@pytest.fixture(scope="module")
def written(pocket):
    """The prompt's IDs, and what generate_text_simple makes of it."""
    ids = torch.tensor([pocket.tokenizer.encode(START)])
    out = generate_text_simple(pocket.model, ids, MOST, pocket.model.cfg.context_length)
    return ids[0].tolist(), out[0].tolist()


def strips(app):
    return [data["chips"] for data in components(app) if "chips" in data]


@pytest.mark.parametrize("stage", STAGES)
def test_each_stage_of_a_token(stage, pocket, written):
    app = open_page("generating", {"step": "5", "stage": stage})
    assert not app.exception
    assert not app.error
    prompt, text = written
    read, new = text[: len(prompt) + 4], text[len(prompt) + 4]
    with torch.no_grad():
        logits = pocket.model(torch.tensor([read]))[0]
    probs = torch.softmax(logits[-1].double(), dim=-1)
    said, first = words(app), strips(app)[0]
    assert logits[-1].argmax() == new
    shown = [visible(pocket.tokenizer.decode([i])) for i in read]
    assert [chip["text"] for chip in first[: len(read)]] == shown
    if stage == "encode":
        assert [chip["note"] for chip in first] == [str(i) for i in read]
        assert f"**(1, {len(read)})**" in said
    elif stage == "forward":
        best = [visible(pocket.tokenizer.decode([int(i)]))[:10] for i in logits.argmax(dim=-1)]
        assert [chip["note"] for chip in first] == [f"→ {text}" for text in best]
    elif stage == "append":
        assert len(first) == len(read) + 1
        assert f"{len(read) + 1} tokens" in said
    elif stage == "argmax":
        assert f"place **{new}**" in said
    elif stage == "softmax":
        assert percent(float(probs.max())) in said
    bars = 2 if stage in ("last", "softmax", "argmax") else 0
    assert len(charts(app)) == bars + 1
    assert f"{new} and {new}. Counted here: 8,192 of 8,192" in said


def test_the_untrained_model_is_the_twin(pocket, written):
    app = open_page("generating", {"step": "3", "stage": "append", "seed": "7"})
    twin = untrained_twin(pocket.model.cfg, 7)
    ids = torch.tensor([written[0]])
    out = generate_text_simple(twin, ids, 3, pocket.model.cfg.context_length)[0]
    assert [chip["about"].split("id ")[1].split(" ")[0] for chip in strips(app)[1]] == [str(int(i)) for i in out]


def test_the_arithmetic_of_a_chosen_token(pocket, written):
    app = open_page("generating", {"token": "77"})
    with torch.no_grad():
        probs = torch.softmax(pocket.model(torch.tensor([written[0]]))[0, -1].double(), dim=-1)
    assert f"**{percent(float(probs[77]))}**" in words(app)
    assert "(ID 77;" in words(app)


def test_the_buttons_walk_through_the_loop():
    app = open_page("generating", {"step": "1", "stage": "append"})
    app.button(key="next").click().run()
    assert (app.session_state["generating.step"], app.session_state["generating.stage"]) == (2, "encode")
    app.button(key="back").click().run()
    assert (app.session_state["generating.step"], app.session_state["generating.stage"]) == (1, "append")
    app.button(key="next-token").click().run()
    assert (app.session_state["generating.step"], app.session_state["generating.stage"]) == (2, "append")
    last = open_page("generating", {"step": str(MOST), "stage": "append"})
    assert last.button(key="next").disabled
    assert last.button(key="next-token").disabled
    assert open_page("generating", {"step": "1", "stage": "encode"}).button(key="back").disabled


def test_places_in_the_loop_are_counted_through():
    for number in range(MOST * len(STAGES)):
        assert number_of(*place_of(number)) == number


def test_ranks_are_compared_one_by_one():
    logits = np.array([1.0, 3.0, 2.0])
    assert equal_ranks(logits, np.exp(logits)) == 3
    assert equal_ranks(logits, np.array([0.5, 0.2, 0.3])) == 1


@pytest.mark.parametrize("stage", ["forward", "argmax"])
@pytest.mark.parametrize("text", HOSTILE)
def test_any_text(text, stage):
    app = open_page("generating", {"step": "24", "stage": stage, "seed": "99999"})
    app.text_area[0].set_value(text).run()
    assert not app.exception
    assert not app.error
    assert app.radio(key="generating-check-1")


def test_no_text_gets_a_sentence():
    app = open_page("generating")
    app.text_area[0].set_value("").run()
    assert not app.exception
    assert "type at least one character" in app.error[0].value
    assert app.radio(key="generating-check-1")


def test_a_text_longer_than_the_context_slides(pocket):
    text = "word " * 10_000
    app = open_page("generating", {"step": "2", "stage": "append"})
    app.text_area[0].set_value(text).run()
    assert not app.exception
    ids = pocket.tokenizer.encode(text)
    context = pocket.model.cfg.context_length
    out = generate_text_simple(pocket.model, torch.tensor([ids]), 2, context)[0].tolist()
    assert f"reads the last {context} tokens" in words(app)
    assert f"does not see the {len(ids) + 1 - context:,} before" in words(app)
    assert f"id {out[-1]}" in strips(app)[0][-1]["about"]
    app.button(key="measure").click().run()
    assert "slides" in app.error[0].value


@pytest.mark.parametrize(
    "query",
    [
        {"step": "0"},
        {"step": "999"},
        {"stage": "x"},
        {"token": "-1"},
        {"token": "9999999"},
        {"seed": "nan"},
        {"tokens": "7"},
    ],
)
def test_forged_urls_fall_back(query):
    app = open_page("generating", query)
    assert not app.exception
    assert not app.error


def test_measuring_times_both_and_says_what_they_wrote():
    app = open_page("generating", {"tokens": "32"})
    assert len(charts(app)) == 3
    app.button(key="measure").click().run()
    assert not app.exception
    assert len(charts(app)) == 4
    assert "**the same 32 tokens**" in words(app)
    # Another text is another question: the old answer goes.
    app.text_area[0].set_value("A cat").run()
    assert len(charts(app)) == 3


def test_the_verdict_counts_what_both_wrote():
    tokens = [TimedToken(i, 5 + i, 0.25) for i in range(4)]
    fast = [TimedToken(i, 5 + i, 0.05) for i in range(3)]
    said = speed.verdict(speed.Times({False: tokens, True: fast}))
    assert "**the same 3 tokens**" in said
    assert "**0.750 s**" in said
    assert "5.00 times as fast" in said
    other = [TimedToken(9, 5, 0.05), *fast[1:]]
    said = speed.verdict(speed.Times({False: tokens, True: other}))
    assert "parted at token 1" in said


def test_patience_ends_a_slow_measurement():
    cfg = GPTConfig(vocab_size=8192, context_length=64, emb_dim=16, n_heads=2, n_layers=1, drop_rate=0.0)
    loaded = models.LoadedModel("tiny g", GPTModel(cfg).eval(), load_tokenizer("pocket"), torch.device("cpu"))
    times = speed.measure(loaded, "a cat", 32, patience=-1)
    assert times.common == 1


@pytest.mark.parametrize("number", range(3))
def test_experiments_can_be_set_up(number):
    app = open_page("generating")
    app.button(key=f"generating-setup-{number + 1}").click().run()
    assert not app.exception
    for name, value in experiments()[number].setup.items():
        assert app.session_state[f"generating.{name}"] == value


def test_the_loop_as_code_is_generate_text_simple(pocket):
    names = {}
    exec(LOOP, names)
    ids = torch.tensor([[5, 9, 300], [8000, 2, 2]])
    assert torch.equal(
        names["generate_text_simple"](pocket.model, ids, 6, 4), generate_text_simple(pocket.model, ids, 6, 4)
    )


def test_the_notebook_writes_what_is_on_screen(pocket, written):
    out = run_notebook(notebook(cells(models.POCKET, START, 5, 123), "generating"))
    prompt, text = written
    assert out.count(str(text[len(prompt) : len(prompt) + 5])) == 2
    assert repr(pocket.tokenizer.decode(text[: len(prompt) + 5])) in out


def test_margin_questions_are_answered():
    labels = [expander.label for expander in open_page("generating").expander]
    for part in ("argmax function", "softmax", "greedy", "longer than the context"):
        assert any(part in label for label in labels)
