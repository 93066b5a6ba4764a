"""The lesson on the causal mask: matrices, leak, dropout and buffers on screen are the engine's."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from engine.attention_steps import drop_weights, mask_both_ways
from engine.experiments.leak import LeakSettings, train_leaky_and_masked
from engine.tokenizers.pretrained import encode_text
from engine.trace import trace
from engine.weights.pocket import load_pocket
from tests.engine.test_masked_steps import book_scores
from tests.notebooks import run_notebook
from tests.ui.helpers import charts, components, open_page, words
from ui.code import notebook
from ui.figures import causal_mask as draw
from ui.figures.causal_mask_charts import loss_bars, running_mean
from ui.lessons.causal_mask import code, masking
from ui.lessons.causal_mask.words import LOUD, STORY, TEXT, experiments, questions
from ui.numbers import fmt
from ui.word_vectors import JOURNEY, read_word_vectors

HOSTILE = ["👩‍🚀🇫🇷 é́ 𝕏", "שלום עולם, مرحبا! नमस्ते ไทย", "<script>alert(1)</script> $a$ `b` :red[c]", "word " * 10_000]


def product(app):
    (data,) = [data for data in components(app) if "explain" in data]
    return data


def shown(matrix):
    return [[fmt(v) for v in row] for row in np.asarray(matrix, dtype=float).tolist()]


def say(runs):
    return "".join(text for text, _ in runs)


@pytest.mark.parametrize("way", masking.WAYS)
def test_matrices_of_the_six_words(way):
    app = open_page("causal_mask", {"way": way})
    data, steps = product(app), mask_both_ways(book_scores())
    expected = {
        "before": steps.before,
        "after": steps.after,
        "difference": steps.before - steps.after,
        "bare": torch.cat([steps.zeroed, steps.row_sums[:, None]], dim=1),
    }[way]
    assert data["result"]["shown"] == shown(expected)
    if way == "before":
        assert data["operands"][0]["shown"] == shown(steps.masked)
        assert data["operands"][0]["shade"][0][1] == 0
    assert not app.exception


def test_the_arithmetic_of_a_cell_and_the_leak():
    steps = mask_both_ways(book_scores())
    data = product(open_page("causal_mask", {"way": "after", "cell": "2-1"}))
    zeroed, total = steps.zeroed[2].tolist(), steps.row_sums[2].item()
    terms = " + ".join(fmt(v) for v in zeroed[:3])
    assert f"{fmt(zeroed[1])} / ({terms}) = {fmt(zeroed[1])} / {fmt(total)} = 0.310" in say(data["explain"][2][1])
    data = product(open_page("causal_mask", {"way": "bare"}))
    assert f"The other {fmt(1 - total)} went to words" in say(data["explain"][2][6])
    # What the page says of the leak: measured by turning the last column of scores.
    turned = book_scores()
    turned[:, -1] *= -1
    moved = (mask_both_ways(turned).zeroed - steps.zeroed)[:-1].abs().max().item()
    assert f"at most **{fmt(moved)}**: **the future leaks in**" in words(open_page("causal_mask", {"way": "bare"}))
    assert "at most **0**: nothing gets through" in words(open_page("causal_mask"))


def test_a_real_head():
    app = open_page("causal_mask", {"source": "text", "layer": "5", "head": "7"})
    model, tokenizer = load_pocket()
    ids = torch.tensor(encode_text(tokenizer, TEXT)[: masking.MOST_TOKENS])
    weights = trace(model, ids, layers=[5]).weights[5][7]
    np.testing.assert_allclose(
        [[float(v.replace("−", "-")) for v in row] for row in product(app)["result"]["shown"]], weights, rtol=5e-3
    )


@pytest.mark.parametrize("text", HOSTILE)
def test_any_text(text):
    app = open_page("causal_mask", {"source": "text", "layer": "99", "way": "bare"})
    app.text_area[0].set_value(text).run()
    assert not app.exception
    assert len(product(app)["result"]["rows"]) <= masking.MOST_TOKENS


@pytest.mark.parametrize(
    "query", [{"source": "text", "text": ""}, {"words": "a b"}, {"words": ""}, {"part": "leak", "story": "x"}]
)
def test_what_cannot_be_shown_gets_a_sentence(query):
    app = open_page("causal_mask", query)
    assert not app.exception
    assert app.error
    assert app.radio(key="causal_mask-check-1")


@pytest.mark.parametrize("way", masking.WAYS)
@pytest.mark.parametrize("typed", ["a 1", "a 100 -100\nb -100 100\nc 100 100", LOUD])
def test_extreme_words(way, typed):
    found = masking.six_words(*read_word_vectors(typed), seed=4)
    made = draw.product(way, found.words, found.arrays)
    assert len(made.explain) == len(made.result.rows)
    if way == "difference" and typed == LOUD:
        assert "0 / 0" in say(made.explain[0][0])


@pytest.mark.parametrize(("rate", "mode"), [("0.0", "train"), ("0.5", "train"), ("0.9", "train"), ("0.5", "eval")])
def test_dropout(rate, mode):
    app = open_page("causal_mask", {"part": "dropout", "rate": rate, "mode": mode, "cell": "3-2", "draws": "7"})
    before = mask_both_ways(book_scores()).before
    many = drop_weights(before, float(rate) if mode == "train" else 0.0, 123, 7)
    expected = torch.cat([many[0], many[0].sum(-1, keepdim=True)], dim=1)
    assert product(app)["result"]["shown"] == shown(expected)
    assert f"within {fmt((many.mean(0) - before).abs().max().item())}" in words(app)
    frame, _ = running_mean(many[:, 3, 2].numpy(), 0.5, 0.2)
    assert frame["mean"].iloc[6] == pytest.approx(many[:, 3, 2].mean().item(), abs=1e-6)
    assert frame["mean"].iloc[13] == pytest.approx(0.5 * many[:, 3, 2].mean().item(), abs=1e-6)


def test_the_leak_on_screen_is_trained_now():
    app = open_page("causal_mask", {"part": "leak", "weights": "5"})
    assert not app.exception
    found = train_leaky_and_masked(LeakSettings(STORY, seed=5))
    end = found[False].losses[-20:].mean()
    assert f"falls to **{fmt(float(end))}**" in words(app)
    assert [result.written in block.value for result, block in zip(found.values(), app.code, strict=False)] == [
        True
    ] * 2
    frame, _ = loss_bars({m: (float(r.reading.mean()), float(r.writing.mean())) for m, r in found.items()})
    assert frame["loss"].iloc[1] == pytest.approx(found[False].writing.mean())
    assert len(charts(app)) == 4


@pytest.mark.parametrize("move", ["none", "float64", "meta"])
def test_buffers(move):
    app = open_page("causal_mask", {"part": "buffer", "length": "256", "move": move})
    assert not app.exception
    registered, plain = (table.value for table in app.dataframe)
    assert registered["in buffers()"].tolist() == [False, False, False, True]
    assert plain["in state_dict()"].tolist() == [True, True, True, False]
    assert "262,144 bytes" in words(app)
    assert ("PyTorch says" in words(app)) == (move == "meta")


@pytest.mark.parametrize("number", range(3))
def test_experiments_can_be_set_up(number):
    app = open_page("causal_mask")
    app.button(key=f"causal_mask-setup-{number + 1}").click().run()
    assert not app.exception
    assert not app.error
    for name, value in experiments()[number].setup.items():
        assert app.session_state[f"causal_mask.{name}"] == value


def test_the_first_row_has_lost_the_most():
    steps = mask_both_ways(book_scores())
    assert steps.row_sums.argmin() == 0


def test_notebooks_run():
    names, vectors = read_word_vectors(JOURNEY)
    cells = [code.six_words(names, vectors, 789), code.masks(), code.dropout(0.5, 123, 3)]
    out = run_notebook(notebook(cells, "causal_mask"))
    assert "0.5517" in out
    assert "largest difference" in out
    cells = [code.real_head("pocket", TEXT, 0, 0), code.masks(), *code.leak(STORY, 2), *code.buffer(6, "meta")]
    out = run_notebook(notebook(cells, "causal_mask"))
    assert "expected device" in out


def test_margin_questions_are_answered():
    labels = " ".join(questions())
    for part in ("causal attention", "influence softmax", "dropout", "register_buffer"):
        assert part in labels
