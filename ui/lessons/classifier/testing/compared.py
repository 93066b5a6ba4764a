"""Side by side on the same messages: the classifier, counting words, random weights, always the commonest class."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import streamlit as st

from engine.errors import InputError
from engine.evaluation.classification import Answers, majority, pair
from ui.figures.classifier_testing import shares
from ui.lesson import friendly_errors
from ui.lessons.classifier.testing import variants
from ui.lessons.classifier.testing.tested import inputs, read_tested, recipe_of
from ui.lessons.classifier.training import runs_of
from ui.numbers import count, fmt, percent
from ui.run_view import live

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.finetune.draft import Draft
    from engine.jobs.store import Job
    from ui.lessons.classifier.testing.tested import Tested

THIS, COUNTING = "This classifier", "TF-IDF + logistic regression"


def show(draft: Draft, job: Job, found: Tested) -> None:
    """The picture, the table, and the random model at one click."""
    parts, classes = inputs(str(job.folder))
    others: dict[str, Answers] = {}
    with friendly_errors():
        others[COUNTING] = Answers(counted(str(job.folder), recipe_of(job).class_weights), found.answers.targets)
    variant = variants.variants(recipe_of(job))[-1]
    beside = variants.find(runs_of(draft), job, variant)
    name = "The same from random weights" if variant.name == variants.RANDOM else "The same from learned weights"
    if beside and beside.state.status == "finished":
        with friendly_errors():
            others[name] = read_tested(beside).answers
    train = np.array([classes.index(label) for label in parts["train"]["label"]])
    commonest = majority(train, len(found.answers.targets), len(classes))
    others[f"Always “{classes[int(commonest[0].argmax())]}”"] = Answers(commonest, found.answers.targets)
    rows = [(THIS, found.answers.accuracy), *((name, answers.accuracy) for name, answers in others.items())]
    frame, spec = shares(rows, "right answers on the test part")
    st.vega_lite_chart(frame, spec, key="classifier-compared", alt="Accuracy of each way, with intervals")
    st.caption("Dot: right answers. Line: Wilson's 95% interval. All from the same training part and test part.")
    if beside is None or beside.state.status != "finished":
        random_model(draft, job, variant, beside)
    st.dataframe(paired_table(found.answers.right, others), hide_index=True, key="classifier-pairs",
                 column_config=COLUMNS)  # fmt: skip
    st.caption(
        "Each row compares with this classifier, message by message. Chance: how often two equally good ones would "
        "differ at least so unevenly in the messages that only one gets right (exact McNemar test); below 5% is the "
        "custom. The difference's interval comes from drawing the messages anew 2,000 times. Intervals may overlap "
        "and the difference still be clear: hard messages are hard for both."
    )
    if COUNTING in others:
        st.markdown(verdict(found, others[COUNTING]))


COLUMNS = {
    "difference": st.column_config.NumberColumn(format="percent", help="accuracy of this classifier, less the other's"),
    "from": st.column_config.NumberColumn(format="percent", help="95% interval of the difference"),
    "to": st.column_config.NumberColumn(format="percent"),
    "chance": st.column_config.NumberColumn(format="%.3g"),
}


def paired_table(right: NDArray[np.bool_], others: dict[str, Answers]) -> pd.DataFrame:
    """A row for each other way: who alone is right how often, the difference, and how sure that is."""
    rows = []
    for name, answers in others.items():
        one = pair(right, answers.right)
        rows.append(
            {
                "compared with": name,
                "only this right": one.first_only,
                "only the other": one.second_only,
                "difference": one.difference,
                "from": one.interval[0],
                "to": one.interval[1],
                "chance": one.chance,
            }
        )
    return pd.DataFrame(rows)


def of_tests(chance: float) -> str:
    """How often chance does something, in words that stay readable when that is next to never."""
    return f"{percent(chance)} of tests" if chance >= 0.001 else "fewer than one test in a thousand"


def verdict(found: Tested, other: Answers) -> str:
    """What the comparison with counting words comes to."""
    one = pair(found.answers.right, other.right)
    if one.chance < 0.05:
        which = "better" if one.difference > 0 else "worse"
        return (
            f"This classifier is {which} than counting words, by {percent(abs(one.difference))}; chance alone would do "
            f"that in {of_tests(one.chance)}."
        )
    if not one.first_only + one.second_only:
        return "Both get the very same messages right: this test does not tell which is better."
    return (
        f"Of {count(one.first_only + one.second_only)} messages that only one of the two gets right, this classifier "
        f"has {count(one.first_only)}. That may be chance ({fmt(one.chance)}): this test does not tell which is better."
    )


@st.cache_resource(max_entries=4, show_spinner="Counting words …")
def counted(folder: str, class_weights: bool) -> NDArray[np.float64]:
    """(N, C) what TF-IDF and logistic regression, fitted to the same training part, say to the test part."""
    from engine.evaluation.baseline import fit_counting_model

    parts, classes = inputs(folder)
    train = parts["train"]
    model = fit_counting_model(list(train["text"]), list(train["label"]), 2, class_weights)
    if set(model.classes) != set(classes):
        raise InputError("the counting model has other classes than this training; train it again.")
    return model.probabilities(list(parts["test"]["text"]))[:, [model.classes.index(name) for name in classes]]


def random_model(draft: Draft, job: Job, variant: variants.Variant, beside: Job | None) -> None:
    """The button that trains it, or how it stands."""
    if beside is not None:
        with st.container(border=True):
            live(draft.owner, [beside.id], "classifier-random")
        return
    label = f"Train the same from {variant.name.lower()}"
    st.button(
        label if variant.name == variants.RANDOM else "Train the same from what the model has learned",
        icon=":material/casino:",
        disabled=not draft.owner,
        on_click=variants.start,
        args=(draft, job, [variant]),
        help="Shows what pretraining is worth: the same training, without it",
    )
