"""What is on disk of every job, readable with a text editor; every write is atomic or append-only.

    runs/
      20261125-142501-4f0a12bc/
        spec.json      what was asked
        state.json     how it stands
        metrics.jsonl  what happened, one event a line
        log.txt        the same for people
        input/         the texts it learns from
        checkpoint/    the last one, to go on from
        snapshots/     models from early to late, to look back at
        reserve        space that is freed when the disk is full, so that this can still be written down

Names that start with a dot are half-made or half-deleted and no jobs.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import secrets
import shutil
import time
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from filelock import FileLock, Timeout

from engine.errors import JobError, first_line
from engine.jobs.spec import JobSpec, JobState
from engine.whole_files import write_json

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ROOT = Path(__file__).resolve().parents[2]
LOCK_SECONDS = 20
RESERVE_BYTES = 64 * 1024


@dataclass(frozen=True)
class Job:
    """A job as it is on disk at one moment.

    spec   None when its file cannot be read
    state  what its file says; see runner.look for whether its process is still there
    """

    folder: Path
    spec: JobSpec | None
    state: JobState

    @property
    def id(self) -> str:
        """The name of its folder; sorts by age."""
        return self.folder.name

    @property
    def title(self) -> str:
        """What people call it."""
        return self.spec.title if self.spec else self.id


def runs_folder() -> Path:
    """Where jobs are: GLASSBOX_RUNS, or the folder runs of the project."""
    return Path(os.environ.get("GLASSBOX_RUNS", ROOT / "runs"))


@contextlib.contextmanager
def locked(root: Path) -> Iterator[None]:
    """One process at a time may decide about the queue and change states.

    Raises JobError when the folder cannot be written to or another process keeps it too long.
    """
    try:
        root.mkdir(parents=True, exist_ok=True)
        with FileLock(root / ".lock", timeout=LOCK_SECONDS):
            yield
    except Timeout as e:
        raise JobError(f"the jobs in {root} are busy; try again in a moment.") from e
    except OSError as e:
        raise JobError(
            f"the jobs' folder {root} cannot be used ({e.strerror or e}); make room or choose another."
        ) from e


def create(root: Path, spec: JobSpec, inputs: Mapping[str, str]) -> Job:
    """A new queued job, whole or not there.

    inputs  file name -> text, for its folder input

    Raises JobError when it cannot be written.
    """
    name = f"{time.strftime('%Y%m%d-%H%M%S', time.localtime(spec.created))}-{secrets.token_hex(4)}"
    fresh = root / f".{name}"
    try:
        (fresh / "input").mkdir(parents=True)
        for file, text in inputs.items():
            (fresh / "input" / file).write_text(text, encoding="utf-8", newline="")
        (fresh / "reserve").write_bytes(os.urandom(RESERVE_BYTES))
        write_json(fresh / "spec.json", asdict(spec))
        write_json(fresh / "state.json", asdict(JobState(queued=spec.created)))
        (fresh / "log.txt").touch()
        fresh.rename(root / name)
    except OSError as e:
        shutil.rmtree(fresh, ignore_errors=True)
        raise JobError(f"the job could not be written to {root} ({e.strerror or e}); make room there.") from e
    return read(root / name)


def read(folder: Path) -> Job:
    """A job with what can be read of it; a damaged file ends in a sentence, never in an error."""
    try:
        spec = JobSpec(**known(JobSpec, json.loads((folder / "spec.json").read_text(encoding="utf-8"))))
    except (OSError, ValueError, TypeError) as e:
        sentence = f"its spec.json cannot be read ({first_line(e)}); what it saved is still in {folder}."
        return Job(folder, None, JobState("failed", sentence))
    try:
        state = JobState(**known(JobState, json.loads((folder / "state.json").read_text(encoding="utf-8"))))
    except (OSError, ValueError, TypeError) as e:
        sentence = f"its state.json cannot be read ({first_line(e)}); resume goes on from its last checkpoint."
        state = JobState("interrupted", sentence)
    return Job(folder, spec, state)


def known(kind: type[Any], given: Any) -> dict[str, Any]:
    """The fields of a dataclass that are given: files of older and newer versions can be read too."""
    if not isinstance(given, dict):
        raise ValueError("it holds no object")
    return {f.name: given[f.name] for f in fields(kind) if f.name in given}


def all_jobs(root: Path, owner: str | None = None) -> list[Job]:
    """The jobs in a folder, newest first; only those of one owner when given.

    Raises JobError when the folder is there and cannot be read.
    """
    try:
        folders = sorted((f for f in root.iterdir() if f.is_dir() and not f.name.startswith(".")), reverse=True)
    except FileNotFoundError:
        return []
    except OSError as e:
        raise JobError(f"the jobs' folder {root} cannot be read ({e.strerror or e}).") from e
    jobs = [read(folder) for folder in folders]
    return [job for job in jobs if owner is None or (job.spec is not None and job.spec.owner == owner)]


def find(root: Path, job_id: str, owner: str | None = None) -> Job:
    """The job with this id; with an owner given, only if it is theirs.

    Raises JobError when there is none, in the same words when it is somebody else's.
    """
    missing = JobError(f"there is no run {job_id!r} here; it may have been deleted.")
    if not re.fullmatch(r"\d{8}-\d{6}-[0-9a-f]{8}", job_id) or not (root / job_id).is_dir():
        raise missing
    job = read(root / job_id)
    if owner is not None and (job.spec is None or job.spec.owner != owner):
        raise missing
    return job


def set_state(job: Job, **changes: Any) -> Job:
    """Write a new state; the caller holds the lock."""
    state = replace(job.state, **changes)
    write_json(job.folder / "state.json", asdict(state))
    return replace(job, state=state)


def free_reserve(folder: Path) -> None:
    """Give back the space that was kept for the last words of a job on a full disk."""
    with contextlib.suppress(OSError):
        (folder / "reserve").unlink()


def keep_reserve(folder: Path) -> None:
    """Take that space again, if there is some."""
    with contextlib.suppress(OSError):
        if not (folder / "reserve").exists():
            (folder / "reserve").write_bytes(os.urandom(RESERVE_BYTES))


def remove(job: Job) -> None:
    """Delete a job for good; a kill in between leaves a hidden folder that is no job.

    Raises JobError when it cannot be deleted.
    """
    gone = job.folder.with_name(f".{job.id}.gone")
    try:
        job.folder.rename(gone)
    except OSError as e:
        raise JobError(f"{job.folder} cannot be deleted ({e.strerror or e}).") from e
    shutil.rmtree(gone, ignore_errors=True)
