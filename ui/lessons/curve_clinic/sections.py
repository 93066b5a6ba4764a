"""The parts of the lesson: the chart with the diagnosis, the numbers behind it, all six side by side, the code."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from ui.figures.curve_clinic import small_curves
from ui.figures.loss_curves import loss_curves
from ui.lesson import plain, sentence
from ui.lessons.curve_clinic import patients
from ui.lessons.curve_clinic.patterns import ALSO_NEEDED, GUESSES, PATTERNS, UNITS, setting
from ui.numbers import count, fmt

if TYPE_CHECKING:
    from engine.evaluation.curves import Diagnosis, Sign
    from engine.jobs.store import Job
    from ui.lesson import Page
    from ui.lessons.curve_clinic.patients import Patient

TOP = 12  # nats, the end of the small curves' axis
ONE = {"diagnosis": "The diagnosis"}
SETTINGS = {
    "width": "width",
    "layers": "layers",
    "learning_rate": "learning rate",
    "schedule": "schedule",
    "epochs": "epochs",
    "batch_size": "batch size",
    "drop_rate": "dropout",
}


def guess(page: Page, key: str) -> str:
    """The reader's guess for this curve, empty before they have made one; it stands in the link."""
    known = dict(pair.split(":", 1) for pair in page.state.value("guess", "").split() if ":" in pair)
    widget, made = f"clinic-guess-{key}", known.get(key, "")
    if made not in GUESSES:
        made = ""
    if st.session_state.get(widget) != (made or None):
        st.session_state[widget] = made or None

    def choose() -> None:
        chosen = known | {key: st.session_state[widget]}
        page.state.set(guess=" ".join(f"{k}:{v}" for k, v in sorted(chosen.items())))

    st.radio(
        "What is it? Guess before you are told.",
        GUESSES,
        index=None,
        key=widget,
        format_func=lambda name: PATTERNS[name].name,
        on_change=choose,
    )
    return made


def show_chart(patient: Patient, marked: int | None) -> None:
    """Its curves, and once it is told a line where the trouble starts."""
    unit = "text" if patient.job and patient.job.spec and patient.job.spec.kind == "classify" else "token"
    frame, spec = loss_curves(patient.rows(), marked=marked, unit=unit)
    alt = f"Training and validation loss of {patient.title} against optimizer steps"
    st.vega_lite_chart(frame, spec, key="clinic-curve", on_select=lambda: None, selection_mode="zoom", alt=alt)
    line = "" if marked is None else " Pink line: where it starts."
    st.caption(
        "Thin: loss of each batch as it was trained on. Thick: training text, evaluated without dropout. Dashed: text "
        f"that it never trains on.{line}"
    )


def say(diagnosis: Diagnosis, guessed: str) -> None:
    """The diagnosis, with a word on the guess if there was one."""
    told = f"**{PATTERNS[diagnosis.pattern].name}**{since_when(diagnosis)}: {plain(diagnosis.evidence)}."
    if guessed == diagnosis.pattern:
        st.success(f"Yes. {told}", icon=":material/check:")
    elif guessed:
        st.info(f"Not quite, look again. {told}", icon=":material/lightbulb:")
    else:
        st.info(told, icon=":material/monitor_heart:")
    if diagnosis.also:
        names = ", ".join(PATTERNS[sign.pattern].name.lower() for sign in diagnosis.also)
        st.caption(f"There are further signs, less grave: {names}.")


def since_when(diagnosis: Diagnosis) -> str:
    """Where the trouble starts, unless the evidence says that itself."""
    if diagnosis.since is None or f"step {diagnosis.since} " in diagnosis.evidence:
        return ""
    return f", since step {count(diagnosis.since)}" if diagnosis.since else ", from the first step on"


def show_settings(patient: Patient) -> None:
    """How it was trained, which would have given it away before."""
    if patient.recipe is None:
        return
    told = patient.recipe.settings()
    shown = ", ".join(f"{label} {setting(told[name])}" for name, label in SETTINGS.items())
    st.caption(f"Its settings: {shown}; {count(len(patient.steps))} steps.")


def show_signs(page: Page, diagnosis: Diagnosis) -> None:
    """Every sign that was looked for: what was measured, from where on it counts; one of them spelled out."""
    st.header("The diagnosis, in numbers", anchor=False)
    st.markdown(
        "Each sign is one number that is compared with one limit. The gravest sign that reaches its limit is the "
        "diagnosis; a curve without any is healthy. The limits are choices, as 38 °C is for a fever."
    )
    left, right = page.stage(1.5, 1)
    with left:
        st.dataframe([row(sign) for sign in diagnosis.signs], hide_index=True, key="clinic-signs")
    with right:
        names = {sign.pattern: PATTERNS[sign.pattern].name for sign in diagnosis.signs}
        chosen = page.state.select("sign", "Spell out", ["diagnosis", *names], "diagnosis", labels=names | ONE)
        spell_out(diagnosis, diagnosis.pattern if chosen == "diagnosis" else chosen)


def spell_out(diagnosis: Diagnosis, pattern: str) -> None:
    """One sign: how it looks, where its number comes from, and the comparison."""
    about = f"**{PATTERNS[pattern].name}:** {PATTERNS[pattern].looks}"
    sign = next((sign for sign in diagnosis.signs if sign.pattern == pattern), None)
    if sign is None:  # healthy, or too short
        st.markdown(f"{about}\n\n{plain(sentence(diagnosis.evidence))}\n\nNo sign reaches its limit.")
        return
    unit, reached = UNITS[sign.unit], "which it reaches" if sign.found else "which it does not reach"
    if sign.measured >= sign.limit and not sign.found:
        reached = f"which it reaches; but {ALSO_NEEDED[sign.pattern]}"
    st.markdown(
        f"{about}\n\n{plain(sentence(sign.evidence))}\n\n"
        f"Measured: **{fmt(sign.measured)}{unit}**; it counts from {fmt(sign.limit)}{unit} on, {reached}."
    )


def row(sign: Sign) -> dict[str, Any]:
    """One line of the table."""
    return {
        "sign": PATTERNS[sign.pattern].name,
        "found": sign.found,
        "measured": f"{fmt(sign.measured)}{UNITS[sign.unit]}",
        "counts from": f"{fmt(sign.limit)}{UNITS[sign.unit]}",
        "since step": "" if sign.since is None else count(sign.since),
    }


def show_six(page: Page) -> None:
    """All recorded curves on one scale, with their names once the reader wants them."""
    st.header("Good and bad curves, side by side", anchor=False)
    named = page.state.toggle("named", "Show their names", False)
    shown = [patients.recorded(key) for key in patients.RECORDED]
    columns = [*st.columns(3), *st.columns(3)]
    for column, patient in zip(columns, shown, strict=True):
        pattern = PATTERNS[patient.diagnosis.pattern]
        with column:
            st.markdown(f"**Recorded run {patient.key}{f': {pattern.name}' if named else ''}**")
            frame, spec = small_curves(patient.rows(), TOP)
            st.vega_lite_chart(frame, spec, key=f"clinic-small-{patient.key}", alt=f"Losses of {patient.title}")
            if named:
                st.caption(pattern.looks)
    st.caption(
        f"Loss in nats a token (upward) against optimizer steps; higher ones than {TOP} are cut off. Blue: training. "
        "Orange, dashed: validation."
    )


def code(key: str, job: Job | None) -> list[str]:
    """The diagnosis as a program."""
    if job is None:
        name = patients.RECORDED[key]
        read = f"""\
from engine.evaluation.diagnosis import diagnose
from engine.jobs.recorded import load_record

record = load_record({name!r})
curve = record.curve()"""
    else:
        read = f"""\
from engine.evaluation.diagnosis import diagnose
from engine.jobs.metrics import read_events
from engine.jobs.recorded import job_curve
from engine.jobs.store import find, runs_folder

job = find(runs_folder(), {job.id!r})
curve = job_curve(job, read_events(job.folder))"""
    tell = """\
found = diagnose(curve)
print(found.pattern, found.since, found.evidence)
for sign in found.signs:
    print(sign.pattern, sign.found, sign.measured, sign.limit, sign.unit)"""
    return [read, tell]
