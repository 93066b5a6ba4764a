"""Instruction tuning: the same training on questions with answers, watched live; before and after; a chat."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from engine.jobs.metrics import table
from ui import models, run_models, runs
from ui.catalog import find, lessons
from ui.code import show_code
from ui.lesson import Page, friendly_errors, lesson
from ui.lessons.instruction_tuning import results, sections, setup, words
from ui.lessons.instruction_tuning.chat import show_chat
from ui.lessons.instruction_tuning.measured import show_measured
from ui.numbers import count, fmt
from ui.owner import owner
from ui.run_view import live

if TYPE_CHECKING:
    from engine.finetune.instruction_recipe import InstructionRecipe
    from engine.jobs.store import Job


def chosen_run(page: Page, own: list[Job]) -> Job | None:
    """The run on screen: the one in the link if it is the visitor's, else their newest; "new" for none."""
    if not own:
        return None
    labels = {job.id: f"{job.title} ({job.id[9:11]}:{job.id[11:13]})" for job in own} | {"new": "The untuned model"}
    wanted = page.state.select("run", "Show", list(labels), own[0].id, labels=labels)
    return next((job for job in own if job.id == wanted), None)


def show_run(who: str, job: Job) -> None:
    """The run, alive, and what is going on besides its steps."""
    live(who, [job.id], "instruct-curves")
    told = runs.events(job.folder)
    answered = table(told, "Answered")
    if runs.is_open(job) and answered:
        last = answered[-1]
        which = "tuned" if last["tuned"] else "untuned"
        st.caption(f"The {which} model has answered {count(last['done'])} of {count(last['total'])} held-out entries.")
    evaluations = table(told, "Evaluation")
    if len(evaluations) > 2 and not runs.is_open(job):
        best, last = min(evaluations, key=lambda e: e["val_loss"]), evaluations[-1]
        if best is not last and last["val_loss"] > 1.02 * best["val_loss"]:
            st.caption(
                f":material/monitor_heart: It overfits: the validation loss was lowest, {fmt(best['val_loss'])}, after "
                f"step {count(best['step'])}, and is {fmt(last['val_loss'])} at the last look."
            )
    st.caption(
        "Thin: each batch as it was trained on. Thick: training entries without dropout. Dashed: validation. Dotted: "
        "the held-out test entries, by which nothing is chosen. Nats a token that counts."
    )


with lesson("instruction_tuning") as page:
    who = owner()
    left, right = page.stage(1, 1.6)
    recipe: InstructionRecipe | None = None
    chosen: setup.Chosen | None = None
    with left, friendly_errors():
        recipe = setup.recipe_controls(page.state)
        chosen = setup.entries_control(page.state, who)
        setup.show_preflight(page, who, chosen, recipe)
    own = [job for job in runs.mine(who) if job.spec and job.spec.kind == "instruct"] if who else []
    with right, friendly_errors():
        job = chosen_run(page, own)
        if job is not None and who is not None:
            show_run(who, job)
        elif recipe is not None:
            sections.show_untuned(page, recipe)
    if job is not None:
        with friendly_errors():
            rows = results.responses(job)
            if rows is None:
                waiting = "The answers come when the training has ended." if runs.is_open(job) else "It has no answers."
                st.caption(waiting)
            else:
                sections.show_finished(page, job, rows)
        model = None if runs.is_open(job) else run_models.find_own(f"{models.RUN}{job.id}")
        if model is not None:
            st.header("Talk to it", anchor=False)
            sections.use_everywhere(job)
            with friendly_errors():
                show_chat(page, model)
            if find("judging") in lessons():
                st.page_link(find("judging").path, label="Judge its answers", icon=find("judging").icon)
    show_measured()
    if recipe is not None and chosen is not None:
        show_code(sections.code(chosen.source, chosen.tasks, recipe), "instruction_tuning")
    page.try_this(words.experiments())
    page.questions(words.questions())
    page.check(words.check())
