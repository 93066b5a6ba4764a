"""`python -m engine jobs`: what it shows, and its sentences for mistakes."""

from __future__ import annotations

import time

import pytest
from typer.testing import CliRunner

from engine.cli import app
from engine.cli_output import out as console
from engine.jobs import runner
from engine.jobs.metrics import duration, read_events
from tests.jobs.conftest import asked, wait_for


@pytest.fixture(autouse=True)
def wide(monkeypatch):
    monkeypatch.setattr(console, "width", 160)


def jobs(*words: str, code: int = 0) -> str:
    result = CliRunner().invoke(app, ["jobs", *words])
    assert result.exit_code == code, result.output
    return result.output


def test_list_show_stop_resume(root):
    assert "no trainings in" in jobs("list")
    job = runner.submit(root, asked("count", title="[bold]my run", steps=300, wait=0.02), {})
    wait_for(root, job, "running")
    second = runner.submit(root, asked("count", "ben", title="the next", steps=1), {})
    while not read_events(job.folder):
        time.sleep(0.02)
    told = jobs("list")
    assert job.id in told
    assert "[bold]my run" in told
    assert "queued, 0 before it" in told
    assert "nobody knows when" in jobs("show", second.id) or "in about" in jobs("show", second.id)
    assert "300" in jobs("show", job.id[-8:])
    assert "stopped. it was stopped, and saved where it was." in jobs("stop", job.id)
    assert "stopped" in jobs("list")
    wait_for(root, second, "finished")
    assert "my run: " in jobs("resume", job.id)
    runner.stop(root, job)


def test_mistakes_are_sentences(root):
    assert "there is no training 'x'" in jobs("show", "x", code=1)
    job = wait_for(root, runner.submit(root, asked("count", steps=1), {}), "finished")
    assert "only what has stopped can be resumed" in jobs("resume", job.id, code=1)
    wait_for(root, runner.submit(root, asked("count", steps=1), {}), "finished")
    assert "2 trainings fit '20'" in jobs("show", "20", code=1)


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0 s"), (59.4, "59 s"), (200, "3 min 20 s"), (100_000, "27 h 46 min")]
)
def test_durations(seconds, text):
    assert duration(seconds) == text
