"""Kinds of jobs for tests, which need no torch and do in moments what real ones do in hours."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.errors import TrainingError
from engine.jobs.spec import JobSpec, Planned
from engine.whole_files import write_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@dataclass(frozen=True)
class Counted:
    step: int
    value: int


@dataclass(frozen=True)
class Ended:
    step: int
    stopped: bool


def count(spec: JobSpec, folder: Path, stop: Callable[[], bool]) -> Iterator[object]:
    """Counts to settings["steps"], waiting settings["wait"] seconds each; its checkpoint is the last number."""
    steps, wait, saved = spec.settings["steps"], spec.settings.get("wait", 0), folder / "checkpoint"
    start = json.loads(saved.read_text()) if saved.exists() else 0
    yield Planned(steps)
    for step in range(start, steps):
        time.sleep(wait)
        yield Counted(step, step * step)
        write_json(saved, step + 1)
        if stop():
            yield Ended(step, True)
            return
    yield Ended(steps - 1, False)


def deaf(spec: JobSpec, folder: Path, stop: Callable[[], bool]) -> Iterator[object]:
    """Makes one step, then never looks up again."""
    yield Planned(2)
    yield Counted(0, 0)
    time.sleep(600)


def hungry(spec: JobSpec, folder: Path, stop: Callable[[], bool]) -> Iterator[object]:
    """Needs more memory than there is until a batch is computed in settings["enough"] parts."""
    yield Planned(1)
    if spec.settings.get("split", 1) < spec.settings["enough"]:
        raise MemoryError
    yield Counted(0, spec.settings["split"])


def diverging(spec: JobSpec, folder: Path, stop: Callable[[], bool]) -> Iterator[object]:
    """Its loss is no number at step 3, unless the learning rate is below 1."""
    yield Planned(5)
    for step in range(5):
        if step == 3 and spec.settings["learning_rate"] >= 1:
            raise TrainingError("the loss is no longer a number at step 3; resume with a lower learning rate.")
        yield Counted(step, step)


def buggy(spec: JobSpec, folder: Path, stop: Callable[[], bool]) -> Iterator[object]:
    yield Planned(1)
    raise KeyError("a mistake of ours")
