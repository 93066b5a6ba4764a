"""Where it fails: the confusion matrix and the messages in a cell, the worst mistakes, short and long texts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from engine.evaluation.classification import by_length, groups_chance
from ui.figures.classifier_testing import confusion_map, shares
from ui.figures.matrix import picked_cell
from ui.lesson import plain
from ui.lessons.classifier.padding import token_lengths
from ui.lessons.classifier.testing.compared import of_tests
from ui.lessons.classifier.testing.tested import MOST_SHOWN, TRUTH, recipe_of
from ui.numbers import count, percent
from ui.picks import number_of

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from engine.jobs.store import Job
    from ui.lessons.classifier.testing.tested import Tested
    from ui.share import PageState

KEY = "classifier-confusion"


def message_list(
    found: Tested, places: NDArray[np.int64], key: str, height: int = 320, leave_out: tuple[str, ...] = ()
) -> None:
    """Messages as a table that scrolls; the first 200 of many."""
    table: pd.DataFrame = found.table(places).drop(columns=list(leave_out))
    st.dataframe(
        table,
        hide_index=True,
        height=min(height, 38 + 36 * max(1, len(table))),
        key=key,
        column_config={
            "message": st.column_config.TextColumn(width="large"),
            TRUTH: st.column_config.NumberColumn(
                format="percent", width="small", help="the probability that the class it really is got"
            ),
            "row": st.column_config.NumberColumn(help="in your file", width="small"),
        },
    )
    if len(places) > MOST_SHOWN:
        st.caption(f"The first {MOST_SHOWN} of {count(len(places))}.")


def show_confusion(state: PageState, _: Job, found: Tested) -> None:
    """Click a cell, read its messages."""
    confusion = found.answers.confusion
    cell = read_cell(state.value("cell", ""), len(found.classes)) or busiest(confusion)

    def clicked() -> None:
        if picked := picked_cell(st.session_state[KEY]):
            state.set(cell=f"{picked[0]}-{picked[1]}")

    left, right = st.columns([1, 1.3], gap="medium")
    with left:
        frame, spec = confusion_map(confusion, found.classes, cell)
        alt = "Confusion matrix: messages by their class and the class given"
        st.vega_lite_chart(frame, spec, key=KEY, on_select=clicked, selection_mode="pick", alt=alt)
        st.caption("Right answers are on the diagonal. Click a cell to read its messages.")
    truth, given = (plain(found.classes[i] or "(empty)") for i in cell)
    places = np.flatnonzero((found.answers.targets == cell[0]) & (found.answers.given == cell[1]))
    with right:
        called = f"{'rightly' if cell[0] == cell[1] else 'wrongly'} called *{given}*"
        are, were = ("message is", "was") if len(places) == 1 else ("messages are", "were")
        st.markdown(f"**{count(len(places))}** {are} *{truth}* and {were} {called}.")
        if len(places):
            order = np.argsort(found.answers.truth[places], kind="stable")
            message_list(found, places[order], "classifier-cell", leave_out=("is", "given"))


def read_cell(text: str, classes: int) -> tuple[int, int] | None:
    """A cell as the link has it, 0-1; None when there is no such cell."""
    row, column = (number_of(part, classes - 1, -1) for part in (text.partition("-")[::2]))
    return None if -1 in (row, column) else (row, column)


def busiest(confusion: NDArray[np.int64]) -> tuple[int, int]:
    """The cell with the most wrong answers; the first one when nothing is wrong."""
    wrong = confusion - np.diag(np.diag(confusion))
    row, column = divmod(int(wrong.argmax()), len(confusion))
    return row, column


def show_worst(_: PageState, __: Job, found: Tested) -> None:
    """Wrong answers, the surest first."""
    places = found.answers.worst()
    if not len(places):
        st.success("Not one message of the test part is answered wrongly.")
        return
    st.markdown(
        f"**{count(len(places))}** wrong answers; on top those where the right class got the least probability. Read "
        "them: some are hard, some show what the training lacked, and some have a wrong label in the file."
    )
    message_list(found, places, "classifier-worst", 460)


def show_length(_: PageState, job: Job, found: Tested) -> None:
    """Accuracy in groups of texts of like length."""
    recipe = recipe_of(job)
    lengths = token_lengths(recipe.model, list(found.texts["text"]))
    groups = by_length(found.answers.right, lengths)
    rows = [
        (f"{count(g.low)}{f' to {count(g.high)}' * (g.low < g.high)} tokens ({count(g.accuracy.total)})", g.accuracy)
        for g in groups
    ]
    frame, spec = shares(rows, "right answers", chosen=-1)
    st.vega_lite_chart(frame, spec, key="classifier-by-length", alt="Accuracy of short and long messages")
    st.caption("From the shortest messages to the longest; in brackets, how many such there are. Line: 95% interval.")
    if len(groups) < 2:
        return
    chance = groups_chance([g.accuracy for g in groups])
    best, worst = (pick(groups, key=lambda g: g.accuracy.share) for pick in (max, min))
    st.markdown(
        f"Best from {count(best.low)} to {count(best.high)} tokens ({percent(best.accuracy.share)}), worst from "
        f"{count(worst.low)} to {count(worst.high)} ({percent(worst.accuracy.share)}). Were the same right and wrong "
        f"answers dealt out by chance, groups of these sizes would differ at least as much in **{of_tests(chance)}**: "
        + (
            "so some lengths are harder, or what is said in messages of such a length."
            if chance < 0.05
            else "so this test does not show that length matters."
        )
    )
