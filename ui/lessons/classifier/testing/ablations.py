"""One thing changed at a time, each a training of its own over the same texts; results fill a table as they come."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from engine.datasets.doctor_classes import UNEVEN
from engine.errors import GlassboxError
from engine.evaluation.classification import pair
from engine.jobs.metrics import comparable_loss, duration, progress
from ui import runs
from ui.figures.classifier_testing import shares
from ui.figures.classifier_training import best_look
from ui.lessons.classifier.head import READS, TRAINED
from ui.lessons.classifier.testing import variants
from ui.lessons.classifier.testing.compared import of_tests
from ui.lessons.classifier.testing.tested import inputs, read_tested, recipe_of
from ui.lessons.classifier.training import runs_of
from ui.numbers import count, fmt, percent

if TYPE_CHECKING:
    from engine.evaluation.metrics import Accuracy
    from engine.finetune.draft import Draft
    from engine.jobs.store import Job
    from ui.lessons.classifier.testing.tested import Tested
    from ui.lessons.classifier.testing.variants import Variant
    from ui.share import PageState

LOOK_EVERY = 2.0  # seconds
OWN_TOKENS = (
    "This training reads only the texts' own tokens, and these never see a pad, which comes after them: padding would "
    "change nothing but the time. So what padding does is tried where it is read, at the last place, beside the last "
    "token without padding."
)
COLUMNS = {
    name: st.column_config.NumberColumn(format="percent", help=says)
    for name, says in {
        "test accuracy": "on the same test messages",
        "difference": "less the accuracy of the training looked at",
        "test, balanced": "of each class the share that is right, and the mean of these",
        "validation accuracy": "of the weights that are kept",
        "validation, balanced": "the same mean of the validation part",
    }.items()
} | {
    "chance": st.column_config.NumberColumn(format="%.3g", help="McNemar's test of the difference"),
    "validation loss": st.column_config.NumberColumn(format="%.3f", help="nats a text, every text alike; what is kept"),
}


def show(_: PageState, draft: Draft, job: Job, found: Tested) -> None:
    """Buttons for what is not trained yet, the picture and the table."""
    recipe = recipe_of(job)
    offered = variants.variants(recipe, uneven(str(job.folder)))
    st.markdown(
        f"This training: **{READS[recipe.reads].lower()}** is read, **{TRAINED[recipe.trained].lower()}** learns. Each "
        "button trains once more from the very same texts, with **one** thing changed and all else, rate and epochs "
        "too, as it is."
    )
    jobs = runs_of(draft)
    done = [(variant, variants.find(jobs, job, variant)) for variant in offered]
    missing = [variant for variant, other in done if other is None]
    buttons(draft, job, missing)
    if said := st.session_state.pop(variants.QUEUED, ""):
        st.info(said)
    before = [other.state.status if other else "" for _, other in done]
    open_now = any(other and runs.is_open(other) for _, other in done)

    @st.fragment(run_every=LOOK_EVERY if open_now else None)
    def draw() -> None:
        fresh = {one.id: one for one in runs_of(draft)}
        now = [(variant, fresh.get(other.id) if other else None) for variant, other in done]
        if [other.state.status if other else "" for _, other in now] != before:
            st.rerun()  # buttons and the choice of trainings change too
        table(job, found, now)

    draw()
    st.caption(
        "Which change is better is for the validation columns to say: who chooses by the test part makes its number "
        "too good. One seed and one rate: another rate may suit other layers better."
    )
    if any(variant.about == "loss" for variant in offered):
        st.caption(
            "**Loss.** A training in which every class counts the same makes a weighted loss small, and chooses an "
            "epoch by it if it does. *Validation loss* counts every text alike in all rows, so they compare; what such "
            "a training wins is in the balanced accuracies."
        )


def uneven(folder: str) -> bool:
    """Whether the training part's classes are what the doctor calls uneven."""
    rows = inputs(folder)[0]["train"]["label"].value_counts()
    return bool(rows.max() >= UNEVEN * rows.min())


def buttons(draft: Draft, job: Job, missing: list[Variant]) -> None:
    """One for each variant that has no run, and one for all."""
    if not missing:
        return
    with st.container(horizontal=True):
        st.button(
            f"Train all {count(len(missing))}",
            type="primary",
            icon=":material/playlist_play:",
            disabled=not draft.owner,
            on_click=variants.start,
            args=(draft, job, missing),
        )
        for variant in missing:
            st.button(
                f"{variant.about}: {variant.name}",
                key=f"classifier-variant-{variant.about}-{variant.name}",
                disabled=not draft.owner,
                on_click=variants.start,
                args=(draft, job, [*(one for one in missing if one.name == variant.beside), variant]),
            )


def table(job: Job, found: Tested, now: list[tuple[Variant, Job | None]]) -> None:
    """What is known so far: accuracies as a picture, all numbers as a table."""
    results: dict[str, Tested] = {"": found}
    rows = [row("as it is", "", job, found, found)]
    picture: list[tuple[str, Accuracy]] = [("As it is", found.answers.accuracy)]
    for variant, other in now:
        result = None
        if other is not None and other.state.status == "finished":
            try:
                result = results[variant.name] = read_tested(other)
                picture.append((f"{variant.about}: {variant.name}", result.answers.accuracy))
            except GlassboxError:
                result = None  # its state says finished; the missing numbers say the rest
        rows.append(row(variant.about, variant.name, other, result, found))
    frame, spec = shares(picture, "right answers on the test part")
    st.vega_lite_chart(frame, spec, key="classifier-ablations", alt="Accuracy of each variant, with intervals")
    st.dataframe(
        pd.DataFrame(rows), hide_index=True, key="classifier-ablation-table", column_config=COLUMNS, placeholder=""
    )
    for variant, _ in now:
        if variant.about == "padding":
            st.markdown(f"**Padding or not.** {said_about_padding(variant, results)}")


def said_about_padding(variant: Variant, results: dict[str, Tested]) -> str:
    """What padding changed, where both trainings that differ in it alone are done.

    results  name of a variant -> what came of it; empty name: the training itself
    """
    told = [OWN_TOKENS] if variant.beside else []
    one, other = results.get(variant.beside), results.get(variant.name)
    if one is None or other is None:
        return " ".join([*told, f"The button *padding: {variant.name}* trains what is missing."])
    padded, plain = (one, other) if variant.recipe.padding == "none" else (other, one)
    found = pair(padded.answers.right, plain.answers.right)
    told.append(
        f"Last place, all padded to one length: **{percent(padded.answers.accuracy.share)}** of the test part; last "
        f"token, no padding: **{percent(plain.answers.accuracy.share)}**."
    )
    if found.chance < 0.05:
        which = "worse" if found.difference < 0 else "better"
        told.append(f"Reading pads is {which}; chance alone would do that in {of_tests(found.chance)}.")
    else:
        told.append(f"That may be chance ({fmt(found.chance)}): this test does not tell which is better.")
    return " ".join(told)


def row(about: str, name: str, job: Job | None, result: Tested | None, base: Tested) -> dict[str, Any]:
    """One line of the table; empty where nothing is known yet."""
    told = runs.events(job.folder) if job else []
    best = best_look(told) or {}
    accuracy = result.answers.accuracy if result else None
    one = pair(result.answers.right, base.answers.right) if result and result is not base else None
    state = runs.STATUS[job.state.status][0] if job else "not trained"
    if job and job.state.status == "failed" and job.state.sentence:
        state += f": {job.state.sentence}"
    return {
        "changed": about,
        "what": name,
        "state": state,
        "test accuracy": accuracy.share if accuracy else None,
        "difference": one.difference if one else None,
        "chance": one.chance if one else None,
        **({"test, balanced": result.answers.balanced if result else None} if base.uneven else {}),
        "validation accuracy": best.get("val_accuracy"),
        **({"validation, balanced": result.validation.balanced if result else None} if base.uneven else {}),
        "validation loss": comparable_loss(best) if best else None,
        "took": duration(progress(told).seconds) if told else "",
    }
