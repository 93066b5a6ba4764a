"""What can go wrong in a worker: every time a state with a sentence, and nothing lost that was saved."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from io import StringIO

import pytest

from engine.errors import JobError
from engine.jobs import runner, store, worker
from engine.jobs.metrics import progress, read_events, table, valid
from engine.jobs.store import all_jobs, create, find, locked, read, set_state
from tests.jobs.conftest import asked, wait_for

linux = pytest.mark.skipif(sys.platform != "linux", reason="limits the size of files as Linux does")


def test_memory_runs_out(root):
    """The batch of 8 is computed in 4 parts, then goes through; its size stays, and the log says so."""
    spec = asked("hungry", batch_size=8, enough=4)
    job = wait_for(root, runner.submit(root, spec, {}), "finished")
    assert read_events(job.folder)[-1]["value"] == 4
    log = (job.folder / "log.txt").read_text()
    assert "computed in 2 parts" in log
    assert "computed in 4 parts" in log
    assert "learns from stays the same" in log


def test_memory_is_too_small_for_anything(root):
    job = wait_for(root, runner.submit(root, asked("hungry", batch_size=8, enough=100), {}), "failed")
    assert "even with one window at a time; choose a smaller model" in job.state.sentence


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (MemoryError(), True),
        (type("OutOfMemoryError", (RuntimeError,), {})("CUDA out of memory"), True),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 4 bytes"), True),
        (RuntimeError("shapes do not fit"), False),
    ],
)
def test_which_errors_mean_that_memory_ran_out(error, expected):
    assert worker.is_out_of_memory(error) is expected


def test_a_loss_that_is_no_number(root):
    """It ends at step 3, offers a third of the rate, and with that it goes through."""
    job = wait_for(root, runner.submit(root, asked("diverging", learning_rate=2.0), {}), "failed")
    assert "at step 3" in job.state.sentence
    assert job.state.offer == {"learning_rate": 0.667}
    job = wait_for(root, runner.resume(root, job, **job.state.offer), "finished")
    assert job.spec.settings["learning_rate"] == 0.667


def test_a_mistake_of_ours(root):
    job = wait_for(root, runner.submit(root, asked("buggy"), {}), "failed")
    assert "something unforeseen went wrong" in job.state.sentence
    assert "Traceback" in (job.folder / "log.txt").read_text()


@linux
def test_full_disk(root):
    """Files may not grow past 2,000 bytes, as on a full disk: a sentence, the checkpoint stays, resume goes on."""
    root.mkdir()
    job = create(root, asked("count", steps=300), {})
    with locked(root):
        set_state(job, status="running", slot=0)
    code = (
        "import resource, signal, sys; from pathlib import Path; from engine.jobs import worker; "
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN); resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000)); "
        "worker.main(Path(sys.argv[1]))"
    )
    subprocess.run([sys.executable, "-c", code, str(job.folder)], cwd=store.ROOT, check=True, timeout=60)
    job = find(root, job.id)
    assert job.state.status == "failed"
    assert "make room or give access" in job.state.sentence
    saved = json.loads((job.folder / "checkpoint").read_text())
    job = wait_for(root, runner.resume(root, job), "finished")
    assert progress(read_events(job.folder)).step == 300
    assert 10 < saved < 100
    assert [e["step"] for e in table(read_events(job.folder), "Counted")] == list(range(300))


def test_the_reserve_is_freed_for_the_last_words(root):
    root.mkdir()
    job = create(root, asked("count", steps=1), {})
    assert (job.folder / "reserve").stat().st_size == store.RESERVE_BYTES
    worker.end(job.folder, worker.Ending("failed", "the disk is full."), StringIO())
    assert not (job.folder / "reserve").exists()
    assert read(job.folder).state.sentence == "the disk is full."


def test_a_job_that_cannot_be_written_is_not_there(root, monkeypatch):
    root.mkdir()

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(JobError, match="No space left on device"):
        create(root, asked("count", steps=1), {})
    assert list(root.iterdir()) == []


@pytest.mark.parametrize("content", ["", "{", "[]", '{"status": "flying"}', "\x00\xff"])
def test_a_corrupt_state_can_be_resumed(root, content):
    root.mkdir()
    job = create(root, asked("count", steps=3), {})
    (job.folder / "state.json").write_text(content, encoding="latin-1")
    job = find(root, job.id)
    assert (job.state.status, "resume goes on" in job.state.sentence) == ("interrupted", True)
    runner.resume(root, job)
    wait_for(root, job, "finished")


def test_a_corrupt_spec_is_shown_to_nobody_and_hides_no_other(root):
    root.mkdir()
    damaged, whole = (create(root, asked("count", steps=1), {}) for _ in range(2))
    (damaged.folder / "spec.json").write_text("{")
    assert [job.id for job in all_jobs(root, "anna")] == [whole.id]
    assert {job.id for job in all_jobs(root)} == {whole.id, damaged.id}
    with pytest.raises(JobError, match="there is no run"):
        find(root, damaged.id, "anna")
    runner.advance(root)
    wait_for(root, whole, "finished")
    with pytest.raises(JobError, match="only what has stopped"):
        runner.resume(root, damaged)


def test_unreadable_folders(root, monkeypatch):
    root.write_text("a file in the way")
    with pytest.raises(JobError, match="cannot be used"):
        runner.submit(root, asked("count", steps=1), {})
    with pytest.raises(JobError, match="cannot be read"):
        all_jobs(root)
    root.unlink()


def test_nobody_works_on_a_job_twice(root):
    """A second worker for the same folder leaves at once, whether the first is under way or done."""
    job = runner.submit(root, asked("count", steps=10_000, wait=0.01), {})
    wait_for(root, job, "running")
    while not read_events(job.folder):
        pass
    worker.main(job.folder)
    job = runner.stop(root, job)
    said = len(read_events(job.folder))
    worker.main(job.folder)
    assert len(read_events(job.folder)) == said


def test_events_that_a_resume_made_void():
    """A half-written line, and two steps that are done again."""
    told = [
        '{"event": "Planned", "total_steps": 9, "time": 0}',
        '{"event": "Counted", "step": 0, "value": 0, "time": 1}',
        '{"event": "Counted", "step": 1, "value": 1, "time": 2}',
        '{"event": "Counted", "step": 2, "value": 4, "time": 3}',
        '{"event": "Counted", "ste',
        "7",
        '{"event": "Planned", "total_steps": 9, "time": 100}',
        '{"event": "Resumed", "step": 1, "time": 101}',
        '{"event": "Counted", "step": 1, "value": -1, "time": 101}',
        '{"event": "Counted", "step": 2, "value": -4, "time": 103}',
    ]
    events = valid(line.encode() for line in told)
    assert [e["value"] for e in events if e["event"] == "Counted"] == [0, -1, -4]
    seen = progress(events)
    assert (seen.step, seen.total) == (3, 9)
    assert seen.seconds == pytest.approx(1 + 1 + 2)  # the 98 seconds between the two stretches are no work
    assert seen.left == pytest.approx(2 * 6)
