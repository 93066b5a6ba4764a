"""The lesson on layer norm: what it shows is what the engine computes, for any setting, text and link."""

from __future__ import annotations

import re

import numpy as np
import pytest
import torch

from engine.analysis.norms import norm_in_model, spread_at_norms
from engine.errors import InputError
from engine.experiments.deep_network import DeepSettings, deep_signals
from engine.experiments.normalisation import FEATURES, draw_batch, normalise
from engine.experiments.variance import estimate_variance
from engine.tokenizers.pretrained import encode_text
from engine.weights.pocket import load_pocket
from tests.notebooks import run_notebook
from tests.ui.helpers import charts, frames, open_page, words
from ui.code import notebook
from ui.figures.axes import log_axis
from ui.figures.curves import histogram, two_lines
from ui.figures.layer_norm import number_table
from ui.figures.variance import averages
from ui.lessons.layer_norm import axes, deep, reading, variance, vector
from ui.lessons.layer_norm.words import NUMBERS, TEXT, experiments, questions
from ui.numbers import fmt

HOSTILE = [
    "👩‍🚀🇫🇷 é",
    "שלום, مرحبا नमस्ते ไทย",
    "<script>alert(1)</script> $a$ `b` :red[c] <|endoftext|>",
    "word " * 10_000,
]


@pytest.mark.parametrize("of", ["numbers", "weights"])
@pytest.mark.parametrize("settings", [DeepSettings(), DeepSettings(2, 4, 0.1, 0), DeepSettings(100, 128, 4.0, 99_999)])
def test_the_curves_are_the_engines(settings: DeepSettings, of: str) -> None:
    url = {name: str(getattr(settings, name)) for name in ("depth", "width", "gain", "seed")}
    app = open_page("layer_norm", {**url, "of": of, "layer": "1"})
    assert not app.exception
    assert not app.error
    plain, normed = deep_signals(settings)
    spread, back = frames(app)[:2]
    both = np.concatenate([plain.spread, normed.spread])
    np.testing.assert_allclose(spread["value"], both[both > 0])
    expected = [s.gradient if of == "numbers" else s.weight_gradient for s in (plain, normed)]
    both = np.concatenate(expected)
    np.testing.assert_allclose(back["value"], both[both > 0])
    said = words(app)
    for signals in (plain, normed):
        one, two = float(signals.spread[1]), float(signals.spread[0])
        assert f"{fmt(one)} / {fmt(two)} = **{fmt(one / two)}**" in said
        assert f"the spread ends at **{fmt(float(signals.spread[-1]))}**" in said


def test_the_average_factor_leads_from_the_first_spread_to_the_last() -> None:
    assert deep.mean_factor(np.array([2.0, 1.0, 0.5, 0.25])) == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("spread", "word"),
    [
        ([1, 1e-46], "hold 0"),
        ([1, 1e39], "infinity"),
        ([1, 1e-4], "vanishes"),
        ([1, 1e4], "explodes"),
        ([1, 2], "similar"),
    ],
)
def test_the_verdict(spread: list[float], word: str) -> None:
    assert word in deep.verdict(np.array(spread), "with")


@pytest.mark.parametrize(("place", "block"), [("norm1", 0), ("norm2", 2), ("final_norm", 5)])
def test_the_vector_is_the_models(place: str, block: int) -> None:
    app = open_page("layer_norm", {"part": "vector", "place": place, "block": str(block), "token": "3", "entry": "7"})
    assert not app.exception
    assert not app.error
    model, tokenizer = load_pocket()
    ids = torch.tensor(encode_text(tokenizer, TEXT))
    steps = norm_in_model(model, ids, place, block)
    said = words(app)
    for number in (steps.mean[3], steps.variance[3], steps.normalised[3, 7], steps.out[3, 7]):
        assert f"**{fmt(number.item(), 4)}**" in said
    tables = frames(app)
    for table in tables[:3]:
        assert table["count"].sum() == 256
        assert table["chosen"].sum() == 1
    np.testing.assert_allclose(tables[3]["scale"], steps.scale.numpy())
    np.testing.assert_allclose(tables[3]["shift"], steps.shift.numpy())
    both = torch.cat([part[:, 3] for part in spread_at_norms(model, ids)])
    np.testing.assert_allclose(tables[4]["value"], both.numpy(), rtol=1e-5)
    at = 12 if place == "final_norm" else 2 * block + (place == "norm2")
    assert charts(app)[4]["layer"][0]["encoding"]["x"]["datum"] == at


def test_the_typed_numbers_are_the_notes_example() -> None:
    """The book's section 4.2: mean 0.1324; its variance 0.0231 is the unbiased one, ours is divided by 6."""
    torch.manual_seed(123)
    batch = torch.randn(2, 5)
    x = torch.nn.Sequential(torch.nn.Linear(5, 6), torch.nn.ReLU())(batch)[0].detach()
    torch.testing.assert_close(torch.tensor(reading.read_numbers(NUMBERS)), x, atol=6e-5, rtol=0)
    assert x.mean().item() == pytest.approx(0.1324, abs=6e-5)
    assert x.var().item() == pytest.approx(0.0231, abs=6e-5)
    app = open_page("layer_norm", {"part": "vector", "source": "typed", "entry": "1"})
    numbers = np.array(reading.read_numbers(NUMBERS))
    assert f"**{fmt(numbers.mean(), 4)}**" in words(app)
    assert f"**{fmt(numbers.var(), 4)}**" in words(app)
    shown = (numbers[1] - numbers.mean()) / np.sqrt(numbers.var() + 1e-5)
    assert f"**{fmt(shown, 4)}**" in words(app)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("", "0 numbers"),
        ("7", "1 numbers"),
        ("1 two", "“two”"),
        ("1 inf", "too large"),
        ("1e9 1", "too large"),
        ("1 " * 1001, "1,001 numbers"),
        ("🤖 ׁ", "“🤖”"),
    ],
)
def test_typed_numbers_that_are_none(typed: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        reading.read_numbers(typed)


def test_a_bad_number_is_explained_in_place() -> None:
    app = open_page("layer_norm", {"part": "vector", "source": "typed", "numbers": "1, <b>two</b>"})
    assert not app.exception
    assert "not a number" in app.error[0].value
    assert app.radio(key="layer_norm-check-1")
    same = open_page("layer_norm", {"part": "vector", "source": "typed", "numbers": "5 5 5"})
    assert not same.exception
    assert not same.error
    assert "**0**" in words(same), "a constant vector becomes zeros"


@pytest.mark.parametrize("text", HOSTILE)
def test_any_text(text: str) -> None:
    app = open_page("layer_norm", {"part": "vector", "token": "999", "block": "5"})
    app.text_area[0].set_value(text).run()
    assert not app.exception
    assert not app.error
    assert len(charts(app)) == 5
    app.text_area[0].set_value("").run()
    assert not app.exception
    assert "write a text" in app.error[0].value


@pytest.mark.parametrize("kind", ["layer", "batch"])
@pytest.mark.parametrize("examples", [1, 4, 8])
def test_the_tables_are_the_engines(kind: str, examples: int) -> None:
    app = open_page("layer_norm", {"part": "axes", "kind": kind, "examples": str(examples), "cell": "8"})
    assert not app.exception
    batch = draw_batch(examples, 123)
    result = normalise(batch, kind)
    before, after, same = frames(app)
    np.testing.assert_allclose(before["value"], batch.ravel())
    np.testing.assert_allclose(after["value"], result.out.ravel())
    expected = [normalise(draw_batch(n, 123), kind).out[0] for n in (1, 2, 4, 8)]
    np.testing.assert_allclose(same["value"], np.ravel(expected))
    cell = min(8 // FEATURES, examples - 1), 8 % FEATURES
    assert before[before["chosen"]][["row", "column"]].to_numpy().tolist() == [list(cell)]
    assert before["together"].sum() == (FEATURES if kind == "layer" else examples)
    assert f"**{fmt(float(result.out[cell]))}**" in words(app)
    assert ("nothing of it is left" in words(app)) == (kind == "batch" and examples == 1)


@pytest.mark.parametrize("n", [2, 768, 1024])
def test_the_variances_are_the_engines(n: int) -> None:
    app = open_page("layer_norm", {"part": "variance", "n": str(n), "variance_seed": "7"})
    assert not app.exception
    found = estimate_variance(n, 7)
    for values in (found.biased, found.unbiased):
        assert f"**{fmt(float(values[n - 2]), 4)}**" in words(app)
    shown = frames(app)[0]
    assert shown["value"].tolist() == [
        (found.biased if name == "divided by n" else found.unbiased)[size - 2]
        for size, name in zip(shown["n"], shown["variance"], strict=True)
    ]
    assert set(shown["n"]) >= {2, 4, 1024}


def test_log_axes_have_ticks_at_powers_of_ten() -> None:
    far = log_axis([0.0, 3e-15, 0.5])
    assert far["values"] == pytest.approx([1e-15, 1e-12, 1e-9, 1e-6, 1e-3, 1])
    assert '"-15": "10⁻¹⁵"' in far["labelExpr"]
    assert '"0": "1"' in far["labelExpr"]
    near = log_axis([0.002, 3000])
    assert near["labelExpr"].startswith('({"-3": "0.001", "-2": "0.01", "-1": "0.1", "0": "1", "1": "10"')
    assert '"4": "10,000"' in near["labelExpr"]
    assert log_axis([]) == log_axis([1, 2])


def test_figures() -> None:
    frame, spec = two_lines(range(3), np.array([1.0, 0.0, 4.0]), np.array([1.0, 2.0, 3.0]), ("a", "b"), ("x", "y"), 2)
    assert len(frame) == 5, "zero has no place on a log axis"
    assert "format" in spec["encoding"]["y"]["axis"], "less than two powers of ten: Vega's own ticks"
    assert spec["layer"][0]["encoding"]["x"]["datum"] == 2
    frame, _ = histogram(np.arange(12.0), 11.0, "x")
    assert frame["count"].sum() == 12
    assert frame["chosen"].tolist() == [False] * 5 + [True]
    frame, _ = number_table(np.array([[1.0, -2.0]]), ["r"], ["a", "b"], (0, 1), 1)
    assert frame["shown"].tolist() == ["1.00", "−2.00"]
    frame, _ = averages(np.arange(2, 9), np.ones(7), np.ones(7), 1.0, 3)
    assert frame["n"].max() == 8


@pytest.mark.parametrize(
    "query",
    [{"part": "x"}, {"layer": "²"}, {"part": "vector", "token": "-1"}, {"part": "axes", "cell": "999"}, {"n": "x"}],
)
def test_forged_urls_fall_back(query: dict) -> None:
    app = open_page("layer_norm", query)
    assert not app.exception
    assert not app.error


@pytest.mark.parametrize("number", range(3))
def test_experiments_can_be_set_up(number: int) -> None:
    app = open_page("layer_norm")
    app.button(key=f"layer_norm-setup-{number + 1}").click().run()
    assert not app.exception
    for name, value in experiments()[number].setup.items():
        assert app.session_state[f"layer_norm.{name}"] == value


def test_every_notebook_runs() -> None:
    """All in one process, which loads PyTorch once; each prints what its part shows."""
    plain, _ = deep_signals(DeepSettings(5, 8))
    model, tokenizer = load_pocket()
    steps = norm_in_model(model, torch.tensor(encode_text(tokenizer, TEXT)), "norm2", 1)
    cells = [
        *deep.code(DeepSettings(5, 8)),
        *vector.code("pocket", TEXT, "norm2", 1, 3, 7),
        *vector.typed_code([1.0, 2.5, -3.0], 1),
        *axes.code(1, 123, "batch"),
        *axes.code(4, 123, "batch"),
        *axes.code(4, 123, "layer"),
        *variance.code(5, 123),
    ]
    out = run_notebook(notebook(cells, "layer_norm"))
    assert str(plain.spread[-1]) in out
    shown = [float(word) for word in re.findall(r"-?\d+\.\d+(?:e-?\d+)?", out)]
    assert any(value == pytest.approx(steps.out[3, 7].item(), rel=1e-5) for value in shown)
    assert str(estimate_variance(5, 123).biased[3]) in out
    assert "refuse" not in out


def test_margin_questions_are_answered() -> None:
    asked = " ".join(questions())
    for part in ("vanishing and exploding gradients", "stabilise", "biased and unbiased", "before and after attention"):
        assert part in asked
