"""Step 6, training: the settings, what they are going to take, the start, and the runs of this draft, live."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import streamlit as st

from engine.datasets.finding import some
from engine.finetune.parts import classes_of, part_files
from engine.jobs import preflight, runner
from engine.jobs.classifying_estimate import ClassifierEstimate, estimate
from engine.jobs.metrics import comparable_loss, duration, progress
from engine.jobs.spec import JobSpec
from engine.jobs.store import runs_folder
from engine.memory import bytes_text
from ui import classifiers, models, runs
from ui.catalog import find
from ui.code import show_code
from ui.figures.classifier_training import best_look
from ui.lesson import friendly_errors, plain
from ui.lessons.classifier import settings
from ui.lessons.classifier.head import TRAINED
from ui.lessons.classifier.steps import attempt
from ui.lessons.train.setup import check_memory, wait_for_measurement
from ui.numbers import count, fmt, percent
from ui.run_view import live, when

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from engine.finetune.draft import Draft
    from engine.finetune.recipe import ClassifierRecipe
    from engine.jobs.store import Job
    from ui.share import PageState


def show(state: PageState, draft: Draft) -> None:
    """The step on the page."""
    left, right = st.columns([1, 1.6], gap="medium")
    parts = draft.parts()
    recipe = settings.recipe_of(draft)
    with left, friendly_errors():
        form(draft)
        start_box(state, draft, recipe, parts)
    own = runs_of(draft)
    with right:
        show_runs(state, draft, own, parts["train"])
    list_of_runs(state, own)
    show_code(cells(draft, recipe), "classifier_training")


def form(draft: Draft) -> None:
    """The settings of the loop, within their bounds; a regression has only one."""
    number = settings.number
    st.caption("A known recipe, with what learns and what is read (step Head):")
    settings.known(draft)
    if draft.recipe.is_solved:
        number(draft, "weight_decay", "Weight decay", 0.0, 1.0, step=0.05, format="%.3g", width=120,
               help="How strongly the head's weights are pulled to zero: half of it times their squares joins the "
               "loss. More: simpler, less sure.")  # fmt: skip
        return
    with st.container(horizontal=True):
        number(draft, "epochs", "Epochs, at most", 1, 100, width=120, help="How often each training text is read.")
        number(draft, "patience", "Patience", 0, 100, width=120, help="Training ends after so many epochs without a "
               "lower validation loss; 0: never. The best epoch is kept either way.")  # fmt: skip
        number(draft, "batch_size", "Batch size", 1, 256, width=120, help="Texts read before each step.")
    with st.container(horizontal=True):
        number(draft, "learning_rate", "Learning rate", 1e-6, 1.0, step=1e-4, format="%.6g", width=120,
               help="How far each step goes.")  # fmt: skip
        number(draft, "weight_decay", "Weight decay", 0.0, 1.0, step=0.05, format="%.3g", width=120,
               help="How strongly weights are pulled to zero; the learning rate times this at each step.")  # fmt: skip
        number(draft, "seed", "Seed", 0, 2**31 - 1, width=120, help="Another one: another start and another order.")


def start_box(state: PageState, draft: Draft, recipe: ClassifierRecipe, parts: dict[str, pd.DataFrame]) -> None:
    """What a training would take, and its button; parts that cannot be trained on give a sentence instead."""
    classes_of(parts)
    train, others = lengths_of(recipe, draft.part_lengths(models.tokenizer_name(recipe.model)))
    steps = recipe.steps(len(train))
    if recipe.is_solved:
        st.markdown(
            f"All {count(len(train))} texts pass through *{recipe.model}* once; then the head is worked out in at most "
            f"**{count(steps)} passes** over what came out. The {count(len(parts['validation']))} texts of the "
            "validation part choose nothing here: compare settings with them."
        )
    else:
        st.markdown(
            f"{count(len(train))} texts / {recipe.batch_size}, rounded up, × {some(recipe.epochs, 'epoch')} = at most "
            f"**{count(steps)} steps**. Learns: **{TRAINED[recipe.trained].lower()}** of *{recipe.model}*; "
            f"{count(len(parts['validation']))} texts to choose the epoch with."
        )
    if recipe.class_weights:
        st.markdown("In the loss **every class counts the same** (step Balance).")
    machine = preflight.read_machine(runs_folder())
    expected = None
    if machine is None:
        wait_for_measurement()
    else:
        expected = estimate(recipe, models.configs()[recipe.model], train, others, machine)
        st.markdown(
            f"Should take at most **{duration(expected.seconds)}** and **{bytes_text(expected.bytes)}** of memory; "
            f"less if {'fewer passes do' if recipe.is_solved else 'it stops early'}."
        )
        preflight.measure_again(runs_folder(), machine)
        if machine.busy:
            st.caption("Rough: this machine was busy when its speed was measured, so it may well be faster.")
        check_memory(expected.bytes)
    st.button(
        "Start training",
        type="primary",
        icon=":material/model_training:",
        disabled=not draft.owner,
        on_click=start,
        args=(state, draft, recipe, expected),
    )
    if said := runs.take_error():
        st.error(plain(said))


def lengths_of(recipe: ClassifierRecipe, whole: dict[str, NDArray[np.int64]]) -> tuple[list[int], list[int]]:
    """Tokens that are read of each text of the training part, and of the others.

    whole  part -> the tokens of its texts
    """
    context = models.configs()[recipe.model].context_length
    read = {part: (n + recipe.opening).clip(1, min(recipe.max_length or context, context)) for part, n in whole.items()}
    return read["train"].tolist(), [*read["validation"].tolist(), *read["test"].tolist()]


def start(state: PageState, draft: Draft, recipe: ClassifierRecipe, expected: ClassifierEstimate | None) -> None:
    """A callback: queue the training, and note it in the draft."""

    def do() -> None:
        spec = JobSpec(
            "classify",
            draft.owner,
            title(draft, recipe),
            recipe.settings(),
            expected_seconds=expected.seconds if expected else None,
            expected_bytes=expected.bytes if expected else None,
        )
        job = runner.submit(runs_folder(), spec, part_files(draft.parts()))
        draft.add_job(job.id)
        state.set(run=job.id)

    attempt(do)


def title(draft: Draft, recipe: ClassifierRecipe) -> str:
    """What the run is called: file, model, what learns, rate."""
    random = "random " if recipe.random_start else ""
    how = f"weight decay {recipe.weight_decay:g}" if recipe.is_solved else f"rate {recipe.learning_rate:g}"
    return f"{draft.name}, {random}{recipe.model}, {TRAINED[recipe.trained].lower()}, {how}"


def runs_of(draft: Draft) -> list[Job]:
    """The runs that were started from this draft and are still there, newest first."""
    return [job for job in runs.mine(draft.owner) if job.id in draft.jobs] if draft.owner else []


def choose_run(state: PageState, jobs: list[Job], label: str, key: str, **also: str) -> Job:
    """One of several finished trainings; the steps Training, Test and Use share the choice.

    By default, of those from the same texts as the newest, the one with the lowest validation loss, random weights
    last: the newest may be a variant that was tried.

    also  other values of the page that a new choice sets
    """
    ids, wanted = [job.id for job in jobs], state.value("run", "")
    at = ids.index(wanted) if wanted in ids else ids.index(min(jobs, key=rank(jobs[0])).id)
    if len(jobs) == 1:
        st.caption(f"{label}: {plain(jobs[0].title)}")
        return jobs[0]
    st.session_state[key] = ids[at]
    titles = {job.id: job.title for job in jobs}
    st.selectbox(
        label,
        ids,
        key=key,
        format_func=titles.__getitem__,
        on_change=lambda: state.set(run=st.session_state[key], **also),
    )
    return jobs[at]


def rank(newest: Job) -> Callable[[Job], tuple[bool, bool, float]]:
    """A key for sorting: in front the same texts as the newest's, no random weights, the lowest validation loss."""

    def key(job: Job) -> tuple[bool, bool, float]:
        best = best_look(runs.events(job.folder))
        random = bool(job.spec and job.spec.settings.get("random_start"))
        return not classifiers.same_inputs(job, newest), random, comparable_loss(best) if best else math.inf

    return key


def show_runs(state: PageState, draft: Draft, own: list[Job], train: pd.DataFrame) -> None:
    """The chosen run, alive; before the first one, what guessing would reach."""
    wanted = state.value("run", "")
    if not own:
        shares = train["label"].value_counts(normalize=True)
        st.info("Nothing trained from these texts yet. The curves appear here.", icon=":material/show_chart:")
        st.markdown(
            f"Two lines to beat. A head that knows nothing has a loss near ln {len(shares)} = "
            f"**{fmt(np.log(len(shares)))}** nats a text; always saying *{plain(str(shares.index[0]))}* is right for "
            f"**{percent(float(shares.iloc[0]))}** of the training part."
        )
        return
    ids = [job.id for job in own]
    chosen = wanted if wanted in ids else ids[0]
    after = ids[ids.index(chosen) + 1 : ids.index(chosen) + 2]
    over = after if after and state.toggle("previous", "Lay the run before over it", False) else []
    live(draft.owner, [chosen, *over], "classifier-curves")
    st.caption(
        "Thin: loss of each batch before its step. Thick blue: up to 500 training texts, dashed orange: the validation "
        "part, before the first step and after each epoch, or every five passes. Drag to move, Shift and wheel to zoom."
    )


def list_of_runs(state: PageState, own: list[Job]) -> None:
    """All runs of this draft as a table; a click shows one above."""
    if not own:
        return
    st.subheader("Runs of this draft", anchor=False)
    rows, weighted = [], any(map(runs.weighted, own))
    for job in own:
        told = runs.events(job.folder)
        best, seen = best_look(told) or {}, progress(told)
        rows.append(
            {
                "run": job.title,
                "state": runs.STATUS[job.state.status][0],
                "after epoch or pass": best["epoch"] + 1 if best else None,
                "validation accuracy": best.get("val_accuracy"),
                "validation loss": comparable_loss(best) if best else None,
                **({"weighted": best.get("val_loss") if runs.weighted(job) else None} if weighted else {}),
                "worked for": duration(seen.seconds),
                "estimated": duration(job.spec.expected_seconds) if job.spec and job.spec.expected_seconds else "",
                "asked": when(job.spec.created if job.spec else None),
            }
        )
    ids = [job.id for job in own]

    def clicked() -> None:
        picked = st.session_state["classifier-runs"].selection.rows
        if picked and picked[0] < len(ids):
            state.set(run=ids[picked[0]])

    st.dataframe(
        pd.DataFrame(rows),
        hide_index=True,
        key="classifier-runs",
        on_select=clicked,
        selection_mode="single-row",
        placeholder="",
        column_config={
            "after epoch or pass": st.column_config.NumberColumn(help="the one that is kept"),
            "validation loss": st.column_config.NumberColumn(format="%.3f", help="nats a text, every text alike"),
            "weighted": st.column_config.NumberColumn(format="%.3f", help="the same loss, every class alike"),
            "validation accuracy": st.column_config.NumberColumn(format="percent"),
        },
    )
    if weighted:
        st.caption(
            "**validation loss** counts every text the same in every row, so rows compare. **weighted** is what a "
            "training with class weights makes small, and chooses an epoch by if it does; beside a training without "
            "weights it says nothing."
        )
    there = find("runs")
    st.page_link(there.path, label="All your runs: compare, log, download, delete", icon=there.icon)


def cells(draft: Draft, recipe: ClassifierRecipe) -> list[str]:
    """The same training as a program; over our own messages where the texts are the reader's own."""
    given = ", ".join(f"{name}={value!r}" for name, value in recipe.settings().items())
    return [
        "from engine.datasets.labelled import load_messages, random_split\n"
        "from engine.finetune.fitting import Evaluation, Fit\nfrom engine.finetune.recipe import ClassifierRecipe\n"
        "from engine.weights.by_name import load_by_name\n\n"
        "# Put your own table with the columns text and label here, and your own split.\n"
        "parts = dict(zip(('train', 'validation', 'test'), random_split(load_messages()[:200], 0.7, 0.1)))\n"
        "classes = sorted(parts['train']['label'].unique())\n"
        "data = {name: (list(p['text']), [classes.index(c) for c in p['label']]) for name, p in parts.items()}\n"
        f"recipe = ClassifierRecipe({given})\nprint({{name: len(p) for name, p in parts.items()}}, classes)",
        "model, tokenizer = load_by_name(recipe.model)\nfit = Fit(model, tokenizer, data, classes, recipe)\n"
        "for event in fit:\n    if isinstance(event, Evaluation):\n"
        "        print(event.epoch, event.train_loss, event.val_loss, event.val_accuracy)",
        "print(fit.classifier.classify(['You have won a prize, reply now', 'See you at eight']))",
    ]
