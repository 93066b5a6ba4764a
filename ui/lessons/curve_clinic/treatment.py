"""Change the settings, train again as a job, and lay the new curve over the old one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import streamlit as st

from engine.errors import GlassboxError
from engine.evaluation.diagnosis import diagnose
from engine.jobs import preflight, runner
from engine.jobs.metrics import duration
from engine.jobs.recipe import Recipe, plan
from engine.jobs.recorded import job_curve
from engine.jobs.spec import JobSpec
from engine.jobs.store import runs_folder
from ui import runs
from ui.lesson import friendly_errors, plain, sentence
from ui.lessons.curve_clinic.patterns import PATTERNS, setting, treated
from ui.lessons.curve_clinic.sections import since_when
from ui.lessons.train.setup import SIZES, token_counts, wait_for_measurement
from ui.numbers import count, fmt
from ui.run_view import live

if TYPE_CHECKING:
    from engine.jobs.store import Job
    from ui.lesson import Page
    from ui.lessons.curve_clinic.patients import Patient

RATES = [1e-5, 3e-5, 1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 0.1, 0.3, 1.0]
SCHEDULES = ["constant", "cosine", "linear"]


def show(page: Page, patient: Patient, who: str | None, own_jobs: list[Job]) -> None:
    """What helps, the settings to try it with, and the two curves over each other."""
    pattern = PATTERNS[patient.diagnosis.pattern]
    st.header("What helps", anchor=False)
    st.markdown(f"**{pattern.name}.** {pattern.why} {pattern.helps}")
    if patient.recipe is None:
        st.caption("Its own lesson trains it again with other settings.")
        return
    left, right = page.stage(1, 1.8)
    with left, friendly_errors():
        form(page, patient, patient.recipe, who)
    again = treatment_of(page, patient, own_jobs)
    with right:
        if again is None or who is None:
            st.caption("Start a training with the settings on the left: its curve is laid over this one here.")
        else:
            live(who, [again.id], "clinic-again", beside=patient.rows())
            say_again(again)


def form(page: Page, patient: Patient, recipe: Recipe, who: str | None) -> None:
    """The settings, at first those that should help, and two buttons."""
    name, text = patient.text()
    windows = plan(recipe, *token_counts(recipe.tokenizer, text)).windows
    better = treated(recipe, patient.diagnosis, windows // recipe.batch_size)
    chosen = controls(page, patient.key[-6:], recipe, better)
    st.caption(changes(recipe, chosen))
    course = plan(chosen, *token_counts(chosen.tokenizer, text))
    machine = preflight.read_machine(runs_folder())
    expected = None
    if machine is None:
        wait_for_measurement()
    else:
        expected = preflight.estimate(chosen, course.train_tokens, course.val_tokens, machine).seconds
        st.markdown(f"{count(course.steps)} steps; should take about **{duration(expected)}**.")
    with st.container(horizontal=True):
        for label, asked, main in (("Train with these settings", chosen, True), ("Exactly as before", recipe, False)):
            st.button(
                label,
                type="primary" if main else "secondary",
                icon=":material/play_arrow:" if main else ":material/replay:",
                disabled=who is None,
                on_click=start,
                args=(page, patient, who or "", name, text, asked, expected if main else None),
            )
    if said := runs.take_error():
        st.error(plain(sentence(said)))


def controls(page: Page, key: str, recipe: Recipe, better: Recipe) -> Recipe:
    """The settings that a treatment may change; `key` keeps those of one patient apart from another's."""
    state = page.state
    rates = [f"{rate:g}" for rate in sorted({*RATES, recipe.learning_rate, better.learning_rate})]
    names = {rate: setting(float(rate)) for rate in rates}
    with st.container(horizontal=True):
        rate = state.select(f"rate{key}", "Learning rate", rates, f"{better.learning_rate:g}", labels=names, width=130)
        schedule = state.select(f"schedule{key}", "Its schedule", SCHEDULES, better.schedule, width=130)
    shape = (better.width, better.layers, better.heads)
    sizes = {name: size for name, size in SIZES.items() if recipe.start == "scratch"} | {
        "as before": (recipe.width, recipe.layers, recipe.heads)
    }
    first = next(name for name, size in reversed(sizes.items()) if size == shape)
    size = state.choice(f"size{key}", "Size of the model", list(sizes), first)
    one, two = st.columns(2)
    with one:
        epochs = state.slider(f"epochs{key}", "Epochs", 1, 60, better.epochs)
        drop = state.slider(f"drop{key}", "Dropout", 0.0, 0.5, better.drop_rate, 0.05)
    with two:
        batch = state.slider(f"batch{key}", "Batch size", 1, 32, better.batch_size)
        warmup = state.slider(f"warmup{key}", "Warm-up, of the steps", 0.0, 0.1, better.warmup, 0.01)
    width, layers, heads = sizes[size]
    return replace(
        recipe,
        learning_rate=float(rate),
        schedule=schedule,
        width=width,
        layers=layers,
        heads=heads,
        epochs=epochs,
        batch_size=batch,
        drop_rate=drop,
        warmup=warmup,
        as_book=False,
    )


def changes(before: Recipe, after: Recipe) -> str:
    """What differs, in a sentence."""
    words = {"learning_rate": "rate", "drop_rate": "dropout", "batch_size": "batch"}
    told = [
        f"{words.get(name, name)} {setting(value)} → {setting(getattr(after, name))}"
        for name, value in before.settings().items()
        if value != getattr(after, name)
    ]
    return f"Changed: {', '.join(told)}." if told else "Nothing is changed."


def start(page: Page, patient: Patient, who: str, name: str, text: str, recipe: Recipe, expected: float | None) -> None:
    """A callback: queue the training and remember in the link whose treatment it is."""
    whose = f"Clinic {patient.key}" if patient.job is None else patient.title[:40]
    title = f"{whose}, rate {recipe.learning_rate:g}"
    spec = JobSpec("pretrain", who, title, recipe.settings(), expected_seconds=expected)
    try:
        job = runner.submit(runs_folder(), spec, {"text.txt": text})
    except GlassboxError as e:
        st.session_state[runs.ERROR] = str(e)
        return
    page.state.set(again=f"{patient.key}~{job.id}")


def treatment_of(page: Page, patient: Patient, own_jobs: list[Job]) -> Job | None:
    """The run in the link, if it treats this patient and is the visitor's."""
    key, _, wanted = page.state.value("again", "").partition("~")
    return next((job for job in own_jobs if key == patient.key and job.id == wanted), None)


def say_again(job: Job) -> None:
    """What the new curve shows, once it has an end."""
    told = runs.events(job.folder)
    if runs.is_open(job) or not told:
        st.caption("Round points: before. Square ones: this training. Its own diagnosis comes at its end.")
        return
    with friendly_errors():
        found = diagnose(job_curve(job, told))
        name = PATTERNS[found.pattern].name
        st.markdown(f"**The new curve: {name}**{since_when(found)}. {sentence(found.evidence)}")
        val = [e["val_loss"] for e in told if e["event"] == "Evaluation"]
        if val:
            st.caption(f"Its lowest validation loss: {fmt(min(val))} nats a token.")
