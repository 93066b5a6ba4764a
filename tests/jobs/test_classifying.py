"""The kind of job that makes a classifier: with the real worker and the pocket model, on a few texts."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch

from engine.datasets.labelled import load_messages
from engine.finetune.parts import part_files
from engine.finetune.recipe import LAST_BLOCK, ClassifierRecipe
from engine.finetune.saved import load_classifier
from engine.jobs import runner, worker
from engine.jobs.classifying import read_predictions
from engine.jobs.metrics import progress, read_events, table
from engine.jobs.spec import JobSpec
from engine.jobs.store import create, find, locked, set_state
from tests.jobs.conftest import kill, wait_for

RECIPE = replace(LAST_BLOCK, epochs=12, batch_size=4, max_length=16, patience=0)


def inputs() -> dict[str, str]:
    rows = load_messages()[:40].reset_index(names="row")
    return part_files({"train": rows[:24], "validation": rows[24:32], "test": rows[32:]})


def spec(recipe: ClassifierRecipe = RECIPE) -> JobSpec:
    return JobSpec("classify", "anna", "spam", recipe.settings())


def here(root, recipe: ClassifierRecipe = RECIPE):
    """The job done in this very process."""
    root.mkdir(exist_ok=True)
    return work(root, create(root, spec(recipe), inputs()))


def work(root, job):
    """What the job's own process does, from its start or its last checkpoint on."""
    with locked(root):
        set_state(job, status="running", slot=0)
    worker.main(job.folder)
    return find(root, job.id)


def curve(job, kind, *names):
    return [tuple(e[name] for name in names) for e in table(read_events(job.folder), kind)]


@pytest.fixture(autouse=True)
def one_thread(monkeypatch):
    monkeypatch.setenv("GLASSBOX_DEVICE", "cpu")
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def test_kill_9_and_resume_gives_the_same(root):
    """Bit for bit: steps, evaluations, the epoch that is chosen, weights and predictions."""
    whole = here(root)
    assert whole.state.status == "finished", (whole.folder / "log.txt").read_text()
    job = runner.submit(root, spec(), inputs())
    while len(curve(job, "Step", "step")) < 40:
        assert find(root, job.id).state.status == "running"
    kill(find(root, job.id))
    assert len(curve(job, "Step", "step")) < 72
    job = wait_for(root, runner.resume(root, job), "finished")
    assert table(read_events(job.folder), "Resumed")[0]["step"] > 0
    for kind, *names in (
        ("Step", "step", "loss", "learning_rate", "tokens_seen"),
        (
            "Evaluation",
            "step",
            "epoch",
            "tokens_seen",
            "train_loss",
            "val_loss",
            "train_accuracy",
            "val_accuracy",
            "plain_val_loss",
        ),  # fmt: skip
        ("EpochEnd", "step", "epoch"),
        ("Chosen", "step", "epoch", "val_loss", "early"),
    ):
        assert curve(job, kind, *names) == curve(whole, kind, *names)
    for name in ("checkpoint/classifier.safetensors", "checkpoint/classifier.json", "predictions.csv"):
        assert (job.folder / name).read_bytes() == (whole.folder / name).read_bytes()


def test_what_is_kept(root):
    recipe = ClassifierRecipe(**RECIPE.settings() | {"epochs": 2})
    job = here(root, recipe)
    events = read_events(job.folder)
    assert (progress(events).step, progress(events).total) == (12, 12)
    assert [e["epoch"] for e in table(events, "Evaluation")] == [-1, 0, 1]
    assert [e["tokens_seen"] for e in table(events, "Evaluation")] == [0, 24, 48]
    best = min(table(events, "Evaluation"), key=lambda e: e["val_loss"])
    assert table(events, "Chosen")[0]["epoch"] == best["epoch"]
    found = read_predictions(job.folder)
    assert list(found.columns) == ["row", "part", "label", "p0", "p1"]
    rows = load_messages()[:40]
    assert list(found["row"]) == list(range(24, 40))
    assert list(found["label"]) == list(rows["label"][24:])
    classifier = load_classifier(job.folder / "checkpoint")
    assert classifier.classes == ("ham", "spam")
    again = classifier.probabilities(list(rows["text"][24:]))
    np.testing.assert_allclose(found[["p0", "p1"]].to_numpy(), again, atol=1e-5)
    validation = found[found["part"] == "validation"]
    right = (validation["p1"] > 0.5) == (validation["label"] == "spam")
    assert right.mean() == pytest.approx(best["val_accuracy"])
    assert not (job.folder / "checkpoint" / "training").exists()
    log = (job.folder / "log.txt").read_text()
    assert "24 texts to learn from in 2 classes" in log
    assert "of validation right" in log


def test_stopped_leaves_the_best_so_far_and_goes_on(root, monkeypatch):
    """A request to stop comes in the third epoch: a classifier is there, and resuming makes all steps."""
    asked = []
    monkeypatch.setattr(worker, "stop_asked", lambda folder, limit: lambda: (asked.append(1), len(asked) == 15)[1])
    job = here(root)
    assert job.state.status == "stopped"
    assert len(read_predictions(job.folder)) == 16
    assert (job.folder / "checkpoint" / "training").exists()
    assert work(root, job).state.status == "finished"
    assert [step for (step,) in curve(job, "Step", "step")] == list(range(72))


def test_stopped_at_the_end_of_an_epoch(root, monkeypatch):
    """No step is lost and no epoch told twice."""
    asked = []
    monkeypatch.setattr(worker, "stop_asked", lambda folder, limit: lambda: (asked.append(1), len(asked) == 12)[1])
    job = here(root)
    work(root, job)
    assert [step for (step,) in curve(job, "Step", "step")] == list(range(72))
    assert [epoch for (epoch,) in curve(job, "Evaluation", "epoch")] == list(range(-1, 12))
    assert [epoch for (epoch,) in curve(job, "EpochEnd", "epoch")] == list(range(12))


def test_a_stopped_regression_begins_anew_and_ends_the_same(root, monkeypatch):
    """It takes seconds, so it saves nothing on the way; every pass is told once."""
    whole = here(root, ClassifierRecipe(max_length=16))
    asked = []
    monkeypatch.setattr(worker, "stop_asked", lambda folder, limit: lambda: (asked.append(1), len(asked) == 7)[1])
    job = here(root, ClassifierRecipe(max_length=16))
    assert (job.state.status, len(curve(job, "Step", "step"))) == ("stopped", 7)
    assert len(read_predictions(job.folder)) == 16
    assert (job.folder / "checkpoint" / "training").exists()
    assert work(root, job).state.status == "finished"
    assert not (job.folder / "checkpoint" / "training").exists()
    for kind, *names in (("Step", "step", "loss"), ("Evaluation", "step", "val_loss"), ("Chosen", "step", "val_loss")):
        assert curve(job, kind, *names) == curve(whole, kind, *names)
    name = "checkpoint/classifier.safetensors"
    assert (job.folder / name).read_bytes() == (whole.folder / name).read_bytes()


def test_any_text_survives_the_csv(tmp_path):
    from engine.finetune.parts import read_parts, write_parts

    texts = ["a\rb", "a\r\nb", "\n", ",;\t|", '"quoted"', "=1+1", "NA", "", "日本語 🙂", " padded "]
    rows = pd.DataFrame({"row": range(1, 11), "text": texts, "label": ["nan", "1"] * 5})
    write_parts(tmp_path, dict.fromkeys(("train", "validation", "test"), rows))
    parts, classes = read_parts(tmp_path)
    assert list(parts["train"]["text"]) == texts
    assert list(parts["test"]["label"]) == ["nan", "1"] * 5
    assert classes == ("1", "nan")
