from __future__ import annotations

import numpy as np
import pytest
import torch

from engine.attention_steps import seeded_v1, seeded_v2, simple_attention, trainable_attention
from tests.notebooks import run_notebook
from tests.ui.helpers import charts, components, open_page
from ui.code import notebook
from ui.lessons.self_attention import by_hand
from ui.numbers import fmt
from ui.word_vectors import JOURNEY, read_word_vectors

NAMES, VECTORS = read_word_vectors(JOURNEY)
INPUTS = torch.tensor(VECTORS)


def product(app):
    """The data of the matrices on the page."""
    (data,) = [data for data in components(app) if "explain" in data]
    return data


def shown(tensor):
    return [[fmt(v) for v in row] for row in tensor.detach().double().tolist()]


def say(runs):
    return "".join(text for text, _ in runs)


@pytest.mark.parametrize("step", ["scores", "weights", "context"])
def test_plain_matrices_are_the_engines(step):
    data = product(open_page("self_attention", {"plain_step": step}))
    assert data["result"]["shown"] == shown(getattr(simple_attention(INPUTS), step))
    assert data["result"]["rows"] == NAMES


@pytest.mark.parametrize(
    ("step", "name"),
    [
        ("query", "queries"),
        ("key", "keys"),
        ("value", "values"),
        ("scores", "scores"),
        ("scaled", "scaled"),
        ("weights", "weights"),
        ("context", "context"),
    ],
)
@pytest.mark.parametrize("scale", ["1", "0"])
def test_trained_matrices_are_the_engines(step, name, scale):
    query = {"part": "trained", "trained_step": step, "seed": "7", "d_out": "3", "scale": scale}
    app = open_page("self_attention", query)
    v1 = seeded_v1(3, 3, 7)
    steps = trainable_attention(INPUTS, v1.W_query, v1.W_key, v1.W_value, scale == "1")
    assert product(app)["result"]["shown"] == shown(getattr(steps, name))


def test_the_books_numbers_and_their_arithmetic():
    data = product(open_page("self_attention", {"plain_step": "scores"}))
    assert data["chosen"] == [1, 2]
    assert say(data["explain"][1][2]) == (
        "journey · starts = 0.550·0.570 + 0.870·0.850 + 0.660·0.640 = 1.48  (all digits: 1.4754001)"
    )
    data = product(open_page("self_attention", {"plain_step": "weights"}))
    assert data["result"]["shown"][1] == ["0.139", "0.238", "0.233", "0.124", "0.108", "0.158"]
    data = product(open_page("self_attention", {"part": "trained", "trained_step": "context"}))
    assert data["result"]["shown"][1] == ["0.306", "0.821"]


def test_softmax_arithmetic_adds_up_and_large_scores_are_shifted():
    a = by_hand.plain_arrays(VECTORS)
    runs = by_hand.picture("weights", NAMES, a, False).explain[1][0]
    powers = np.exp(a["scaled"][1].astype(float))
    assert f"{fmt(powers[0])} / {fmt(powers.sum())} = {fmt(a['weights'][1, 0])}" in say(runs)
    large = by_hand.plain_arrays([[100.0], [99.0]])
    runs = by_hand.picture("weights", ["a", "b"], large, False).explain[0][1]
    assert "is subtracted from each first" in say(runs)
    assert "not a number" not in say(runs)
    assert "∞" not in say(runs)


@pytest.mark.parametrize("step", by_hand.COPIES)
def test_the_two_classes(step):
    app = open_page("self_attention", {"part": "classes", "copy": step})
    if step == "as_is":
        assert "transpose it" in app.error[0].value
        return
    data = product(app)
    v1, v2 = seeded_v1(3, 2, 123), seeded_v2(3, 2, 789)
    assert data["operands"][1]["shown"] == shown(v2(INPUTS))
    if step == "own":
        assert data["operands"][0]["shown"] == shown(v1(INPUTS))
    else:
        assert data["operands"][0]["shown"] == shown(v2(INPUTS))
        assert "The largest difference is" in say(data["explain"][0][0]) or "are 0" in say(data["explain"][0][0])


def test_square_matrices_copied_as_they_are_fit_and_are_wrong():
    arrays = by_hand.two_classes(VECTORS, 3, "as_is")
    assert np.abs(arrays["difference"]).max() > 1e-3


def test_scaling_shows_the_engines_curves():
    app = open_page("self_attention", {"part": "scaling", "d_k": "256", "keys": "8", "draw": "5"})
    curve = by_hand.scaling_arrays(8, 5)
    assert len(charts(app)) == 3
    from ui.figures.softmax_scaling import SCORES, scaling_lines, weight_bars

    frame, spec = scaling_lines(by_hand.WIDTHS, curve["entropy"][False], curve["entropy"][True], 256, "bits", 3.0)
    assert charts(app)[0]["layer"][0]["encoding"]["x"]["datum"] == 256
    raw = frame[frame["scores"] == SCORES[0]]["value"].to_numpy()
    np.testing.assert_allclose(raw, curve["entropy"][False])
    assert spec["layer"][1]["encoding"]["strokeDash"]["scale"]["range"] == [[6, 4], [1, 0]]
    bars, _ = weight_bars(curve["example"][False][8], curve["example"][True][8])
    assert bars["value"][:8].sum() == pytest.approx(1, abs=1e-5)
    assert bars["value"][8:].sum() == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "There are no words"),
        ("🤖" * 3_000, "has 0 numbers"),
        ("a b c", "is not a number"),
        ("x 1e300", "too large"),
        ("word 1\n" * 5_000, "5,000 words"),
        ("<script>alert(1)</script> [a](javascript:1)", "is not a number"),
    ],
)
def test_bad_words_get_a_sentence_and_stay(text, says):
    app = open_page("self_attention")
    app.text_area[0].set_value(text).run()
    assert not app.exception
    assert says in app.error[0].value
    assert app.text_area[0].value == text
    # The rest of the lesson is still there.
    assert app.radio(key="self_attention-check-1")


@pytest.mark.parametrize("part", ["plain", "trained", "classes"])
@pytest.mark.parametrize(
    "text",
    ["one 0", "<b>x</b> 1 2\n🤖 -3 4\nשלום 0 0", "a 100 100 100 100 100 100\nb -100 0 0 0 0 0", "a 1\na 1\na 1\n" * 3],
)
def test_odd_words_work(part, text):
    app = open_page("self_attention", {"part": part, "words": text, "cell": "99-99"})
    assert not app.exception
    assert not app.error
    data = product(app)
    assert data["chosen"] == [len(data["result"]["rows"]) - 1, len(data["result"]["columns"]) - 1]


@pytest.mark.parametrize(
    "query", [{"part": "zzz"}, {"plain_step": "query"}, {"cell": "a-b"}, {"part": "scaling", "d_k": "3"}]
)
def test_forged_urls_fall_back(query):
    app = open_page("self_attention", query)
    assert not app.exception
    assert not app.error


def test_state_is_in_the_url():
    app = open_page("self_attention", {"part": "trained", "seed": "42", "trained_step": "scores"})
    again = open_page("self_attention", {name: app.query_params[name] for name in ("part", "seed", "trained_step")})
    assert product(again) == product(app)


def test_notebooks_print_the_numbers_on_screen():
    """Other settings than those a page opens with; one process, because starting PyTorch takes the time."""
    odd = by_hand.classes_code(["it's", '"<\n'], [[1.0, -2.5], [0.0, 1e-3]], 2, "transposed")
    cells = [cell for scale in (True, False) for cell in by_hand.trained_code(NAMES, VECTORS, 2, 123, scale)]
    out = run_notebook(notebook([*cells, *odd], "t"))
    assert "[0.3061, 0.8210]" in out


def test_the_code_on_the_page_holds_the_values_on_the_page():
    app = open_page("self_attention", {"part": "trained", "seed": "42", "d_out": "4"})
    assert "torch.manual_seed(42)" in app.code[0].value
    assert "d_out=4" in app.code[0].value


def test_margin_questions_are_answered():
    app = open_page("self_attention")
    labels = [expander.label for expander in app.expander]
    assert any("√d_k" in label for label in labels)
    assert any("softmax" in label for label in labels)
