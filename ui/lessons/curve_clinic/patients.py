"""Whose curve is looked at: one of the six recorded ones, or one of the visitor's own runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import streamlit as st

from engine.errors import InputError
from engine.evaluation.diagnosis import diagnose
from engine.jobs.metrics import table
from engine.jobs.recipe import TEXT_FILE, Recipe
from engine.jobs.recorded import RECORDS, Record, job_curve, load_record, shipped_text
from ui import runs
from ui.figures.loss_curves import curve_rows
from ui.lessons.runs.parts import label

if TYPE_CHECKING:
    from engine.evaluation.curves import Diagnosis
    from engine.jobs.store import Job

RECORDED = {str(n): name for n, name in enumerate(RECORDS, start=1)}


@dataclass(frozen=True)
class Patient:
    """A curve with what is known about it.

    key          its name in links: 1 to 6, or a run's id
    title        what the legend calls it
    steps, evaluations  as in metrics.jsonl
    diagnosis    what its curve shows
    recipe       how it was trained; None for other kinds than pretraining
    job          the run; None for a recorded one
    """

    key: str
    title: str
    steps: list[dict[str, Any]]
    evaluations: list[dict[str, Any]]
    diagnosis: Diagnosis
    recipe: Recipe | None
    job: Job | None = None

    def rows(self) -> list[dict[str, Any]]:
        """The points of its curves."""
        return curve_rows(self.title, self.steps, self.evaluations)

    def text(self) -> tuple[str, str]:
        """The name of the text that it learned, for titles, and the text.

        Raises InputError when it cannot be read.
        """
        if self.job is None:
            name = record(self.key).text
            return name, shipped_text(name)
        try:
            return "own", (self.job.folder / "input" / TEXT_FILE).read_text(encoding="utf-8")
        except OSError as e:
            raise InputError(f"the text of this run cannot be read ({e.strerror}).") from e


@st.cache_resource(max_entries=len(RECORDS), show_spinner=False)
def record(key: str) -> Record:
    """A recorded training by its number."""
    return load_record(RECORDED[key])


@st.cache_resource(max_entries=len(RECORDS), show_spinner=False)
def recorded(key: str) -> Patient:
    """A recorded training as a patient."""
    one = record(key)
    return Patient(key, f"recorded run {key}", one.steps, one.evaluations, diagnose(one.curve()), one.recipe)


def own(job: Job) -> Patient:
    """One of the visitor's runs as a patient, as it is now.

    Raises InputError when there is nothing to see yet.
    """
    told = runs.events(job.folder)
    recipe = Recipe(**job.spec.settings) if job.spec and job.spec.kind == "pretrain" else None
    steps, evaluations = table(told, "Step"), table(told, "Evaluation")
    return Patient(job.id, job.title, steps, evaluations, diagnose(job_curve(job, told)), recipe, job)


def choices(own_jobs: list[Job]) -> dict[str, str]:
    """All that can be looked at: key and what a list calls it."""
    shown = {key: f"Recorded run {key}" for key in RECORDED}
    return shown | {job.id: f"Yours: {label(job)}" for job in own_jobs if table(runs.events(job.folder), "Step")}
