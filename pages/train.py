"""Train: a GPT on one's own text, watched while it learns, and looked back at afterwards."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from ui import runs
from ui.catalog import ROOT, find
from ui.code import show_code
from ui.figures.loss_curves import curve_rows, loss_curves
from ui.lesson import Page, friendly_errors, lesson
from ui.lessons.train import sections, setup, words
from ui.owner import owner
from ui.run_view import live

if TYPE_CHECKING:
    from engine.jobs.store import Job

POCKET_LOG = ROOT / "data" / "models" / "pocket" / "training_log.csv"
BOOK_LOG = ROOT / "data" / "book_run.csv"
HOW_TO_ZOOM = "Drag to move, Shift and wheel to zoom, double-click to see all."
CURVES = (
    "Thin: loss of each batch as it was trained on, dropout on. Thick: training text without dropout. Dashed: text "
    "that it never trains on. "
)


def chosen_run(page: Page, own: list[Job]) -> Job | None:
    """The run on screen: the one in the link if it is the visitor's, else their newest."""
    wanted = page.state.value("run", "")
    return next((job for job in own if job.id == wanted), own[0] if own else None)


def show_example(perplexity: bool, book: bool) -> None:
    """Before the visitor has trained anything: how the pocket model learned, or the book's run, as recorded."""
    log = pd.read_csv(BOOK_LOG if book else POCKET_LOG)
    steps = log[["step", "loss"]].to_dict("records")
    evaluations = log.dropna(subset=["val_loss"])[["step", "train_loss", "val_loss"]].to_dict("records")
    name = "the book's run" if book else "the pocket model"
    frame, spec = loss_curves(curve_rows(name, steps, evaluations, perplexity), perplexity)
    st.vega_lite_chart(frame, spec, key="train-example", alt=f"Recorded training of {name}")
    said = (
        "Nothing of yours yet, so this is the book's run as our loop made it on a CPU: at each of its 18 evaluations, "
        "both losses are those that the book prints, to the third decimal. "
        if book
        else "Nothing of yours yet, so this is how the pocket model learned, as recorded when it was made. Up to "
        "step 2,900 the learning rate had been brought down to zero; then it was trained on at the full rate: the "
        "loss jumped up, and fell again as the rate did. "
    )
    st.caption(said + (CURVES if book else CURVES.replace(", dropout on", "")) + HOW_TO_ZOOM)


def show_runs(page: Page, who: str, own: list[Job], job: Job, perplexity: bool) -> None:
    """The chosen run, alive, with the one before it over it if wanted."""
    ids = [j.id for j in own]
    before = ids[ids.index(job.id) + 1 : ids.index(job.id) + 2]
    shown = [job.id, *(before if before and page.state.toggle("previous", "Lay the run before over it", False) else [])]
    live(who, shown, "train-curves", perplexity)
    st.caption(CURVES + HOW_TO_ZOOM)
    st.page_link(find("runs").path, label="All your runs: compare, log, download, delete", icon=find("runs").icon)
    clinic = find("curve_clinic")
    st.page_link(clinic.path, label="What does this curve say?", icon=clinic.icon, query_params={"curve": job.id})


with lesson("train") as page:
    who = owner()
    left, right = page.stage(1, 1.8)
    name, text, recipe = "own", "", None
    with left, friendly_errors():
        name, text = setup.text_control(page.state)
        recipe = setup.recipe_controls(page.state, name)
        setup.show_preflight(page, who, name, text, recipe)
    own = [job for job in runs.mine(who) if job.spec and job.spec.kind == "pretrain"] if who else []
    job = chosen_run(page, own)
    with right:
        about = "e to the power of the loss: as unsure as if the model chose evenly among so many tokens."
        perplexity = page.state.toggle("perplexity", "Perplexity instead of loss", False, help=about)
        if job is None or who is None:
            show_example(perplexity, recipe is not None and recipe.as_book)
        else:
            show_runs(page, who, own, job, perplexity)
    if job is not None:
        st.header("Look back: the same model, earlier and later", anchor=False)
        if runs.is_open(job):
            st.caption("The newest checkpoint; when the training has ended, a slider goes through all of them.")
        kept = sections.checkpoint_control(page, job)
        if kept is None:
            st.caption("The first checkpoint is on its way.")
        else:
            with friendly_errors():
                sections.show_look_back(page, job, kept)
            if not runs.is_open(job):
                st.header("Training mode against evaluation mode", anchor=False)
                with friendly_errors():
                    sections.show_noise(page, job, kept)
        st.header("The arithmetic of this run", anchor=False)
        with friendly_errors():
            sections.show_arithmetic(job)
    if recipe is not None:
        show_code(sections.code(name, text, recipe), "train")
    page.try_this(words.experiments())
    page.questions(words.questions())
    page.check(words.check())
