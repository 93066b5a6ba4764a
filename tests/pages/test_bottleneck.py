"""The lesson on the bottleneck: curves, symbols, states and weights are the recorded models', or one's own."""

from __future__ import annotations

import time

import numpy as np
import pytest

from engine.experiments.seq2seq import walk
from engine.experiments.seq2seq_record import LENGTHS, load_recorded
from engine.jobs.store import all_jobs
from tests.notebooks import run_notebook
from tests.pages.finished_run import open_as
from tests.ui.helpers import charts, open_page, words
from ui.code import notebook
from ui.figures.bottleneck import accuracy_lines
from ui.lessons.bottleneck.code import code
from ui.lessons.bottleneck.words import TEXT, experiments, questions
from ui.numbers import fmt, percent


@pytest.fixture(autouse=True)
def runs_elsewhere(monkeypatch, tmp_path):
    monkeypatch.setenv("GLASSBOX_RUNS", str(tmp_path / "runs"))
    return tmp_path / "runs"


@pytest.mark.parametrize(("task", "text"), [("reverse", TEXT), ("copy", "thequickbrownfox"), ("copy", "a")])
def test_what_both_write(task, text):
    app = open_page("bottleneck", {"task": task, "text": text})
    assert not app.exception
    assert not app.error
    for model in load_recorded(task).models.values():
        assert walk(model, text).written in app.code[0].value
    assert len(charts(app)) == 5


def test_the_curve_is_the_recorded_one():
    record = load_recorded("copy")
    frame, _ = accuracy_lines(LENGTHS, record.accuracy, 16, 1 / 36, 5)
    np.testing.assert_allclose(frame["y"], np.concatenate([record.accuracy[False], record.accuracy[True]]))
    assert "1 to 16 symbols" in words(open_page("bottleneck"))


@pytest.mark.parametrize("cell", ["0-11", "9-2", "x", "99-0"])
def test_the_arithmetic_of_a_weight(cell):
    said = words(open_page("bottleneck", {"cell": cell}))
    steps = walk(load_recorded("reverse").models[True], TEXT)
    row, column = (9, 2) if cell == "9-2" else (0, int(steps.weights[0].argmax()))
    assert f"the weight **{fmt(float(steps.weights[row, column]))}**" in said
    assert f"the score is **{fmt(float(steps.scores[row, column]))}**" in said
    assert f"with a probability of {percent(float(steps.chances[row].max()))}" in said


def test_the_state_that_passes_through():
    steps = walk(load_recorded("reverse").models[False], TEXT)
    assert ", ".join(fmt(float(v)) for v in steps.read[-1][:3]) in words(open_page("bottleneck"))
    steps = walk(load_recorded("reverse").models[True], TEXT)
    assert ", ".join(fmt(float(v)) for v in steps.read[-1][:3]) in words(
        open_page("bottleneck", {"model": "attention"})
    )


@pytest.mark.parametrize("text", ["", "two words", "👩‍🚀", "שלום", "<b>", "word" * 10_000])
def test_other_symbols_get_a_sentence(text):
    app = open_page("bottleneck")
    app.text_input[0].set_value(text).run()
    assert not app.exception
    assert app.error
    assert app.radio(key="bottleneck-check-1")


def test_capital_letters_are_read_as_small_ones():
    app = open_page("bottleneck", {"text": " GLASSBOX2026 "})
    assert "glassbox2026" in app.code[0].value


@pytest.mark.parametrize("run", ["no-such-run", "../../etc", "20260101-000000-0123abcd"])
def test_a_run_that_is_gone_falls_back_to_the_recorded_models(run):
    app = open_page("bottleneck", {"run": run})
    assert not app.exception
    assert "The recorded models are shown" in words(app)


def test_ones_own_training_is_a_job_and_is_shown_when_it_is_finished(runs_elsewhere):
    app = open_as("bottleneck", {"longest": "2", "hidden": "8", "steps": "100"})
    (button,) = [b for b in app.button if b.label == "Train both"]
    button.click().run()
    assert not app.exception
    (job,) = all_jobs(runs_elsewhere)
    assert job.spec.settings == {"task": "reverse", "longest": 2, "hidden": 8, "steps": 100, "seed": 1}
    give_up = time.monotonic() + 300
    while not (job.folder / "checkpoint" / "config.json").exists() and time.monotonic() < give_up:
        time.sleep(0.2)
    while all_jobs(runs_elsewhere)[0].state.status == "running" and time.monotonic() < give_up:
        time.sleep(0.1)
    app.run()
    assert not app.exception
    assert "random sequences of 1 to 2 symbols" in words(app)
    assert "last hidden state of 8 numbers" in words(app)
    assert "The pictures above show these two models" in words(app)
    other = words(open_as("bottleneck", {"run": job.id, "task": "copy"}))
    assert "was for the task *reverse*: the recorded models are shown" in other
    assert "The pictures above show these two models" not in other
    overview = open_as("runs")
    assert not overview.exception
    assert overview.dataframe[0].value["run"].tolist() == [job.title]
    assert len(charts(overview)) == 1


def test_claims_of_the_experiments():
    model = load_recorded("reverse").models[False]
    text = experiments()[0].setup["text"]
    right = [a == b for a, b in zip(walk(model, text).written, text[::-1], strict=True)]
    assert len(text) == 24
    assert all(right[:2])
    assert sum(right) < 12
    copy = load_recorded("copy").accuracy[True]
    assert copy[-1] < 0.8


@pytest.mark.parametrize("number", range(3))
def test_experiments_can_be_set_up(number):
    app = open_page("bottleneck")
    app.button(key=f"bottleneck-setup-{number + 1}").click().run()
    assert not app.exception
    assert not app.error
    for name, value in experiments()[number].setup.items():
        assert app.session_state[f"bottleneck.{name}"] == value


def test_notebooks_run():
    assert walk(load_recorded("copy").models[False], TEXT).written in run_notebook(
        notebook(code("copy", TEXT, None), "x")
    )
    own = {"task": "copy", "longest": 2, "hidden": 8, "steps": 20, "seed": 1}
    assert "attention writes" in run_notebook(notebook(code("copy", "ab", own), "x"))


def test_questions_of_the_notes_are_answered():
    assert "What is the hidden state?" in questions()
