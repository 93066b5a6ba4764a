"""Who runs when: starts, stops and queues jobs. Any number of servers, workers and terminals may do so at once.

First come, first served, with owners taking turns: of all waiting jobs, next is the oldest of the owner who has the
fewest running and whose last start is longest ago.
"""

from __future__ import annotations

import os
import platform
import shutil
import signal
import time
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from engine.errors import InputError, JobError
from engine.jobs.limits import Limits, read_limits
from engine.jobs.metrics import progress, read_events
from engine.jobs.processes import began, cores, gpus, is_alive, reap, run_beside, send, wait
from engine.jobs.spec import OPEN, RESUMABLE, find_kind
from engine.jobs.store import Job, all_jobs, create, find, locked, remove, set_state
from engine.memory import bytes_text
from engine.whole_files import write_json

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from engine.jobs.spec import JobSpec

TABLES = ("classify", "instruct")  # kinds whose inputs are tables of many short texts
STOP_SECONDS = 1.6
LOST = "its process ended without a word: it was killed, memory ran out, or the machine was restarted."


def submit(root: Path, spec: JobSpec, inputs: Mapping[str, str]) -> Job:
    """Queue a job and start what can start.

    inputs  file name -> text that the job reads from its folder input

    Raises InputError for an unknown kind or more than the limits allow, JobError when it cannot be written.
    """
    limits = read_limits()
    find_kind(spec.kind)
    what, most = ("table", limits.table_bytes) if spec.kind in TABLES else ("text", limits.text_bytes)
    if sum(len(text.encode("utf-8", "replace")) for text in inputs.values()) > most:
        raise InputError(f"the {what} is longer than the {bytes_text(most)} allowed here; give a shorter one.")
    with locked(root):
        if shutil.disk_usage(root).free < limits.free_bytes:
            raise JobError("there is too little room on the disk to start anything; delete runs that you do not need.")
        own = all_jobs(root, spec.owner)
        if len(own) >= limits.kept_per_owner:
            raise InputError(f"you keep {len(own)} runs, the most that are allowed here; delete one first.")
        _check_open(own, limits)
        job = create(root, spec, inputs)
    advance(root)
    return find(root, job.id)


def _check_open(own: list[Job], limits: Limits) -> None:
    waiting = sum(job.state.status in OPEN for job in map(look, own))
    if waiting >= limits.open_per_owner:
        raise InputError(f"you have {waiting} runs waiting or running, the most that are allowed here; stop one first.")


def advance(root: Path) -> None:
    """Write down which jobs have lost their process, and start what waits where there is room."""
    reap()
    if not root.is_dir():
        return
    with locked(root):
        jobs = []
        for job in all_jobs(root):
            seen = look(job)
            if seen.state != job.state:
                write_json(job.folder / "state.json", asdict(seen.state))
            jobs.append(seen)
        taken = {job.state.slot for job in jobs if job.state.status == "running"}
        free = [slot for slot in range(slots()) if slot not in taken]
        for slot, job in zip(free, in_line(jobs), strict=False):
            _start(job, slot)


def look(job: Job) -> Job:
    """The job with the status that is true now: a running one without its process is interrupted."""
    state = job.state
    if state.status != "running" or is_alive(state.pid, state.pid_started):
        return job
    return replace(job, state=replace(state, status="interrupted", ended=time.time(), sentence=LOST, pid=None))


def in_line(jobs: list[Job]) -> list[Job]:
    """The waiting jobs in the order in which they are going to start."""
    running: dict[str, int] = {}
    last_start: dict[str, float] = {}
    waiting: list[tuple[Job, str]] = []
    for job in jobs:
        if job.spec is None:
            continue
        owner = job.spec.owner
        last_start[owner] = max(last_start.get(owner, 0.0), job.state.started or 0.0)
        running[owner] = running.get(owner, 0) + (job.state.status == "running")
        if job.state.status == "queued":
            waiting.append((job, owner))
    order: list[Job] = []
    turn = time.time()
    while waiting:
        # Turns already given in this very order count as running and as started.
        chosen = min(waiting, key=lambda w: (running[w[1]], last_start[w[1]], w[0].state.queued, w[0].id))
        waiting.remove(chosen)
        order.append(chosen[0])
        running[chosen[1]] += 1
        turn += 1.0
        last_start[chosen[1]] = turn
    return order


@dataclass(frozen=True)
class Place:
    """A waiting job's place: how many start before it, and when its turn should come.

    ahead    jobs that start before it
    seconds  until it starts, by the estimates of those before it; None when one of them has none
    """

    ahead: int
    seconds: float | None


def places(root: Path) -> dict[str, Place]:
    """The places of all waiting jobs, by job id."""
    jobs = [look(job) for job in all_jobs(root)]
    free_at = [_left(job) for job in jobs if job.state.status == "running"]
    free_at += [0.0] * max(0, slots() - len(free_at))
    found: dict[str, Place] = {}
    for ahead, job in enumerate(in_line(jobs)):
        # The slot that is free first; one without an estimate is taken to be free last.
        free_at.sort(key=lambda seconds: float("inf") if seconds is None else seconds)
        begins = free_at[0]
        found[job.id] = Place(ahead, begins)
        expected = job.spec.expected_seconds if job.spec else None
        free_at[0] = None if begins is None or expected is None else begins + expected
    return found


def _left(job: Job) -> float | None:
    """Seconds that a running job still needs, by its own speed, else by its estimate."""
    left = progress(read_events(job.folder)).left
    if left is not None:
        return left
    expected = job.spec.expected_seconds if job.spec else None
    if expected is None or job.state.started is None:
        return None
    return max(0.0, expected - (time.time() - job.state.started))


def stop(root: Path, job: Job) -> Job:
    """End a job within two seconds; what it saved last stays, and it can be resumed.

    A running one is asked first, so that it saves where it is; if it takes too long it is killed.
    """
    with locked(root):
        job = look(find(root, job.id))
        process = (job.state.pid, job.state.pid_started)
        if job.state.status == "queued":
            job = set_state(job, status="stopped", ended=time.time(), sentence="it was stopped before its turn came.")
        if job.state.status == "running":
            (job.folder / "stop").touch()  # for systems where a signal cannot be heard
            if os.name != "nt":
                send(signal.SIGTERM, *process)
    if job.state.status == "running":
        wait(STOP_SECONDS, *process)
        send(getattr(signal, "SIGKILL", signal.SIGTERM), *process)
        wait(STOP_SECONDS, *process)
        with locked(root):
            job = find(root, job.id)
            if job.state.status == "running" and look(job).state.status == "interrupted":
                sentence = "it was stopped in the middle of a step; resume goes on from its last checkpoint."
                job = set_state(job, status="stopped", ended=time.time(), sentence=sentence, pid=None)
    advance(root)
    return find(root, job.id)


def resume(root: Path, job: Job, **changes: Any) -> Job:
    """Queue a job again, to go on from its last checkpoint.

    changes  settings to go on with, such as learning_rate

    Raises JobError when it is waiting, running or finished, InputError when the owner has too many open.
    """
    with locked(root):
        job = look(find(root, job.id))
        if job.spec is None or job.state.status not in RESUMABLE:
            raise JobError(f"{job.title!r} is {job.state.status}, and only what has stopped can be resumed.")
        _check_open(all_jobs(root, job.spec.owner), read_limits())
        if changes:
            write_json(job.folder / "spec.json", asdict(replace(job.spec, settings=job.spec.settings | changes)))
        said = ", ".join(f"{name} now {value}" for name, value in changes.items())
        set_state(job, status="queued", queued=time.time(), sentence=said, offer={}, pid=None, ended=None)
    advance(root)
    return find(root, job.id)


def delete(root: Path, job: Job) -> None:
    """Stop a job if need be, and remove everything it saved."""
    stop(root, job)
    with locked(root):
        remove(find(root, job.id))


def slots() -> int:
    """How many jobs this machine runs at the same time."""
    apple = 1 if platform.system() == "Darwin" and platform.machine() == "arm64" else 0  # they share one GPU
    return read_limits().at_once or len(gpus()) or apple or max(1, cores() // 2)


def _start(job: Job, slot: int) -> None:
    """Start a job's process in this slot; the caller holds the lock."""
    (job.folder / "stop").unlink(missing_ok=True)
    child = run_beside("engine.jobs.worker", job.folder, job.folder / "log.txt", slot)
    known = {"pid": child.pid, "pid_started": began(child)}
    set_state(job, status="running", started=time.time(), slot=slot, ended=None, **known)
