"""The lesson on instruction tuning: before a run, starting one, a finished one, its chat, and who may see its model."""

from __future__ import annotations

import json
import shutil
import time
import zipfile

import pytest

from engine.finetune.instruct import answer_loss
from engine.jobs import runner
from engine.jobs.metrics import read_events, table
from engine.jobs.models import find_model, load_model
from engine.jobs.spec import owner_of
from engine.jobs.store import all_jobs, find
from tests.jobs.test_instructing import here
from tests.jobs.tuned import tiny_base, tiny_recipe
from tests.notebooks import run_notebook
from tests.pages.finished_run import ME, OTHER, open_as, runs_root
from tests.ui.helpers import words
from ui import models, run_models
from ui.code import notebook
from ui.lessons.instruction_tuning import kinds, measured, results, sections, setup
from ui.lessons.instruction_tuning.words import experiments
from ui.lessons.runs.parts import pack
from ui.numbers import fmt

__all__ = ["runs_root"]  # fixtures, used by their names
MINE = owner_of(f"browser {ME}")
HOSTILE = ["", "👩‍🚀 שלום", "<script>alert(1)</script> [x](javascript:1) $a$ `b` | c", "word " * 3_000]


@pytest.fixture
def finished(runs_root):
    """A finished tuning of the visitor's."""
    run_models._models.clear()
    job = here(runs_root, tiny_recipe(tiny_base(runs_root, MINE)), MINE)
    assert job.state.status == "finished", job.state.sentence
    yield job
    run_models._models.clear()


def plainly(app) -> str:
    return words(app).replace("\\", "")


def test_before_a_run_at_every_extreme_and_with_hostile_questions(runs_root):
    app = open_as("instruction_tuning", {"tasks": "1000"})
    assert not app.exception
    assert not app.error
    record = measured.read_record()
    _, right, asked = kinds.totals(record["kinds"])
    assert f"**{right:,} of {asked:,}** held-out tasks right" in words(app)
    shown = app.dataframe[0].value
    assert len(shown) == len(record["kinds"])
    for i, when in enumerate(("before", "after")):
        assert shown[when].sum() == pytest.approx(sum(k[i] / k[2] for k in record["kinds"].values()))
    assert all(shown["answer"] != ""), "every kind with an example"
    chosen = setup.parts_of("both", 1000, "")
    assert f"{len(chosen['train']):,} entries" in words(app)
    assert f"{-(-len(chosen['train']) // 48):,} steps" in words(app)
    assert "Should take about" in words(app)
    for text in HOSTILE:
        app.text_input(key="instruction_tuning.question").set_value(text).run()
        assert not app.exception
    for name, value in (("trained", "lora"), ("style", "alpaca")):
        app.button_group(key=f"instruction_tuning.{name}").set_value(value).run()
    app.toggle(key="instruction_tuning.masked").set_value(False)
    app.slider(key="instruction_tuning.rank").set_value(64)
    app.slider(key="instruction_tuning.max_length").set_value(16).run()
    assert not app.exception
    assert "no prompt leaves room for its answer in 16 tokens" in plainly(app).lower()
    app.selectbox(key="instruction_tuning.data").set_value("book").run()
    assert "the book's entries are not on this machine" in plainly(app).lower()
    assert not app.exception


def test_start_watch_and_stop(runs_root):
    """The button queues a real process with the settings on screen; stop ends it."""
    app = open_as("instruction_tuning", {"data": "own", "epochs": "20", "batch_size": "4", "seed": "7"})
    next(b for b in app.button if b.label == "Start tuning").click().run()
    assert not app.exception
    (job,) = all_jobs(runs_root)
    asked = {name: job.spec.settings[name] for name in ("epochs", "batch_size", "seed", "style", "optimizer")}
    assert asked == {"epochs": 20, "batch_size": 4, "seed": 7, "style": "phi3", "optimizer": "muon"}
    assert job.spec.expected_seconds > 0
    give_up = time.monotonic() + 120
    while not table(read_events(job.folder), "Answered") and time.monotonic() < give_up:
        time.sleep(0.1)
    app.run()
    assert not app.exception
    app.button(key=f"stop-{job.id}").click().run()
    assert find(runs_root, job.id).state.status == "stopped"
    assert not app.exception


def test_a_finished_run_its_numbers_and_its_chat(runs_root, finished):
    rows = json.loads((finished.folder / "responses.json").read_text())
    app = open_as("instruction_tuning", {"data": "own"})
    assert not app.exception
    assert not app.error
    assert f"{len(rows)} entries that were never trained on" in words(app)
    model, tokenizer = load_model(find_model(runs_root, finished.id, MINE))
    expected = answer_loss(model, tokenizer, rows[0], "phi3")
    assert f"**{fmt(expected.loss)}** |" in words(app)
    app.slider(key="instruction_tuning.entry").set_value(len(rows) - 1).run()
    assert rows[-1]["model_response"] in [code.value for code in app.code]
    with zipfile.ZipFile(pack(MINE, finished.id)) as bundle:  # what the page Runs gives away
        assert {"responses.json", "model/model.safetensors", "model/prompt.json"} <= set(bundle.namelist())
    for text in HOSTILE[1:]:
        app.chat_input[0].set_value(text).run()
        assert not app.exception
    assert "the most that is allowed" in words(app)
    assert "no memory" in words(app)

    # The model in the sidebar, in another lesson, and its fall-back when the run is gone.
    app.button(key=f"use-{finished.id}").click().run()
    name = f"run-{finished.id}"
    assert app.selectbox(key="model").value == name
    elsewhere = open_as("generating", {"model": name})
    assert not elsewhere.exception
    assert elsewhere.selectbox(key="model").value == name
    shown = "\n".join(code.value for code in elsewhere.code)
    assert f"load_by_name('{finished.folder.as_posix()}/checkpoint')" in shown
    assert "load_gpt2(" not in shown
    runner.delete(runs_root, find(runs_root, finished.id))
    run_models._models.clear()
    gone = open_as("generating", {"model": name})
    assert gone.selectbox(key="model").value == models.POCKET
    assert "is not here: deleted" in words(gone)
    assert not gone.exception


def test_right_by_kind_by_hand():
    task = {"instruction": "Give the plural.", "input": "dog", "output": "dogs", "kind": "plural"}
    rows = [
        task | {"before": "And then", "model_response": "dogs."},
        task | {"before": "dogs", "model_response": "dog"},
        task | {"kind": "upper", "before": "", "model_response": "DOGS"},
        {"instruction": "Hello?", "input": "", "output": "dogs", "before": "", "model_response": "dogs"},
    ]
    assert results.by_kind(rows) == {"plural": [1, 1, 2], "upper": [0, 0, 1]}
    assert [row["right"] for row in results.table_rows(rows)] == [True, False, False, None]
    assert "right" not in results.table_rows(rows[3:])[0]  # nothing that a program can check
    # Training asks for a plural four times, for a negative once: (4 · 1/2 + 1 · 1) / 5.
    assert kinds.share_in_training_mix({"plural": [0, 1, 2], "negative": [0, 3, 3]}) == pytest.approx(0.6)


def test_nobody_else_sees_the_model(runs_root, finished):
    name = f"run-{finished.id}"
    app = open_as("generating", {"model": name}, key=OTHER)
    assert app.selectbox(key="model").value == models.POCKET
    assert not any("tiny" in option for option in app.selectbox(key="model").options)
    assert not app.exception
    other = open_as("instruction_tuning", {"run": finished.id, "data": "own"}, key=OTHER)
    assert "never trained on, answered" not in words(other)


def test_a_run_that_was_damaged_is_a_sentence(runs_root, finished):
    (finished.folder / "responses.json").write_text("{")
    shutil.rmtree(finished.folder / "checkpoint")
    run_models._models.clear()
    app = open_as("instruction_tuning", {"data": "own"})
    assert "the answers of this run cannot be read" in plainly(app).lower()
    assert not app.exception


def test_the_code_runs(runs_root, finished):
    base = next(job for job in all_jobs(runs_root, MINE) if job.spec.kind == "pretrain")
    recipe = tiny_recipe(base, model=str(base.folder / "snapshots" / "step-000001"), epochs=1)
    cells = sections.code("tasks", 20, recipe)
    printed = run_notebook(notebook(cells, "instruction_tuning"))
    assert "→" in printed


def test_every_experiment_can_be_set_up():
    for experiment in experiments():
        assert experiment.setup["data"] in setup.SOURCES
        assert experiment.setup.get("tasks", setup.TASKS[0]) in setup.TASKS
