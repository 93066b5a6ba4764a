"""The lesson on many heads: shapes, outputs and contributions on screen are the engine's, for any sizes and words."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch

from engine.experiments.multi_head import (
    copy_wrapper_into_one,
    seeded_multi_head,
    seeded_wrapper,
    split_steps,
)
from tests.engine.test_attention import INPUTS
from tests.notebooks import run_notebook
from tests.ui.helpers import charts, components, open_page, words
from ui.code import notebook
from ui.figures.many_heads import split_stages, stage_cells, time_lines
from ui.lessons.many_heads import heads
from ui.lessons.many_heads.words import experiments, questions
from ui.numbers import fmt
from ui.word_vectors import JOURNEY, read_word_vectors

NAMES, VECTORS = read_word_vectors(JOURNEY)


def product(app):
    (data,) = [data for data in components(app) if "explain" in data]
    return data


def shown(matrix):
    return [[fmt(v) for v in row] for row in np.asarray(matrix, dtype=float).tolist()]


def test_cells_are_where_view_and_transpose_put_them():
    steps = split_steps(seeded_multi_head(3, 6, 6, 2, 123), INPUTS)
    stages = split_stages(NAMES, steps.queries[0].numpy(), 2)
    np.testing.assert_array_equal(stages[1].values, steps.viewed[0])
    np.testing.assert_array_equal(stages[2].values, steps.split[0])
    for stage in stages:
        frame, spec = stage_cells(stage, chosen=16)
        (at,) = np.flatnonzero(frame["chosen"])
        assert frame["value"][at] == pytest.approx(steps.queries[0, 2, 4].item())
        assert frame["head"][at] == "head 1"
        json.dumps(spec)
    assert stage_cells(stages[2], 16)[0].query("chosen")["at"].item() == "transpose: (B, H, T, K), index [0, 1, 2, 1]"


@pytest.mark.parametrize(("width", "number", "cell"), [(6, 2, 16), (12, 6, 71), (1, 1, 0), (5, 5, 29)])
def test_the_journey_of_a_number(width, number, cell):
    app = open_page("many_heads", {"width": str(width), "heads": str(number), "cell": str(cell)})
    assert not app.exception
    assert not app.error
    queries = split_steps(seeded_multi_head(3, width, 6, number, 123), INPUTS).queries
    word, place = divmod(cell, width)
    size = width // number
    said = words(app)
    assert f"**{fmt(queries[0, word, place].item())}** is number {place} of word {word}" in said
    assert f"`[0, {word}, {place}]` → `[0, {word}, {place // size}, {place % size}]`" in said
    assert f"stays at place **{cell}**" in said
    assert len(charts(app)) == 3 + number


def test_heads_must_divide_the_width():
    for part in ("split", "mix"):
        app = open_page("many_heads", {"part": part, "width": "6", "heads": "4"})
        assert "D\\_out \\(6\\) must be divisible by num\\_heads \\(4\\)" in app.error[0].value
        assert app.radio(key="many_heads-check-1")


@pytest.mark.parametrize("copy", ["own", "copied"])
def test_both_classes(copy):
    app = open_page("many_heads", {"part": "classes", "number_of_heads": "3", "head_width": "2", "copy": copy})
    wrapper, one = seeded_wrapper(3, 2, 6, 3, heads.SEED_WRAPPER), seeded_multi_head(3, 6, 6, 3, heads.SEED_ONE)
    if copy == "copied":
        copy_wrapper_into_one(wrapper, one)
    with torch.no_grad():
        first, second = wrapper(INPUTS[None])[0], one(INPUTS[None])[0]
    data = product(app)
    assert data["operands"][0]["shown"] == shown(first)
    assert data["operands"][1]["shown"] == shown(second)
    assert ((first - second).abs().max() < 1e-6) == (copy == "copied")


def test_what_each_head_gives():
    app = open_page("many_heads", {"part": "mix", "word": "3", "number": "4-0"})
    attention = seeded_multi_head(3, 6, 6, 2, 123)
    steps = split_steps(attention, INPUTS)
    data = product(app)
    assert [row[0] for row in data["result"]["shown"]] == [fmt(v) for v in steps.out[0, 3].tolist()]
    assert [row[1] for row in data["operands"][0]["shown"]] == [fmt(v) for v in steps.parts[1, 3].tolist()]
    assert data["chosen"] == [4, 0]


def test_measuring_shows_what_was_measured():
    app = open_page("many_heads", {"part": "classes", "timed_width": "64", "timed": "32"})
    (button,) = [b for b in app.button if b.label == "Measure now"]
    button.click().run()
    assert not app.exception
    assert "width=64, batch=1)" in app.code[-1].value
    _, times = app.session_state["many_heads-measured"]
    assert f"wrapper **{fmt(times.wrapper[-1])} ms**, one class **{fmt(times.one[-1])} ms**" in words(app)
    frame, _ = time_lines(times.heads, times.wrapper, times.one, 32)
    assert frame["ms"].tolist() == [*times.wrapper, *times.one]


@pytest.mark.parametrize("part", ["split", "mix", "classes"])
@pytest.mark.parametrize("typed", ["<b>x</b> 1", "שלום 1 2\n👩‍🚀 -3 4\n`a` 5 6", "a 100\n" * 10, "", "word " * 10_000])
def test_any_words(part, typed):
    app = open_page("many_heads", {"part": part, "cell": "999", "word": "9"})
    app.text_area[0].set_value(typed).run()
    assert not app.exception
    assert bool(app.error) == (not typed or typed.startswith("word"))


@pytest.mark.parametrize(
    "query", [{"cell": "x"}, {"cell": "-1"}, {"part": "no"}, {"heads": "99"}, {"at": "9-9", "part": "classes"}]
)
def test_forged_urls_fall_back(query):
    assert not open_page("many_heads", query).exception


@pytest.mark.parametrize("number", range(3))
def test_experiments_can_be_set_up(number):
    app = open_page("many_heads")
    app.button(key=f"many_heads-setup-{number + 1}").click().run()
    assert not app.exception
    for name, value in experiments()[number].setup.items():
        assert app.session_state[f"many_heads.{name}"] == value
    assert bool(app.error) == (number == 0)


def test_notebooks_run():
    cells = heads.split_code(NAMES, VECTORS, 6, 2, 123)
    cells += heads.classes_code(NAMES, VECTORS, 2, 2, True) + heads.times_code(64, 2)
    out = run_notebook(notebook(cells, "many_heads"))
    assert "strides (36, 3, 6, 1)" in out
    assert "32 heads: wrapper" in out


def test_questions_of_the_notes_are_answered():
    labels = " ".join(questions())
    for part in ("perspectives", "output projection", "Wrapper or one class"):
        assert part in labels
