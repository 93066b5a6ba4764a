"""The recorded trainings that ship, and the curves of jobs."""

from __future__ import annotations

import json
import math
import shutil
from dataclasses import replace

import pytest

from engine.errors import InputError
from engine.evaluation.diagnosis import diagnose
from engine.jobs.metrics import read_events
from engine.jobs.recipe import Recipe, plan, read_tokens
from engine.jobs.recorded import (
    CURVES,
    RECORDS,
    job_curve,
    load_record,
    rounded,
    save_record,
    shipped_text,
)
from engine.jobs.store import read, set_state
from tests.pages.finished_run import trained

__all__ = ["trained"]  # a fixture, used by its name


@pytest.mark.parametrize("name", RECORDS)
def test_each_record_shows_what_it_was_made_to_show(name: str) -> None:
    record = load_record(name)
    found = diagnose(record.curve())
    assert found.pattern == name
    assert (found.since is None) == (name == "healthy")
    assert record.curve().blind == pytest.approx(math.log(8192))


@pytest.mark.parametrize("name", RECORDS)
def test_each_record_is_a_whole_run_of_its_recipe(name: str) -> None:
    record = load_record(name)
    course = plan(record.recipe, *map(len, read_tokens(record.recipe, shipped_text(record.text))))
    assert len(record.losses) == len(record.rates) == course.steps
    assert record.losses[0] == pytest.approx(math.log(8192), abs=0.1), "a new model guesses blindly"
    assert max(record.rates) == pytest.approx(record.recipe.learning_rate)
    assert record.evaluations[0]["step"] == 0
    assert (CURVES / f"{name}.json").stat().st_size < 20_000


def test_saving_and_reading_again(tmp_path, monkeypatch) -> None:
    record = load_record("healthy")
    save_record(record, tmp_path)
    assert json.loads((tmp_path / "healthy.json").read_text())["text"] == record.text
    monkeypatch.setattr("engine.jobs.recorded.CURVES", tmp_path)
    assert load_record("healthy") == record
    (tmp_path / "healthy.json").write_text("{}")
    with pytest.raises(InputError, match="get data/curves again"):
        load_record("healthy")
    with pytest.raises(InputError, match="no recorded training 'best'"):
        load_record("best")
    assert rounded(1.23456789) == 1.2346


def test_the_curve_of_a_job(trained, tmp_path) -> None:
    """Steps and evaluations as it wrote them down; a loss that is no number is where it broke off."""
    folder = tmp_path / trained.name
    shutil.copytree(trained, folder)
    job, events = read(folder), read_events(trained)
    curve = job_curve(job, events)
    assert curve.losses.tolist() == [e["loss"] for e in events if e["event"] == "Step"]
    assert curve.val_losses.tolist() == [e["val_loss"] for e in events if e["event"] == "Evaluation"]
    assert curve.blind == math.log(Recipe(**job.spec.settings).config().vocab_size)
    assert 0 < curve.counting < curve.blind
    with pytest.raises(InputError, match="no losses"):
        job_curve(job, [])
    broken = set_state(job, status="failed", offer={"learning_rate": 1e-4})
    found = diagnose(job_curve(broken, events))
    assert (found.pattern, found.since) == ("broken", len(curve.losses))
    tuned = replace(job, spec=replace(job.spec, kind="instruct"))
    assert job_curve(tuned, events).blind == curve.losses[0]
    (folder / "input" / "text.txt").unlink()
    with pytest.raises(InputError, match="text of this run cannot be read"):
        job_curve(job, events)
