"""The visitor's runs as pages need them: found, looked at, started and stopped, with errors as sentences."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import TYPE_CHECKING, Any

import streamlit as st

from engine.errors import GlassboxError
from engine.jobs import runner
from engine.jobs.metrics import FILE, valid
from engine.jobs.spec import OPEN
from engine.jobs.store import Job, all_jobs, find, runs_folder
from ui.labels import one_line
from ui.lesson import plain

if TYPE_CHECKING:
    from pathlib import Path

STATUS = {
    "queued": ("waiting", ":material/hourglass_empty:"),
    "running": ("running", ":material/play_arrow:"),
    "finished": ("finished", ":material/check:"),
    "stopped": ("stopped", ":material/stop:"),
    "failed": ("failed", ":material/error:"),
    "interrupted": ("interrupted", ":material/power_off:"),
}
ERROR = "_runs_error"
MOST_FILES = 64
_read: OrderedDict[str, tuple[int, list[dict[str, Any]]]] = OrderedDict()
_lock = threading.Lock()


@st.cache_resource(ttl=2, max_entries=4, show_spinner=False)
def tick(root: str) -> None:
    """Let the queue move on, at most every two seconds however many pages look at it."""
    runner.advance(runs_folder())


def mine(owner: str) -> list[Job]:
    """The visitor's runs, newest first, with the status that is true now.

    Raises JobError when they cannot be read.
    """
    tick(str(runs_folder()))
    return [runner.look(job) for job in all_jobs(runs_folder(), owner)]


def is_open(job: Job) -> bool:
    """Whether it is waiting or running."""
    return job.state.status in OPEN


def weighted(job: Job) -> bool:
    """Whether it trains a classifier with class weights, so that its losses are weighted."""
    return bool(job.spec and job.spec.settings.get("class_weights"))


def events(folder: Path) -> list[dict[str, Any]]:
    """What happened in a run; of a file that has grown only the new lines are read. Read only."""
    path = folder / FILE
    with _lock:
        at, known = _read.pop(str(folder), (0, []))
        try:
            with path.open("rb") as f:
                size = f.seek(0, 2)
                if size < at:
                    at, known = 0, []
                f.seek(at)
                fresh = f.read()
        except OSError:
            return []
        whole = fresh[: fresh.rfind(b"\n") + 1]
        known = valid(whole.splitlines(), known)
        _read[str(folder)] = (at + len(whole), known)
        while len(_read) > MOST_FILES:
            _read.popitem(last=False)
        return known


def act(action: str, owner: str, job_id: str, **changes: Any) -> None:
    """A callback: stop, resume or delete one's own run; what goes wrong is said by `show_error`."""
    try:
        job = find(runs_folder(), job_id, owner)
        {"stop": runner.stop, "resume": runner.resume, "delete": runner.delete}[action](runs_folder(), job, **changes)
    except GlassboxError as e:
        st.session_state[ERROR] = str(e)


def take_error() -> str:
    """What went wrong in the last callback, once; empty when nothing did."""
    return str(st.session_state.pop(ERROR, ""))


def sample(text: str, prompt: str) -> str:
    """What a model wrote, for markdown after "it": what it went on from in bold, line ends as signs.

    prompt  what it was given, as far as that is known; the text begins with it
    """
    given, new = one_line(prompt), plain(one_line(text.removeprefix(prompt))) or "(nothing)"
    legend = " :small[(⏎: a line end)]" if "⏎" in new else ""
    begins = given and text.startswith(prompt)
    return (f"goes on from the words in bold: **{plain(given)}** " if begins else "writes: ") + f"{new}{legend}"
