"""The lesson on both sides: both rankings are the model's own, masks the engine's, for any sentence."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from engine.analysis.masks import attention_mask
from engine.errors import InputError
from engine.tokenizers.pretrained import encode_text
from tests.notebooks import run_notebook
from tests.ui.helpers import charts, open_page, words
from ui import models
from ui.code import notebook
from ui.figures import both_sides as draw
from ui.lessons.both_sides import hole, say
from ui.lessons.both_sides.words import SENTENCE, experiments, questions
from ui.numbers import fmt, percent

TEXT = SENTENCE
LEFT, RIGHT = SENTENCE.split(" ___")
HOSTILE = [
    "👩‍🚀 ___ 🇫🇷 é́",
    "שלום ___ עולם, مرحبا! नमस्ते ไทย",
    "<script>alert(1)</script> [x](javascript:1) $a$ `b`___ <|endoftext|> :red[c]",
    "word " * 5_000 + "____" + " a\x00b\u2028\u202e\ufeff" + " word" * 5_000,
    "___",
]


@pytest.fixture(scope="module")
def loaded():
    return models.load("pocket")


def test_the_lists_are_the_models_probabilities(loaded):
    reading = hole.read(loaded, TEXT, 6, "coat, umbrella stand")
    left = [loaded.tokenizer.eot_token, *encode_text(loaded.tokenizer, LEFT)]
    right = encode_text(loaded.tokenizer, RIGHT)
    probs = loaded.model(torch.tensor([left]))[0, -1].softmax(-1)
    assert reading.left[0] == pytest.approx(probs.max().item(), rel=1e-4)
    whole = []
    for piece in reading.pieces:
        ids = torch.tensor([[*left, *piece, *right]])
        logs = loaded.model(ids).log_softmax(-1)[0, :-1].gather(1, ids[0, 1:, None])[:, 0]
        whole.append(logs[len(left) - 1 :].sum().item())
    expected = torch.tensor(whole).softmax(0).numpy()
    np.testing.assert_allclose(reading.share, expected, rtol=1e-3)
    assert reading.order == np.argsort(-expected, kind="stable").tolist()
    singles = [piece[0] for piece in reading.pieces if len(piece) == 1]
    assert reading.rest == pytest.approx(1 - probs[singles].sum().item(), abs=1e-5)
    assert [hole.label(w) for w, mine in zip(reading.words, reading.own, strict=True) if mine]
    assert any(rank == 0 for rank in reading.ranks)  # "umbrella stand" has several tokens


def test_numbers_on_screen(loaded):
    app = open_page("both_sides", {"both": "1", "own": "letter"})
    assert not app.exception
    reading = models.infer(hole.read, loaded, TEXT, top=12, own="letter")
    chosen = hole.pick(reading, "", both=True)
    assert f"**{percent(float(reading.left[chosen]))}**" in words(app)
    assert f"**{percent(float(reading.share[chosen]))}**" in words(app)
    other = hole.rival(reading, chosen)
    gain = (reading.log_right[chosen] - reading.log_right[other]).max()
    assert gain <= 0 or f"**{fmt(float(np.exp(gain)))} times**" in words(app)
    assert len(charts(app)) == 3


def test_the_right_side_changes_the_first_place_of_the_example(loaded):
    ends = [experiment.setup["text"] for experiment in experiments()[:1]]
    best = [(r := hole.read(loaded, text, 12, "")).words[r.order[0]] for text in (TEXT, *ends)]
    left = hole.read(loaded, TEXT, 12, "").words[0]
    assert len({left, *best}) == 3


def test_the_right_side_is_hidden_until_asked_for():
    app = open_page("both_sides")
    assert len(charts(app)) == 1
    (button,) = [b for b in app.button if b.label == "Read the right side too"]
    button.click().run()
    assert len(charts(app)) == 3


def test_the_left_list_does_not_know_the_right(loaded):
    one, two = (hole.read(loaded, f"The old man opened the ___{end}", 10, "") for end in (" and slept.", "? No!"))
    np.testing.assert_array_equal(one.left, two.left)
    assert not np.allclose(one.share, two.share)
    nothing = hole.read(loaded, "The old man opened the ___", 10, "")
    assert nothing.order == list(range(10))
    np.testing.assert_allclose(nothing.share, nothing.left / nothing.left.sum(), rtol=1e-4)


def test_splitting_at_the_hole():
    assert hole.split("a ___ b") == ("a", " b", True)
    assert hole.split("un__able") == ("un", "able", False)
    assert hole.split("___.") == ("", ".", False)
    assert hole.own_words(" a, b,,a , c d ") == ["a", "b", "c d"]
    for text in ("", "no hole", "two ___ holes ___"):
        with pytest.raises(InputError, match="three underscores"):
            hole.split(text)


@pytest.mark.parametrize("text", HOSTILE)
def test_any_text_at_the_controls_extremes(text):
    app = open_page("both_sides", {"text": text, "top": "40", "both": "1", "own": "🤖, <b>, `x`, " + "a," * 40})
    assert not app.exception
    assert not app.error
    assert app.radio(key="both_sides-check-1")


@pytest.mark.parametrize(
    "query", [{"text": "no hole"}, {"text": "a ___ b ___"}, {"own": "x" * 300}, {"part": "masks", "source": " "}]
)
def test_what_cannot_be_read_gets_a_sentence(query):
    app = open_page("both_sides", query)
    assert not app.exception
    assert app.error
    assert app.radio(key="both_sides-check-1")


@pytest.mark.parametrize("query", [{"part": "x"}, {"both": "7"}, {"word": "1-x"}, {"top": "nan"}, {"kind": "rnn"}])
def test_forged_urls_fall_back(query):
    app = open_page("both_sides", query)
    assert not app.exception
    assert not app.error


@pytest.mark.parametrize("kind", list(say.KINDS))
def test_masks_on_screen_are_the_engines(kind):
    app = open_page("both_sides", {"part": "masks", "kind": kind, "source": "a b c d", "target": "x y", "cell": "1-3"})
    seen = attention_mask(kind, 4, 2)
    assert f"**{'may' if seen[1, 3] else 'may not'}** look" in words(app)
    assert f"**{int(seen[1].sum())} of {len(seen)}** words" in words(app)
    far = open_page("both_sides", {"part": "masks", "kind": kind, "source": "w " * 900, "cell": "99-99"})
    assert not far.exception


def test_every_kind_of_cell_has_its_reason():
    seen = attention_mask("encoder-decoder", 2, 2).tolist()
    reasons = [
        ((3, 0), "cross-attention"),
        ((3, 3), "the word itself"),
        ((3, 2), "came before"),
        ((0, 1), "both ways"),
        ((0, 2), "reading is over"),
        ((2, 3), "comes later"),
    ]
    for cell, reason in reasons:
        assert reason in say.cell(list("abcd"), seen, *cell, source=2)


def test_bars_add_up_to_one():
    frame, _ = draw.candidates(
        ["a", "b"], [0.5, 0.2], [4, 1], title="p", own=[0, 1], chosen=4, notes=["", " (2 → 1)"], rest=0.3
    )
    assert frame["probability"].sum() == pytest.approx(1)
    assert frame["kind"].tolist() == ["chosen", "own", "rest"]
    assert frame["candidate"].tolist() == [4, 1, -1]


@pytest.mark.parametrize("number", range(3))
def test_experiments_can_be_set_up(number):
    app = open_page("both_sides")
    app.button(key=f"both_sides-setup-{number + 1}").click().run()
    assert not app.exception
    assert not app.error
    for name, value in experiments()[number].setup.items():
        assert app.session_state[f"both_sides.{name}"] == value


def test_the_notebook_prints_the_shares_on_screen(loaded):
    cells = [*hole.code("pocket", TEXT, 5, ["book"]), say.code("encoder-decoder", 3, 2)]
    out = run_notebook(notebook(cells, "both_sides"))
    reading = hole.read(loaded, TEXT, 5, "book")
    assert f"{reading.share.max():.4f}" in out
    assert f"{reading.left[0]:.4f}" in out


def test_margin_questions_are_answered():
    labels = [expander.label for expander in open_page("both_sides").expander]
    assert set(questions()) <= set(labels)
