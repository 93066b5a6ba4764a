"""The lesson on shortcuts: what it shows is what the engine computes, for any setting, text and link."""

from __future__ import annotations

import re

import numpy as np
import pytest
import torch

from engine.analysis.gradients import block_gradients
from engine.analysis.untrained import untrained_twin
from engine.experiments.shortcuts import layer_gradients, slope_chain
from engine.tokenizers.pretrained import encode_text
from engine.weights.pocket import load_pocket
from tests.notebooks import run_notebook
from tests.ui.helpers import charts, frames, open_page, words
from ui.code import notebook
from ui.figures.shortcuts import WITH, gradient_bars, gradient_points
from ui.lessons.shortcuts import bars, real, why
from ui.lessons.shortcuts.words import TEXT, experiments, questions
from ui.numbers import fmt

HOSTILE = [
    "👩‍🚀🇫🇷 é",
    "שלום, مرحبا नमस्ते ไทย",
    "<script>alert(1)</script> $a$ `b` :red[c] <|endoftext|>",
    "word " * 10_000,
]


@pytest.mark.parametrize("axis", ["log", "linear"])
@pytest.mark.parametrize(("depth", "seed"), [(5, 123), (2, 0), (30, 99_999)])
def test_the_picture_is_print_gradients(depth: int, seed: int, axis: str) -> None:
    app = open_page("shortcuts", {"depth": str(depth), "seed": str(seed), "axis": axis, "layer": "1"})
    assert not app.exception
    assert not app.error
    runs = [layer_gradients(depth, shortcut, seed) for shortcut in (False, True)]
    shown = frames(app)[0]
    np.testing.assert_allclose(shown["value"], np.concatenate([run.means for run in runs]))
    if axis == "linear":
        assert set(shown[shown["chosen"]]["layer"]) == {1}
    else:
        assert charts(app)[0]["layer"][0]["encoding"]["x"]["datum"] == 1
    for run, printed in zip(runs, app.code[:2], strict=True):
        lines = [f"{name} has gradient mean of {mean}" for name, mean in zip(run.names, run.means, strict=True)]
        assert printed.value.splitlines() == lines
        assert f"**{fmt(float(run.means[1]))}**" in words(app)


def test_the_default_is_the_books() -> None:
    """The book, section 4.4, first layers."""
    app = open_page("shortcuts")
    assert app.code[0].value.startswith("layers.0.0.weight has gradient mean of 0.0002017")
    assert app.code[1].value.startswith("layers.0.0.weight has gradient mean of 0.22169")


@pytest.mark.parametrize(("depth", "layer"), [(5, 2), (2, 0), (30, 29)])
def test_the_slopes_are_the_engines(depth: int, layer: int) -> None:
    app = open_page("shortcuts", {"part": "why", "chain_depth": str(depth), "chain_layer": str(layer)})
    assert not app.exception
    plain, shortcut = (slope_chain(depth, use, 123) for use in (False, True))
    said = words(app)
    for number in (plain.total, shortcut.total, plain.slopes[layer]):
        assert f"**{fmt(float(number), 4)}**" in said
    table = app.dataframe[0].value
    np.testing.assert_allclose(table["without: s"], plain.slopes)
    np.testing.assert_allclose(table["with: 1 + s"], 1 + shortcut.slopes)
    expected = np.abs([plain.total, *plain.arriving, shortcut.total, *shortcut.arriving])
    np.testing.assert_allclose(frames(app)[0]["value"], expected)


@pytest.mark.parametrize("of", ["stream", "weights"])
@pytest.mark.parametrize(("fresh", "norms"), [(False, True), (True, False)])
def test_the_blocks_are_the_models(fresh: bool, norms: bool, of: str) -> None:
    query = {"part": "real", "model_weights": "fresh" if fresh else "trained", "norms": str(int(norms)), "of": of}
    app = open_page("shortcuts", {**query, "block": "2"})
    assert not app.exception
    assert not app.error
    model, tokenizer = load_pocket()
    model = untrained_twin(model.cfg, real.FRESH_SEED) if fresh else model
    ids = torch.tensor(encode_text(tokenizer, TEXT))
    runs = [block_gradients(model, ids, shortcuts, norms) for shortcuts in (False, True)]
    gradient, alike = frames(app)
    np.testing.assert_allclose(gradient["value"], torch.cat([getattr(run, of) for run in runs]).numpy(), rtol=1e-4)
    np.testing.assert_allclose(alike["value"], torch.cat([run.alike for run in runs]).numpy(), rtol=1e-4, atol=1e-6)
    said = words(app)
    for run in runs:
        assert fmt(run.loss) in said
        assert f"**{fmt((run.stream[2] / run.stream[3]).item())}**" in said
    assert ("**vanishes**" in said) == (fresh and not norms)


@pytest.mark.parametrize("text", HOSTILE)
def test_any_text(text: str) -> None:
    app = open_page("shortcuts", {"part": "real", "block": "99"})
    app.text_area[0].set_value(text).run()
    assert not app.exception
    assert not app.error
    assert len(charts(app)) == 2
    app.text_area[0].set_value("a").run()
    assert not app.exception
    assert "at least two" in app.error[0].value


def test_figure() -> None:
    """A zero has no place on the log axis; bars stand on 0, so theirs is linear."""
    plain, shortcut = np.array([0.0, 0.02]), np.array([0.3, 4.0])
    frame, spec = gradient_points(plain, shortcut, chosen=1)
    assert frame["value"].tolist() == [0.02, 0.3, 4.0]
    assert spec["encoding"]["y"]["scale"]["type"] == "log"
    assert {layer["mark"]["type"] for layer in spec["layer"]} == {"rule", "line", "circle", "text"}
    frame, spec = gradient_bars(plain, shortcut, chosen=1)
    assert frame["value"].tolist() == [0, 0.02, 0.3, 4.0]
    assert frame[frame["chosen"]]["network"].tolist()[-1] == WITH
    assert spec["layer"][0]["encoding"]["y"]["scale"] == {"domainMin": 0}


@pytest.mark.parametrize(
    "query", [{"part": "x"}, {"layer": "²"}, {"depth": "999"}, {"part": "why", "chain_layer": "-1"}]
)
def test_forged_urls_fall_back(query: dict) -> None:
    app = open_page("shortcuts", query)
    assert not app.exception
    assert not app.error


@pytest.mark.parametrize("number", range(3))
def test_experiments_can_be_set_up(number: int) -> None:
    app = open_page("shortcuts")
    app.button(key=f"shortcuts-setup-{number + 1}").click().run()
    assert not app.exception
    for name, value in experiments()[number].setup.items():
        assert app.session_state[f"shortcuts.{name}"] == value


def test_every_notebook_prints_what_is_shown() -> None:
    """All in one process, which loads PyTorch once."""
    cells = [*bars.code(5, 123), *bars.code(7, 3), *why.code(4, 9), *real.code("pocket", TEXT, True, True)]
    out = run_notebook(notebook(cells, "shortcuts"))
    for found in (layer_gradients(5, False, 123), layer_gradients(7, True, 3)):
        assert bars.printed(found) in out
    assert str(slope_chain(4, True, 9).total) in out
    model, tokenizer = load_pocket()
    ids = torch.tensor(encode_text(tokenizer, TEXT))
    printed = re.search(r"without shortcuts: loss (\S+)", out)
    assert printed
    assert float(printed[1]) == pytest.approx(block_gradients(untrained_twin(model.cfg, 1), ids, False).loss, rel=1e-4)


def test_margin_questions_are_answered() -> None:
    assert "What are gradients?" in questions()
