"""The lesson on gradients and optimizers: its numbers are the engine's, at any setting."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from engine.analysis.nudge import nudge_weight
from engine.experiments.backprop import backpropagate
from engine.experiments.descent import OPTIMIZERS, SURFACES, DescentSettings, descend, one_step
from engine.experiments.weight_decay import compare_decay
from engine.tokenizers.pretrained import encode_text
from engine.weights.pocket import load_pocket
from tests.notebooks import run_notebook
from tests.pages.test_heads import frames
from tests.ui.helpers import charts, open_page, words
from ui.code import notebook
from ui.figures.gradients import curves, descent_map
from ui.figures.slopes import nearest, nudge_lines
from ui.lessons.gradients import measure
from ui.lessons.gradients.words import START, experiments
from ui.numbers import fmt

MATRIX = "trf_blocks.2.att.W_query.weight"


def test_walks_and_steps_on_screen() -> None:
    at = open_page("gradients", {"surface": "rosenbrock", "steps": "20", "opt": "AdamW", "step": "3", "decay": "0.2"})
    assert not at.exception
    settings = DescentSettings("rosenbrock", -1.2, 1.0, 10**-1.5, 0.1, 0.9, 0.2, 20)
    said = words(at)
    for name in OPTIMIZERS:
        walk = descend(name, settings)
        drawn = [v for v in charts(at)[0]["layer"][1]["data"]["values"] if v["of"] == name]
        assert len(drawn) == walk.steps + 1
        assert drawn[1]["path_x"] == pytest.approx(np.clip(walk.points[1, 0], -6, 6))
        end = f"**{name}** {fmt(walk.losses[-1])}" if walk.steps == 20 else f"**{name}** diverged"
        assert end in said
    walk = descend("AdamW", settings)
    for axis in (0, 1):
        assert f"**{fmt(one_step('AdamW', settings, walk, 3, axis).after, 4)}**" in said
    assert f"torch.optim went to x = {fmt(walk.points[4, 0], 4)}" in said


def test_the_nudged_weight_is_the_engines() -> None:
    at = open_page("gradients", {"matrix": MATRIX, "nudge": "-1"})
    model, tokenizer = load_pocket()
    ids = torch.tensor([tokenizer.eot_token, *encode_text(tokenizer, START)])
    found = nudge_weight(model, ids, MATRIX, [0.1])
    said = words(at)
    assert f"gradient {fmt(found.gradient, 4)}" in said
    assert f"a change of **{fmt(found.losses[0] - found.loss)[:5]}" in said
    assert f"**{fmt(found.gradient * 0.1)}**" in said


def test_graph_and_decay_are_the_engines() -> None:
    at = open_page("gradients", {"w": "1", "input": "-2", "b": "0.5", "lambda": "0.4", "seed": "7"})
    assert not at.exception
    assert f"**{fmt(backpropagate(1.0, -2.0, 0.5).gradients['w'])}**" in words(at)
    weights = compare_decay(0.4, 7).weights
    shown = frames(at)[-1]
    for kind, values in weights.items():
        assert shown[shown["of"] == kind]["weight"].tolist() == pytest.approx(values.tolist())


@pytest.mark.parametrize("surface", SURFACES)
def test_the_controls_extremes(surface: str) -> None:
    wild = {"surface": surface, "x": "9", "y": "-9", "sgd": "0", "adam": "0", "momentum": "0.99", "decay": "1"}
    at = open_page("gradients", {**wild, "steps": "300", "step": "299", "opt": "momentum", "lambda": "1", "nudge": "1"})
    assert not at.exception
    assert not at.error
    assert len(charts(at)) == 6


@pytest.mark.parametrize(("text", "ok"), [("", False), ("👩‍🚀 שלום `x` <b>", True), ("word " * 10_000, True)])
def test_any_text(text: str, ok: bool) -> None:
    at = open_page("gradients", {"own": "1", "row": "3", "column": "99999"})
    at.text_area(key="gradients.text").set_value(text).run()
    assert not at.exception
    assert bool(at.error) != ok
    assert ("Weight at row 3, column 1,023" in words(at)) == ok
    assert at.radio(key="gradients-check-1")


@pytest.mark.parametrize(
    "query", [{"surface": "x", "opt": "y", "step": "-1"}, {"x": "nan", "matrix": "z", "step": "²"}]
)
def test_forged_links(query: dict[str, str]) -> None:
    at = open_page("gradients", query)
    assert not at.exception
    assert not at.error


def test_experiments_can_be_set_up() -> None:
    at = open_page("gradients")
    for number in (1, 2):
        at.button(key=f"gradients-setup-{number}").click().run()
        assert not at.exception
        for name, value in experiments()[number - 1].setup.items():
            assert at.session_state[f"gradients.{name}"] == value


def test_the_notebooks_run() -> None:
    settings = DescentSettings(steps=5)
    cells = measure.code(settings, "Adam", 2) + measure.decay_code(0.2, 1)
    out = run_notebook(notebook([*cells, *measure.nudge_code("pocket", START, MATRIX, (3, 4))], "gradients"))
    assert str(one_step("Adam", settings, descend("Adam", settings), 2, 1).after)[:12] in out
    assert "promised" in out


def test_figures_by_hand() -> None:
    frame, _ = nudge_lines(np.array([0.1, 1.0]), np.array([-0.2, 0.0]), -2.0, 1e-7, 0)
    assert frame["change"].tolist() == pytest.approx([0.2, 2.0, 0.2, 1e-8])
    assert nearest([0.01, 0.1, 1.0], 0.09) == 1
    frame, _ = curves({"a": [1.0, 0.0], "b": [np.nan, 2.0]}, "loss", log=True)
    assert frame["value"].tolist() == [1.0, 2.0]
    centres = np.array([-1.0, 1.0])
    frame, _ = descent_map(centres, np.array([[1.0, 2.0], [3.0, 4.0]]), {"a": np.zeros((2, 2))}, None)
    assert frame[(frame["x"] == 1) & (frame["y"] == -1)]["loss"].item() == 2
