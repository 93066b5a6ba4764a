"""The lesson on splitting text: what it shows is what the engine computes, for any text, pattern and link."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from engine.config import GPTConfig
from engine.errors import InputError, UnknownTokenError
from engine.model import GPTModel
from engine.tokenizers.pretrained import encode_text, load_tokenizer, token_text
from engine.tokenizers.words import (
    DEFAULT_PATTERN,
    SimpleTokenizerV1,
    SimpleTokenizerV2,
    build_vocabulary,
    split_text,
)
from engine.trace import trace
from tests.notebooks import run_notebook
from tests.ui.helpers import components, open_page, words
from ui import models
from ui.code import notebook
from ui.figures.splitting_text import boundary_lines, growth_line, settings_bars
from ui.lessons.splitting_text import boundary, splitting
from ui.lessons.splitting_text.split_worker import WAYS
from ui.lessons.splitting_text.words import KNOWN, PASTA, PHYSICS, START, TEXTS, UNKNOWN_WORD, experiments
from ui.numbers import count, fmt, percent
from ui.palette import CHOSEN

HOSTILE = [
    "",
    " \n\t ",
    "👩‍🚀🇫🇷 é́ 𝕏",
    "שלום עולם, مرحبا! नमस्ते ไทย",
    "<script>alert(1)</script> [x](javascript:1) $a$ `b` :red[c]",
    "a\x00b\x1c\u2028\u202e\ufeff",
    "word " * 10_000,
    "x" * 150_000,
]


@pytest.fixture
def tiny(monkeypatch):
    """A model with random weights in the place of the pocket model: what is shown must be right for any."""
    torch.manual_seed(0)
    cfg = GPTConfig(vocab_size=8192, context_length=128, emb_dim=16, n_heads=2, n_layers=3, drop_rate=0.0)
    loaded = models.LoadedModel("tiny", GPTModel(cfg).eval(), load_tokenizer("pocket"), torch.device("cpu"))
    monkeypatch.setattr(models, "current", lambda: loaded)
    return loaded


def strips(app):
    """The chips of each token strip on the page."""
    return [data["chips"] for data in components(app) if "chips" in data]


def texts(chips):
    return [chip["text"] for chip in chips]


@pytest.mark.parametrize(("keep", "lower"), WAYS)
@pytest.mark.parametrize("pattern", [DEFAULT_PATTERN, r"(\s)", r"([,.]|\s)", r"\s", "(e)"])
def test_tokens_and_sizes_are_the_engines(pattern, keep, lower):
    query = {"pattern": pattern, "spaces": str(int(keep)), "small": str(int(lower))}
    app = open_page("splitting_text", query)
    tokens = split_text(START, pattern, keep, lower)
    shown = texts(strips(app)[0])
    assert [t.strip("·") for t in shown] == [t.strip(" ") for t in tokens]
    assert f"**{count(len(tokens))} tokens**" in words(app)
    assert f"**{count(len(build_vocabulary(tokens)))}** are different" in words(app)


def test_the_notes_example():
    app = open_page("splitting_text", {"text": "Hello, world! How are you?"})
    assert texts(strips(app)[0]) == ["Hello", ",", "world", "!", "How", "are", "you", "?"]


@pytest.mark.parametrize(
    ("pattern", "says"),
    [
        ("[", "not a regular expression"),
        ("(", "not a regular expression"),
        (r"\1", "not a regular expression"),
        ("(a{999999999})", "too much time or memory"),
        ("(?R)", "too much time or memory"),
        ("(?:a|(?R)b)", "too much time or memory"),
        ("(" * 140 + ")" * 140, ""),
        ("()" * 150, ""),
        ("", ""),
    ],
)
def test_any_pattern_gives_tokens_or_a_sentence(pattern, says):
    app = open_page("splitting_text", {"pattern": pattern, "text": "aab " * 50})
    assert not app.exception
    if says:
        assert says in app.error[0].value
        assert app.text_input(key="splitting_text.pattern").value == pattern
    assert app.radio(key="splitting_text-check-1")


def test_catastrophic_backtracking_ends():
    with pytest.raises(InputError, match="too much time|too long"):
        splitting.split_every_way("a" * 40_000, "(a+)+b")


def test_a_pattern_that_is_too_long_is_refused():
    with pytest.raises(InputError, match="at most 300"):
        splitting.split_every_way("a", "a" * 301)


def test_a_typed_pattern_gives_what_the_engine_gives():
    pattern = r"(\w+)|[^\w]"
    text = "Grüße, 🌍! <b>\x00\u2028"
    assert splitting.split_every_way(text, pattern) == [split_text(text, pattern, keep, low) for keep, low in WAYS]


@pytest.mark.parametrize("part", ["split", "numbers", "special"])
@pytest.mark.parametrize("text", HOSTILE)
def test_any_text(part, text):
    app = open_page("splitting_text", {"part": part})
    for area in app.text_area:
        area.set_value(text)
    for line in app.text_input:
        if line.key.endswith("sentence"):
            line.set_value(text)
    app.run()
    assert not app.exception
    assert app.radio(key="splitting_text-check-1")
    if part == "split" and not text:
        assert "type some words" in app.error[0].value


def test_growth_ends_at_the_vocabulary():
    read, different = splitting.vocabulary_growth(["a", "b", "a", "c"])
    assert (read, different) == ([1, 2, 3, 4], [1, 2, 2, 3])
    tokens = [str(n % 700) for n in range(5_003)]
    read, different = splitting.vocabulary_growth(tokens)
    assert (read[-1], different[-1]) == (5_003, 700)
    assert len(read) <= 302
    assert splitting.vocabulary_growth([]) == ([], [])


def test_known_words_come_back():
    app = open_page("splitting_text", {"part": "numbers"})
    v1 = SimpleTokenizerV1(build_vocabulary(split_text(START)))
    ids = v1.encode(KNOWN)
    assert [chip["note"] for chip in strips(app)[0]] == [str(i) for i in ids]
    assert app.text[0].value == v1.decode(ids) == KNOWN
    assert "The same, to the last character" in words(app)


def test_an_unknown_word_breaks_v1_and_not_v2():
    app = open_page("splitting_text", {"part": "numbers", "sentence": UNKNOWN_WORD})
    tokens = split_text(START)
    with pytest.raises(UnknownTokenError) as error:
        SimpleTokenizerV1(build_vocabulary(tokens)).encode(UNKNOWN_WORD)
    assert "woman" in str(error.value)
    assert "woman" in app.error[0].value
    v2 = SimpleTokenizerV2(build_vocabulary(tokens, special=("<|endoftext|>", "<|unk|>")))
    (chips,) = strips(app)
    assert [chip["note"] for chip in chips] == [str(i) for i in v2.encode(UNKNOWN_WORD)]
    assert texts(chips)[2] == "<|unk|>"
    assert [chip["hue"] == CHOSEN for chip in chips] == [i == 2 for i in range(len(chips))]
    assert app.text[0].value == UNKNOWN_WORD.replace("woman", "<|unk|>")


@pytest.mark.parametrize("style", ["gpt2", "four"])
def test_batches_are_padded_and_encoded_by_v2(style):
    app = open_page("splitting_text", {"part": "special", "style": style})
    batch = splitting.padded_batch(TEXTS.splitlines(), style)
    rows = strips(app)
    assert [texts(row) for row in rows] == batch.rows
    assert len({len(row) for row in rows}) == 1
    v2 = SimpleTokenizerV2(batch.vocabulary)
    for chips, row in zip(rows, batch.rows, strict=True):
        assert [chip["note"] for chip in chips] == [str(i) for i in v2.encode(" ".join(row))]
    padding = sum(len(row) - length for row, length in zip(batch.rows, batch.lengths, strict=True))
    assert f"**{padding} of {sum(map(len, batch.rows))}** places" in words(app)
    if style == "four":
        assert all(row[0] == "[BOS]" and "[EOS]" in row for row in batch.rows)
        assert sum(row.count("[PAD]") for row in batch.rows) == padding
    else:
        assert sum(row.count("<|endoftext|>") for row in batch.rows) == padding + len(batch.rows)


def test_a_batch_on_screen_has_bounds():
    batch = splitting.padded_batch(["a b c"] * 9 + ["x " * 99], "four")
    assert len(batch.rows) == splitting.MOST_TEXTS
    assert splitting.padded_batch(["x " * 99], "four").cut == 1


@pytest.mark.parametrize("joint", ["nothing", "line"])
def test_the_boundary_shows_the_models_loss_and_attention(tiny, joint):
    app = open_page("splitting_text", {"part": "boundary", "joint": joint})
    assert not app.exception
    before, after = (encode_text(tiny.tokenizer, text) for text in (PHYSICS, PASTA))
    eot = tiny.tokenizer.eot_token
    middle = {"nothing": [], "line": encode_text(tiny.tokenizer, "\n\n"), "marker": [eot]}
    read = boundary.read_boundary(tiny, PHYSICS, PASTA)
    assert read.tokens == [token_text(tiny.tokenizer, i) for i in after]
    for name, between in middle.items():
        ids = torch.tensor([*before, *between, *after])
        kept = trace(tiny.model, ids)
        loss = F.cross_entropy(kept.logits[:-1], ids[1:], reduction="none")[-len(after) :]
        np.testing.assert_allclose(read.loss[name], loss.numpy(), rtol=1e-4)
        share = torch.stack(list(kept.weights.values())).mean(dim=(0, 1))[-len(after) :, : len(before)].sum(1)
        np.testing.assert_allclose(read.back[name], share.numpy(), rtol=1e-4)
    alone = torch.tensor([eot, *after])
    expected = F.cross_entropy(tiny.model(alone[None])[0, :-1], alone[1:], reduction="none").detach()
    np.testing.assert_allclose(read.loss["alone"], expected.numpy(), rtol=1e-4)
    for kind in (joint, "marker"):
        assert f"**{percent(math.exp(-read.loss[kind][0]))}**" in words(app)
        assert fmt(read.loss[kind].mean()) in words(app)


@pytest.mark.parametrize("text", HOSTILE)
def test_any_text_at_the_boundary(tiny, text):
    app = open_page("splitting_text", {"part": "boundary"})
    for area in app.text_area:
        area.set_value(text)
    app.run()
    assert not app.exception
    assert bool(app.error) == (text == "")


def test_long_texts_fit_the_context(tiny):
    read = boundary.read_boundary(tiny, "river " * 500, "mountain " * 90)
    assert len(read.tokens) == boundary.MOST_SECOND
    assert min(read.cut) > 0


def test_figures_hold_the_numbers():
    frame, _ = settings_bars(["a", "b"], [10, 20], [5, 6], 1)
    assert frame["value"].tolist() == [10, 20, 5, 6]
    assert frame["chosen"].tolist() == [False, True] * 2
    frame, spec = boundary_lines(["x", "y"], {"one": np.array([1.0, 2.0]), "two": np.array([3.0, 4.0])}, "nats")
    assert frame["value"].tolist() == [1, 2, 3, 4]
    assert spec["encoding"]["color"]["scale"]["domain"] == ["one", "two"]
    assert "format" not in spec["encoding"]["y"]["axis"]
    _, spec = boundary_lines(["x"], {"one": np.array([0.5])}, "share", 1.0)
    assert spec["encoding"]["y"]["axis"]["format"] == "%"
    frame, _ = growth_line([1, 2], [1, 1])
    assert frame["different"].tolist() == [1, 1]
    growth_line([], [])


@pytest.mark.parametrize("number", range(3))
def test_experiments_can_be_set_up(tiny, number):
    app = open_page("splitting_text")
    app.button(key=f"splitting_text-setup-{number + 1}").click().run()
    assert not app.exception
    setup = experiments()[number].setup
    assert app.session_state["splitting_text.part"] == setup["part"]
    if number == 0:
        assert not {",", ".", "?"} & set(texts(strips(app)[0]))


@pytest.mark.parametrize("query", [{"part": "x"}, {"style": "y", "part": "special"}, {"spaces": "maybe"}])
def test_forged_urls_fall_back(query):
    app = open_page("splitting_text", query)
    assert not app.exception
    assert not app.error


def test_notebooks_print_what_is_on_screen():
    """Other texts than those a page opens with, all in one process."""
    texts = TEXTS.splitlines()
    cells = [
        splitting.split_code('it\'s "so"\n', DEFAULT_PATTERN, True, False),
        *splitting.numbers_code(START, UNKNOWN_WORD),
        splitting.special_code(texts, "gpt2"),
        "print('LAST')",
        splitting.special_code(texts, "four"),
    ]
    last = run_notebook(notebook(cells, "t")).split("LAST\n")[1]
    assert last.strip().splitlines() == [str(row) for row in splitting.padded_batch(texts, "four").ids]


def test_the_notebook_of_the_boundary_runs_with_the_pocket_model():
    out = run_notebook(notebook(boundary.boundary_code("pocket", PHYSICS, PASTA), "t"))
    assert out.count("attention to the first text") == 3


def test_margin_questions_are_answered():
    labels = [expander.label for expander in open_page("splitting_text").expander]
    assert any("unrelated text sources" in label for label in labels)
