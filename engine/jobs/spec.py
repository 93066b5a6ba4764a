"""What a job is: what was asked (its spec), and how it stands (its state). Plain data, written as JSON."""

from __future__ import annotations

import hashlib
import importlib
import re
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from engine.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Run = Callable[["JobSpec", Path, Callable[[], bool]], Iterator[Any]]

# What can be run: name -> module:function. The function is called in the job's own process as
# run(spec, folder, stop) and yields events, dataclasses that become a line of metrics.jsonl each. It saves to
# folder / "checkpoint" and goes on from there when called again; it ends soon after stop() has turned true.
KINDS = {
    "pretrain": "engine.jobs.pretraining:run",
    "sequences": "engine.jobs.sequences:run",
    "classify": "engine.jobs.classifying:run",
    "instruct": "engine.jobs.instructing:run",
}

# waiting; under way; done; ended by someone; ended by an error; its process is gone without a word
STATUSES = ("queued", "running", "finished", "stopped", "failed", "interrupted")
OPEN = ("queued", "running")
RESUMABLE = ("stopped", "failed", "interrupted")


@dataclass(frozen=True)
class JobSpec:
    """What was asked.

    kind              a name of KINDS, or module:function of one's own (see KINDS)
    owner             whose it is: what owner_of makes of the owner's key
    title             what people call it, one line
    settings          what the kind understands, plain JSON; "seed" also seeds the process, "split" (parts that a
                      batch is computed in) is raised by the worker when memory runs out
    created           seconds since 1970
    expected_seconds  how long it should take by the estimate before the start; None: nobody knows
    expected_bytes    memory it should take by the same estimate
    """

    kind: str
    owner: str
    title: str
    settings: dict[str, Any] = field(default_factory=dict)
    created: float = field(default_factory=time.time)
    expected_seconds: float | None = None
    expected_bytes: int | None = None

    def __post_init__(self) -> None:
        if self.kind not in KINDS and not re.fullmatch(r"[\w.]+:\w+", self.kind):
            raise InputError(f"there is no kind of job {self.kind!r}; choose one of {', '.join(KINDS)}.")
        if not self.owner or not self.title.strip():
            raise InputError("a job needs an owner and a title.")


@dataclass(frozen=True)
class JobState:
    """How a job stands; changes only at turning points, what happens in between is in metrics.jsonl.

    status       one of STATUSES
    sentence     for people: why it ended, or what was done about it
    queued       seconds since 1970 when it was last put in the queue
    started      seconds since 1970 when its process was last started
    ended        seconds since 1970 when it last ended
    pid          its process, while running
    pid_started  when that process began, by the system's own clock: a recycled pid has another
    slot         which of the machine's places it has, 0 and up
    offer        settings to resume with instead of the given ones, such as a lower learning rate
    peak_bytes   most memory that its process has had
    """

    status: str = "queued"
    sentence: str = ""
    queued: float = 0.0
    started: float | None = None
    ended: float | None = None
    pid: int | None = None
    pid_started: float | None = None
    slot: int | None = None
    offer: dict[str, Any] = field(default_factory=dict)
    peak_bytes: int | None = None

    def __post_init__(self) -> None:
        if self.status not in STATUSES:
            raise InputError(f"there is no status {self.status!r}; it is one of {', '.join(STATUSES)}.")


@dataclass(frozen=True)
class Planned:
    """An event for the start of any kind of job: how many steps it is going to make in all."""

    total_steps: int


@dataclass(frozen=True)
class Note:
    """An event that is a sentence for the log."""

    text: str


def owner_of(key: str) -> str:
    """What stands for an owner's key on the disk: nobody who reads it there can act as the owner."""
    return hashlib.sha256(f"glassbox owner {key}".encode()).hexdigest()[:32]


def find_kind(kind: str) -> Run:
    """The function that runs jobs of this kind, imported only now.

    Raises InputError when there is none.
    """
    module, _, name = KINDS.get(kind, kind).partition(":")
    try:
        run: Run = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError) as e:
        raise InputError(f"there is no kind of job {kind!r} ({e}); choose one of {', '.join(KINDS)}.") from e
    return run
