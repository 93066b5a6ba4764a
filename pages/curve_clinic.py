"""Curve clinic: what a loss curve says, from six recorded trainings and the visitor's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from ui import runs
from ui.catalog import find
from ui.code import show_code
from ui.lesson import Page, friendly_errors, lesson
from ui.lessons.curve_clinic import patients, sections, treatment, words
from ui.owner import owner
from ui.run_view import live

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

    from engine.jobs.store import Job

LOOK_EVERY = 3.0  # seconds between two diagnoses of a run that is under way


def show_recorded(page: Page, key: str, left: DeltaGenerator, right: DeltaGenerator) -> patients.Patient | None:
    """A recorded curve and a guess; what it shows only after that. Returns it once the reader may know all."""
    patient = patients.recorded(key)
    with left:
        guessed = sections.guess(page, key)
        if guessed:
            sections.say(patient.diagnosis, guessed)
            sections.show_settings(patient)
    with right:
        sections.show_chart(patient, patient.diagnosis.since if guessed else None)
    return patient if guessed else None


def show_own(who: str, job: Job, left: DeltaGenerator, right: DeltaGenerator) -> patients.Patient:
    """One of the visitor's own runs, told at once, and told anew while it goes on."""

    @st.fragment(run_every=LOOK_EVERY if runs.is_open(job) else None)
    def tell() -> None:
        with friendly_errors():
            now = patients.own(job)
            sections.say(now.diagnosis, "")
            sections.show_settings(now)

    patient = patients.own(job)
    with left:
        tell()
    with right:
        if runs.is_open(job):
            live(who, [job.id], "clinic-own", marked=patient.diagnosis.since)
        else:
            sections.show_chart(patient, patient.diagnosis.since)
    return patient


with lesson("curve_clinic") as page:
    who = owner()
    mine = runs.mine(who) if who else []
    shown = patients.choices(mine)
    left, right = page.stage(1, 2)
    with left:
        key = page.state.select("curve", "Curve", list(shown), "1", labels=shown)
    job = next((job for job in mine if job.id == key), None)
    with friendly_errors():
        columns = (left, right)
        patient = show_own(who, job, *columns) if who and job else show_recorded(page, key, *columns)
        if patient is not None:
            sections.show_signs(page, patient.diagnosis)
            treatment.show(page, patient, who, mine)
        show_code(sections.code(key, job), "curve_clinic")
    sections.show_six(page)
    if not [job for job in mine if job.id in shown]:
        st.page_link(find("train").path, label="Train a model: its curve is diagnosed here", icon=find("train").icon)
    page.try_this(words.experiments())
    page.questions(words.questions())
    page.check(words.check())
