"""A folder for jobs and limits of its own; whatever still runs in it is ended with the test."""

from __future__ import annotations

import os
import signal
import time
from typing import TYPE_CHECKING

import pytest

from engine.jobs import processes, runner
from engine.jobs.spec import OPEN, JobSpec
from engine.jobs.store import all_jobs, find

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from engine.jobs.store import Job


@pytest.fixture
def limits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """limits(hours=1): the limits of this test; one job at a time unless it says otherwise."""
    path = tmp_path / "limits.toml"
    monkeypatch.setenv("GLASSBOX_LIMITS", str(path))

    def write(**values: float) -> None:
        values = {"at_once": 1, "threads": 1, **values}
        path.write_text("".join(f"{name} = {value}\n" for name, value in values.items()))

    write()
    return write


@pytest.fixture
def root(tmp_path: Path, limits: object, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    folder = tmp_path / "runs"
    monkeypatch.setenv("GLASSBOX_RUNS", str(folder))
    monkeypatch.setenv(processes.GPUS, "")
    yield folder
    for job in all_jobs(folder):
        if job.state.status in OPEN:
            runner.stop(folder, job)


@pytest.fixture(autouse=True)
def own_signals() -> Iterator[None]:
    """A worker that runs in this process listens to signals; the test run gets its own back."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def asked(kind: str, owner: str = "anna", title: str = "test", **settings: object) -> JobSpec:
    """A spec of one of the kinds in tests/jobs/kinds.py."""
    return JobSpec(f"tests.jobs.kinds:{kind}", owner, title, settings)


def wait_for(root: Path, job: Job, *statuses: str, seconds: float = 60) -> Job:
    """The job once it has one of these statuses."""
    give_up = time.monotonic() + seconds
    while time.monotonic() < give_up:
        job = runner.look(find(root, job.id))
        if job.state.status in statuses:
            return job
        time.sleep(0.02)
    log = (job.folder / "log.txt").read_text()
    raise AssertionError(f"{job.state} after {seconds} s; log:\n{log}")


def kill(job: Job) -> None:
    """kill -9, and wait until the process is gone."""
    assert job.state.pid is not None
    os.kill(job.state.pid, 9)
    while processes.is_alive(job.state.pid, job.state.pid_started):
        time.sleep(0.01)
