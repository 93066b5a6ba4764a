"""The bottleneck: the reader's own training of both models, while it runs and afterwards."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import streamlit as st

from engine.errors import GlassboxError
from ui.figures import bottleneck as draw
from ui.lesson import plain, sentence
from ui.lessons.bottleneck import runs
from ui.numbers import count, fmt

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np

    from engine.experiments.seq2seq_record import Record
    from ui.lesson import Page
    from ui.share import PageState

OPEN = ("queued", "running")
ERROR = "bottleneck-error"
GUESSING = (
    "Loss: minus the logarithm of the probability that the right symbol got. Dotted: guessing evenly, "
    f"ln 36 = {fmt(math.log(36))}."
)


def source_of(state: PageState, task: str) -> str:
    """Which models are shown: the reader's own, by the job's id, when they are ready; else the recorded ones."""
    run = state.value("run", "")
    if not run:
        return task
    try:
        job = runs.find(run)
    except GlassboxError as error:
        st.info(plain(sentence(str(error))) + " The recorded models are shown.")
        state.set(run="")
        return task
    trained = job.spec.settings["task"] if job.spec is not None else task
    if job.state.status == "finished" and trained == task:
        return run
    why = {
        "finished": f"Your own training was for the task *{trained}*",
        "queued": "Your training has not begun",
        "running": "Your training is not finished",
    }.get(job.state.status, "Your training did not finish")
    st.caption(f"{why}: the recorded models are shown.")
    return task


def show_training(page: Page, task: str, run: str, source: str, record: Record) -> None:
    """The settings of a training, and its losses: those of `run`, else those recorded.

    source  whose models the pictures above show, as from source_of
    """
    state = page.state
    st.header("Train it yourself", anchor=False)
    left, right = page.stage(1, 2)
    with left:
        longest = state.slider("longest", "Longest sequence in training", 2, 24, 10)
        hidden = state.slider("hidden", "Numbers in a hidden state", 8, 128, 64, 8)
        steps = state.slider("steps", "Training steps", 100, 4_000, 600, 100)
        seed = state.number("seed", "Seed", 0, 99_999, 1)
        settings = {"task": task, "longest": longest, "hidden": hidden, "steps": steps, "seed": seed}
        st.button("Train both", type="primary", icon=":material/play_arrow:", on_click=begin, args=(state, settings))
        if said := st.session_state.pop(ERROR, ""):
            st.error(plain(sentence(said)))
    with right:
        if run:
            watch(state, run, source)
        else:
            show_losses(record.steps, record.losses)
            st.caption(
                f"The training that ships with Glassbox: {count(record.settings.steps)} steps of 64 sequences, "
                f"{fmt(record.seconds / 60)} minutes on one core. {GUESSING}"
            )


def begin(state: PageState, settings: dict[str, Any]) -> None:
    """A callback: start a training and keep its id in the link."""
    try:
        state.set(run=runs.start(settings), task=settings["task"])
    except GlassboxError as error:
        st.session_state[ERROR] = str(error)


def end(job_id: str) -> None:
    """A callback: stop a training."""
    try:
        runs.stop(job_id)
    except GlassboxError as error:
        st.session_state[ERROR] = str(error)


def show_losses(steps: np.ndarray, losses: Mapping[bool, np.ndarray]) -> None:
    """Both models' losses by step; dotted: guessing."""
    frame, spec = draw.loss_lines(steps.tolist(), losses, math.log(36))
    st.vega_lite_chart(frame, spec, key="losses", alt="Training loss of both models by step")


def watch(state: PageState, job_id: str, source: str) -> None:
    """The reader's own training: progress while it runs, its curve, what can be done."""
    before = runs.find(job_id).state.status

    @st.fragment(run_every=1 if before in OPEN else None)
    def look() -> None:
        job = runs.find(job_id)
        if job.state.status != before:
            st.rerun()
        steps, losses, total = runs.so_far(job)
        done = int(steps[-1]) if len(steps) else 0
        st.progress(min(done / total, 1.0) if total else 0.0, f"{job.state.status}, step {done} of {total or '…'}")
        if job.state.sentence:
            st.info(plain(sentence(job.state.sentence)))
        if len(steps):
            show_losses(steps, losses)
            shown = " The pictures above show these two models." if source == job_id else ""
            st.caption(f"Each point is the mean of 20 steps. {GUESSING}{shown}")
        with st.container(horizontal=True):
            if job.state.status in OPEN and runs.is_mine(job):
                st.button("Stop", icon=":material/stop:", on_click=end, args=(job_id,))
            st.button("Back to the recorded models", on_click=state.set, kwargs={"run": ""})

    look()
