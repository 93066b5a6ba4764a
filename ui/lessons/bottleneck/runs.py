"""Training both sequence models from the page, as a job: start it, look at it, stop it, use what it learned."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st

from engine.errors import InputError
from ui.owner import owner

if TYPE_CHECKING:
    from engine.experiments.seq2seq_record import Record
    from engine.jobs.store import Job


def start(settings: dict[str, Any]) -> str:
    """Queue a training of this visitor's; returns the job's id.

    Raises InputError for settings out of bounds or too many runs, JobError when it cannot be written.
    """
    from engine.experiments.seq2seq import Seq2SeqSettings
    from engine.jobs import runner
    from engine.jobs.spec import JobSpec
    from engine.jobs.store import runs_folder

    Seq2SeqSettings(**settings)
    who = owner()
    if who is None:
        raise InputError("this browser has no key yet; try again in a moment.")
    title = f"{settings['task'].capitalize()}, up to {settings['longest']} symbols, {settings['hidden']} numbers"
    return runner.submit(runs_folder(), JobSpec("sequences", who, title, settings), {}).id


def find(job_id: str) -> Job:
    """The run as it is now; anybody with its link may look.

    Raises JobError when there is none.
    """
    from engine.jobs import runner, store

    runner.advance(store.runs_folder())
    return runner.look(store.find(store.runs_folder(), job_id))


def stop(job_id: str) -> None:
    """End one's own run."""
    from engine.jobs import runner, store

    runner.stop(store.runs_folder(), store.find(store.runs_folder(), job_id, owner() or "nobody"))


def is_mine(job: Job) -> bool:
    """Whether this visitor started it."""
    return job.spec is not None and job.spec.owner == owner()


def so_far(job: Job) -> tuple[np.ndarray, dict[bool, np.ndarray], int]:
    """Steps (N,), losses of both models (N,) each, and the steps that are planned."""
    from engine.jobs.metrics import read_events, table

    events = read_events(job.folder)
    rows, planned = table(events, "SequenceLosses"), table(events, "Planned")
    losses = {False: np.array([e["bottleneck"] for e in rows]), True: np.array([e["attention"] for e in rows])}
    return np.array([e["step"] + 1 for e in rows]), losses, planned[-1]["total_steps"] if planned else 0


@st.cache_resource(max_entries=8, show_spinner=False)
def record(source: str) -> Record:
    """A finished training: "copy" or "reverse", those that ship, or a job's id.

    Raises WeightsError when it cannot be read.
    """
    from engine.experiments.seq2seq import TASKS
    from engine.experiments.seq2seq_record import load_record, load_recorded
    from engine.jobs import sequences, store

    if source in TASKS:
        return load_recorded(source)
    return load_record(store.find(store.runs_folder(), source).folder / sequences.CHECKPOINT)
