"""The lesson on positions: what it shows is the model's, in every part, for any text and setting."""

from __future__ import annotations

import numpy as np
import pytest

from engine.analysis import positions as engine
from engine.tokenizers.pretrained import encode_text
from engine.trace import trace
from tests.notebooks import run_notebook
from tests.ui.helpers import charts, frames, open_page, words
from ui import models
from ui.code import notebook
from ui.figures import positions as draw
from ui.lessons.positions import measure, say
from ui.lessons.positions.words import experiments, questions
from ui.numbers import fmt

PARTS = ["add", "shuffle", "similar", "relative"]
HOSTILE = [
    "👩‍🚀🇫🇷 é́ 𝕏 <script>alert(1)</script> [x](javascript:1) $a$ `b` <|endoftext|> :red[c]",
    "שלום עולם, مرحبا! नमस्ते ไทย",
    "a\x00b\x1c\u2028\u202e\ufeff " + "word " * 10_000,
    "a",
]
EXTREMES = [
    {"start": "9999", "first": "9999", "place": "99-99", "number": "99-99"},
    {"seed": "9999", "last_stays": "0", "layer": "99", "cell": "9-99"},
    {"table": "waves", "step": "8", "from": "999", "pair": "99-99"},
    {"distance": "99", "head": "99", "moved": "9999", "query": "99-0"},
]


@pytest.fixture(scope="module")
def loaded():
    return models.load("pocket")


@pytest.fixture(scope="module")
def ids(loaded):
    import torch

    return torch.tensor(encode_text(loaded.tokenizer, say.START))


def test_the_sum_is_what_enters_the_first_block(loaded, ids):
    app = open_page("positions", {"place": "3-0", "number": "2-4", "first": "30"})
    kept = trace(loaded.model, ids)
    assert f"**{fmt(kept.resid_pre[0][3, 34].item())}**" in words(app)
    assert fmt(kept.tok_emb[3, 34].item()) in words(app)
    assert fmt(kept.pos_emb[3, 34].item()) in words(app)
    inputs = models.infer(measure.inputs, loaded, say.START, start=0)
    np.testing.assert_array_equal(inputs.token + inputs.position, kept.resid_pre[0].numpy())


@pytest.mark.parametrize("row", range(4))
def test_the_change_on_screen_is_the_engines(loaded, ids, row):
    app = open_page("positions", {"part": "shuffle", "layer": "3", "cell": f"{row}-2", "seed": "7"})
    order = engine.shuffled_order(len(ids), 7)
    way = list(measure.WAYS.values())[row]
    change = engine.order_effect(loaded.model, ids, order, *way)[3, 2].item()
    said = words(app)
    # Bags of words differ by rounding alone, which the number of threads decides.
    assert "That is rounding" in said if row == 0 else f"**{fmt(change)}**" in said
    before, after = models.infer(
        measure.two_predictions, loaded, say.START, seed=7, last_stays=True, way=list(measure.WAYS)[row]
    )
    expected = engine.next_token(loaded.model, ids[order], *way)
    np.testing.assert_allclose(after, expected.numpy(), atol=1e-6)
    assert np.allclose(before, after, atol=1e-5) == (row == 0)


def test_similarity_on_screen(loaded):
    app = open_page("positions", {"part": "similar", "from": "5", "pair": "2-9"})
    cosines = engine.cosine_similarity(loaded.model.pos_emb.weight.detach())
    assert "positions 7 and 14" in words(app)
    assert f"**{fmt(cosines[7, 14].item())}**" in words(app)
    assert "the distance alone does not decide" in words(app)
    assert "the distance alone decides" in words(open_page("positions", {"part": "similar", "table": "waves"}))


def test_pair_on_screen(loaded, ids):
    app = open_page("positions", {"part": "relative", "query": "5-0", "distance": "2", "head": "1", "moved": "40"})
    scores = engine.pair_scores(loaded.model, int(ids[5]), int(ids[3]), 2, 1)
    for name in engine.SCHEMES:
        assert f"| {say.SCHEMES[name]} | {fmt(scores[name][0].item())} | {fmt(scores[name][40].item())} |" in words(app)
    (frame,) = frames(app)
    drawn = frame[(frame["of"] == "learned") & (frame["x"] == 40)]["y"].item()
    assert drawn == pytest.approx((scores["learned"][40] - scores["learned"][0]).item())


@pytest.mark.parametrize("part", range(4))
@pytest.mark.parametrize("text", HOSTILE)
def test_any_text_at_the_controls_extremes(text, part):
    app = open_page("positions", {"part": PARTS[part], "text": text, **EXTREMES[part]})
    assert not app.exception
    assert not app.error or "one token has no order" in app.error[0].value.lower()
    assert app.radio(key="positions-check-1")


@pytest.mark.parametrize("part", ["add", "shuffle", "relative"])
def test_an_empty_text_gets_a_sentence(part):
    app = open_page("positions", {"part": part})
    app.text_area[0].set_value("").run()
    assert "The text is empty" in app.error[0].value.replace("\\", "")
    assert app.radio(key="positions-check-1")


@pytest.mark.parametrize("query", [{"part": "x"}, {"place": "-1-2"}, {"cell": "²-0"}, {"step": "3"}, {"start": "nan"}])
def test_forged_urls_fall_back(query):
    app = open_page("positions", query)
    assert not app.exception
    assert charts(app)


def test_the_distributions_are_whole():
    before = np.array([0.5, 0.25, 0.15, 0.1], dtype=np.float32)
    frame, _ = draw.two_distributions(str, before, before[::-1], top=1)
    assert frame["token"].tolist() == ["0", "3", draw.REST] * 2
    assert frame.groupby("order")["probability"].sum().tolist() == pytest.approx([1, 1])


def test_a_repeated_word_is_measured():
    sums = np.array([[0.0, 0.0], [1, 1], [3, 4]], dtype=np.float32)
    assert "positions 10 and 12" in say.twice([7, 8, 7], sums, 10)
    assert "**5.00** apart" in say.twice([7, 8, 7], sums, 10)
    assert "No token stands here twice" in say.twice([7, 8, 9], sums, 0)


@pytest.mark.parametrize("number", range(3))
def test_experiments_can_be_set_up(number):
    app = open_page("positions")
    app.button(key=f"positions-setup-{number + 1}").click().run()
    assert not app.exception
    for name, value in experiments()[number].setup.items():
        assert app.session_state[f"positions.{name}"] == value


def test_the_notebooks_run():
    """Those of all parts, one after the other, to load the model once."""
    now = [
        {"start": 2, "place": 1},
        {"seed": 3, "last_stays": True, "layer": 2},
        {"table": "waves", "row": 4},
        {"query": 3, "distance": 2, "head": 1},
    ]
    cells = [
        measure.code(part, "pocket", 'It\'s "so" {x}\n now', **settings)
        for part, settings in zip(PARTS, now, strict=True)
    ]
    assert "rotation" in run_notebook(notebook([cells[0][0], *(c for part in cells for c in part[1:])], "positions"))


def test_margin_questions_are_answered():
    labels = [expander.label for expander in open_page("positions").expander]
    assert set(questions()) <= set(labels)
