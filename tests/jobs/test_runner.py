"""Starting, stopping, queueing: with real processes, of kinds that need no torch."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import psutil
import pytest

from engine.errors import InputError, JobError
from engine.jobs import runner
from engine.jobs.metrics import progress, read_events, table
from engine.jobs.spec import JobSpec, JobState, owner_of
from engine.jobs.store import ROOT, Job, all_jobs, create, find, locked, set_state
from tests.jobs.conftest import asked, kill, wait_for


def values(job):
    return [event["value"] for event in table(read_events(job.folder), "Counted")]


def test_a_job_runs_in_a_process_of_its_own(root):
    job = wait_for(root, runner.submit(root, asked("count", steps=5), {"text.txt": "hello\r\n"}), "finished")
    assert values(job) == [0, 1, 4, 9, 16]
    assert job.state.started <= job.state.ended
    assert job.state.pid is None
    assert (job.folder / "input" / "text.txt").read_bytes() == b"hello\r\n"
    assert "5 steps in all" in (job.folder / "log.txt").read_text()
    assert progress(read_events(job.folder)).step == 5


def test_every_file_is_readable_json(root):
    job = wait_for(root, runner.submit(root, asked("count", steps=2), {}), "finished")
    assert json.loads((job.folder / "spec.json").read_text())["settings"] == {"steps": 2}
    assert json.loads((job.folder / "state.json").read_text())["status"] == "finished"
    assert [json.loads(line)["event"] for line in (job.folder / "metrics.jsonl").open()][0] == "Planned"


def test_kill_and_resume_equals_uninterrupted(root):
    """kill -9 in the middle; what the resumed process tells and saves is what an uninterrupted one would have."""
    job = runner.submit(root, asked("count", steps=30, wait=0.02), {})
    while len(values(job)) < 8:
        time.sleep(0.02)
    kill(find(root, job.id))
    assert runner.look(find(root, job.id)).state.status == "interrupted"
    runner.advance(root)
    job = find(root, job.id)
    assert (job.state.status, "without a word" in job.state.sentence) == ("interrupted", True)
    job = wait_for(root, runner.resume(root, job), "finished")
    assert values(job) == [step * step for step in range(30)]


def test_stop_takes_less_than_two_seconds_and_saves(root):
    job = runner.submit(root, asked("count", steps=10_000, wait=0.01), {})
    wait_for(root, job, "running")
    while not values(job):
        time.sleep(0.02)
    began = time.monotonic()
    job = runner.stop(root, job)
    assert time.monotonic() - began < 2
    assert (job.state.status, "saved where it was" in job.state.sentence) == ("stopped", True)
    assert json.loads((job.folder / "checkpoint").read_text()) == len(values(job))


def test_a_job_that_does_not_listen_is_killed(root):
    job = runner.submit(root, asked("deaf"), {})
    while not read_events(job.folder):
        time.sleep(0.02)
    pid = find(root, job.id).state.pid
    job = runner.stop(root, job)
    assert (job.state.status, "middle of a step" in job.state.sentence) == ("stopped", True)
    assert not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


def test_a_recycled_pid_is_not_taken_for_the_job(root):
    """The number is alive, this very process has it, but it began at another time."""
    root.mkdir()
    job = create(root, asked("count", steps=1), {})
    own = psutil.Process().create_time()
    with locked(root):
        job = set_state(job, status="running", pid=os.getpid(), pid_started=own - 100, slot=0)
    assert runner.look(job).state.status == "interrupted"
    assert runner.look(replace(job, state=replace(job.state, pid_started=own))).state.status == "running"


def test_one_at_a_time_and_the_next_starts_by_itself(root):
    """Nobody calls advance: the worker that ends starts the next."""
    first = runner.submit(root, asked("count", steps=20, wait=0.02), {})
    second = runner.submit(root, asked("count", steps=1), {})
    assert find(root, second.id).state.status == "queued"
    assert runner.places(root)[second.id].ahead == 0
    second = wait_for(root, second, "finished")
    assert second.state.started >= find(root, first.id).state.ended


def test_the_queue_goes_on_after_the_server_was_killed(root):
    """Whoever asked for three jobs dies by kill -9 while the first still counts for a second, and nobody looks."""
    code = (
        "import os; from engine.jobs import runner; from engine.jobs.store import runs_folder; "
        "from tests.jobs.conftest import asked; "
        "[runner.submit(runs_folder(), asked('count', steps=n, wait=0.02), {}) for n in (50, 1, 1)]; "
        "os.kill(os.getpid(), 9)"
    )
    server = subprocess.run([sys.executable, "-c", code], cwd=ROOT, timeout=60, check=False)
    assert server.returncode != 0
    done = [wait_for(root, job, "finished") for job in all_jobs(root)]
    assert len(done) == 3
    turns = sorted(done, key=lambda job: job.state.started)
    assert all(a.state.ended <= b.state.started for a, b in pairwise(turns)), "one at a time"


def queued(owner: str, at: float, started: float | None = None, status: str = "queued") -> Job:
    spec = JobSpec("tests.jobs.kinds:count", owner, f"{owner}{at:g}", created=at)
    return Job(Path(spec.title), spec, JobState(status, queued=at, started=started))


def test_owners_take_turns():
    """Anna asked for three before Ben and Cleo asked for one each."""
    jobs = [queued("anna", 1), queued("anna", 2), queued("anna", 3), queued("ben", 4), queued("cleo", 5)]
    assert [job.title for job in runner.in_line(jobs)] == ["anna1", "ben4", "cleo5", "anna2", "anna3"]


def test_who_started_last_waits_and_who_runs_waits_longer():
    past = [queued("anna", 1, started=100, status="finished"), queued("ben", 2, started=50, status="running")]
    jobs = [*past, queued("ben", 3), queued("anna", 4), queued("cleo", 5)]
    assert [job.title for job in runner.in_line(jobs)] == ["cleo5", "anna4", "ben3"]


def test_the_estimate_of_the_wait(root):
    """A minute for each before it; nothing is promised behind one that nobody can estimate."""
    runner.submit(root, replace(asked("count", steps=10_000, wait=0.05), expected_seconds=600.0), {})
    jobs = [
        runner.submit(root, replace(asked("count", owner, steps=1), expected_seconds=expected), {})
        for owner, expected in (("ben", 60.0), ("cleo", None), ("dora", 60.0))
    ]
    found = [runner.places(root)[job.id] for job in jobs]
    assert [place.ahead for place in found] == [0, 1, 2]
    assert found[0].seconds == pytest.approx(600, abs=60)
    assert found[1].seconds == pytest.approx(found[0].seconds + 60, abs=5)
    assert found[2].seconds is None


def test_a_queued_job_is_stopped_and_resumed(root):
    runner.submit(root, asked("count", steps=10_000, wait=0.01), {})
    job = runner.stop(root, runner.submit(root, asked("count", "ben", steps=1), {}))
    assert (job.state.status, "before its turn" in job.state.sentence) == ("stopped", True)
    assert runner.resume(root, job).state.status == "queued"
    with pytest.raises(JobError, match="only what has stopped can be resumed"):
        runner.resume(root, job)


def test_owners_see_only_their_own(root):
    anna, ben = (owner_of(name) for name in ("anna", "ben"))
    job = runner.submit(root, asked("count", anna, steps=1), {})
    assert [j.id for j in all_jobs(root, anna)] == [job.id]
    assert all_jobs(root, ben) == []
    for wrong in (job.id, "20260101-000000-00000000", "../runs", ".lock", ""):
        with pytest.raises(JobError, match="there is no run"):
            find(root, wrong, ben)
    assert "anna" not in (job.folder / "spec.json").read_text()


def test_limits_are_sentences(root, limits):
    limits(table_bytes=10)
    with pytest.raises(InputError, match="table is longer than the 10 bytes"):
        runner.submit(root, JobSpec("classify", "anna", "x"), {"train.csv": "éééééé"})
    limits(open_per_owner=1, text_bytes=10)
    with pytest.raises(InputError, match="longer than the 10 bytes"):
        runner.submit(root, asked("count", steps=1), {"text.txt": "éééééé"})
    first = runner.submit(root, asked("count", steps=10_000, wait=0.01), {})
    with pytest.raises(InputError, match="you have 1 runs waiting or running"):
        runner.submit(root, asked("count", steps=1), {})
    runner.submit(root, asked("count", "ben", steps=1), {})
    limits(kept_per_owner=1)
    with pytest.raises(InputError, match="you keep 1 runs"):
        runner.submit(root, asked("count", steps=1), {})
    limits(free_bytes=10**18)
    with pytest.raises(JobError, match="too little room on the disk"):
        runner.submit(root, asked("count", steps=1), {})
    with pytest.raises(InputError, match="no kind of job"):
        runner.submit(root, JobSpec("tests.jobs.kinds:nothing", "anna", "x"), {})
    limits(unheard_of=1)
    with pytest.raises(InputError, match="unheard_of"):
        runner.submit(root, asked("count", steps=1), {})
    limits()
    runner.stop(root, first)


def test_the_time_limit_stops_and_can_be_resumed(root, limits):
    limits(hours=0.0001)
    job = wait_for(root, runner.submit(root, asked("count", steps=100, wait=0.02), {}), "stopped")
    assert "0.0001 hours" in job.state.sentence
    limits()
    assert values(wait_for(root, runner.resume(root, job), "finished")) == [n * n for n in range(100)]


def test_delete_leaves_nothing(root):
    job = runner.submit(root, asked("count", steps=10_000, wait=0.01), {})
    wait_for(root, job, "running")
    runner.delete(root, job)
    assert [p.name for p in root.iterdir() if p.name != ".lock"] == []
    with pytest.raises(JobError, match="there is no run"):
        find(root, job.id)


def test_thirty_jobs_of_five_owners(root, limits):
    """All end, each with its own numbers, and none is shown to another."""
    limits(at_once=3, open_per_owner=6)
    owners = [owner_of(name) for name in "abcde"]
    for turn in range(6):
        for owner in owners:
            runner.submit(root, asked("count", owner, title=f"{turn}", steps=turn + 1), {})
    for job in all_jobs(root):
        wait_for(root, job, "finished", seconds=120)
    for owner in owners:
        own = all_jobs(root, owner)
        assert sorted(job.title for job in own) == [str(turn) for turn in range(6)]
        assert all(values(job) == [n * n for n in range(int(job.title) + 1)] for job in own)
