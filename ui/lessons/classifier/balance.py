"""Step 2, balance: how many rows of each class are used, what evening them out costs, and weights in the loss."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from engine.datasets.finding import some
from engine.datasets.labelled import BOOK_SEED
from engine.datasets.splitting import class_weights
from engine.errors import InputError
from engine.finetune.tables import checked
from ui.code import show_code
from ui.figures.labelled import class_bars
from ui.labels import short
from ui.lesson import friendly_errors, plain
from ui.lessons.classifier import doctor, settings
from ui.lessons.classifier.steps import attempt, hold
from ui.numbers import count, fmt, percent

if TYPE_CHECKING:
    from engine.finetune.draft import Draft
    from ui.share import PageState

HOW = {"none": "As they come", "undersample": "All parts", "training": "Training part"}
SAID = {
    "none": "Every row is used, however uneven the classes are.",
    "undersample": "Undersampling, as in the notes: rows are dropped at random until every class is as small as the "
    "smallest, before anything is split. The test part is balanced too, unlike what will come in use.",
    "training": "The same, after the split and in the training part alone: validation and test keep the classes as "
    "they come, so their accuracy is that of real use.",
}
WEIGHTS = {False: "Every text the same", True: "Every class the same"}
WEIGHED = {
    False: "The loss of a batch is the mean over its texts: the more texts a class has, the more it has to say.",
    True: "The loss of a text is multiplied by the weight of its class (below). No row is dropped; each text of a rare "
    "class pulls harder.",
}
MANY_BARS, MOST_WEIGHTS = 12, 8


def show(state: PageState, draft: Draft) -> None:
    """The step on the page."""
    table = checked(draft.repaired()[0])
    before = counts_of(table)
    left, right = st.columns([1, 2.1], gap="medium")
    with left, friendly_errors():
        controls(draft, max(before.values()))
        st.caption(SAID[draft.balance.how])
        settings.choice(draft, "class_weights", "What counts in the loss", WEIGHTS)
        st.caption(WEIGHED[draft.recipe.class_weights])
    with right, friendly_errors():
        used = rows_used(draft)
        after = counts_of(used)
        frame, spec = class_bars(before, after if after != before else None, state.value("only", ""))

        def clicked() -> None:
            picked = st.session_state["classifier-balance"].selection.get("pick") or [{}]
            state.set(only=str(picked[0].get("name", "")))

        box = st.container(height=420, border=False) if len(before) > MANY_BARS else st.container()
        box.vega_lite_chart(
            frame, spec, key="classifier-balance", on_select=clicked, selection_mode="pick", alt="Rows of each class"
        )
        st.caption("Rows of each class that are used; pale: those there are. Click a class to see which rows are.")
        st.markdown(said(before, after))
        show_rows(state, table, used)
    with friendly_errors():
        show_weights(draft)
    show_numbers(draft)
    show_code(cells(draft), "classifier_balance")


def controls(draft: Draft, largest: int) -> None:
    """How to balance, at most how many rows a class, and which are drawn."""
    balance = draft.balance
    hold("classifier.balance-how", balance.how)
    st.segmented_control(
        "Even out",
        list(HOW),
        key="classifier.balance-how",
        format_func=HOW.__getitem__,
        required=True,
        wrap=True,
        on_change=write,
        args=(draft, "how"),
    )
    hold("classifier.balance-most", min(balance.most, largest))
    st.number_input(
        "Rows of a class at most, 0: any number",
        0,
        largest,
        key="classifier.balance-most",
        on_change=write,
        args=(draft, "most"),
    )
    hold("classifier.balance-seed", balance.seed)
    st.number_input(
        f"Seed, the notes': {BOOK_SEED}",
        0,
        2**31 - 1,
        key="classifier.balance-seed",
        on_change=write,
        args=(draft, "seed"),
    )


def write(draft: Draft, name: str) -> None:
    """A callback: one field of the balance into the draft."""
    value = st.session_state[f"classifier.balance-{name}"]
    attempt(lambda: draft.update(balance=replace(draft.balance, **{name: value})))


def counts_of(table: pd.DataFrame) -> dict[str, int]:
    """Rows of each class."""
    return {str(name): int(n) for name, n in table["label"].value_counts().items()}


def rows_used(draft: Draft) -> pd.DataFrame:
    """The rows that are used, whatever part they are in."""
    return pd.concat(draft.parts().values()) if draft.balance.how == "training" else draft.table()


def said(before: dict[str, int], after: dict[str, int]) -> str:
    """What was dropped, and what a model that always gives one answer reaches before and after."""
    largest, smallest = max(before, key=before.__getitem__), min(before, key=before.__getitem__)
    all_before, all_after = sum(before.values()), sum(after.values())
    top = max(after, key=after.__getitem__)
    start = (
        f"The smallest class, {plain(short(smallest, 40))}, has {some(before[smallest], 'row')}, the largest, "
        f"{plain(short(largest, 40))}, {count(before[largest])}. Always answering {plain(short(largest, 40))} is right "
        f"for {count(before[largest])} / {count(all_before)} = **{percent(before[largest] / all_before)}** of all"
    )
    if after == before:
        return f"{start}."
    return (
        f"{start}; of the rows that are used, always answering {plain(short(top, 40))} for {count(after[top])} / "
        f"{count(all_after)} = **{percent(after[top] / all_after)}**. That costs "
        f"**{count(all_before - all_after)}** rows, {percent(1 - all_after / all_before)} of all."
    )


def show_rows(state: PageState, table: pd.DataFrame, used: pd.DataFrame) -> None:
    """The rows of the clicked class, and which of them are used."""
    only = state.value("only", "")
    rows = table[table["label"] == only][: doctor.MOST_ROWS]
    if rows.empty:
        return
    shown = doctor.readable(rows[["row", "text"]]).assign(used=rows["row"].isin(used["row"]))
    st.dataframe(shown, hide_index=True, height=220, key="classifier-balance-rows")


def show_weights(draft: Draft) -> None:
    """The weight of each class in the loss, worked out, and what it does to the answers."""
    rows = counts_of(draft.parts()["train"])
    weights = dict(zip(rows, class_weights(list(rows.values())), strict=True))
    if max(rows.values()) == min(rows.values()):
        st.markdown("Every class has as many rows to learn from, so weights in the loss would all be 1.")
        return
    st.subheader("Weights in the loss", anchor=False)
    n, c = sum(rows.values()), len(rows)
    told = [
        f"*{plain(short(name, 30))}* {count(n)} / ({c} × {count(rows[name])}) = **{fmt(weight)}**"
        for name, weight in sorted(weights.items(), key=lambda pair: pair[1])
    ]
    listed = "; ".join(told if c <= MOST_WEIGHTS else [*told[: MOST_WEIGHTS // 2], "…", *told[-(MOST_WEIGHTS // 2) :]])
    chosen = draft.recipe.class_weights
    st.markdown(
        f"{'Chosen' if chosen else 'Not chosen now. If every class is to count the same'}: a text's loss times "
        f"N / (C · n), with N = {count(n)} rows to learn from, C = {c} classes and n rows of its own class. {listed}. "
        f"Times n each of these is {fmt(n / c)}: no class has more of a say than another, and a text still counts 1 on "
        "average."
    )
    st.markdown(
        "What it costs: the probabilities come out as if all classes were equally common. More of the rare ones are "
        "found, and more of the common ones are taken for them; the step Test shows both as recall and precision, and "
        "a threshold in the step Use can take some of it back. Where an epoch is chosen, it is by this loss."
    )


def show_numbers(draft: Draft) -> None:
    """Which number stands for which class."""
    try:
        classes = draft.classes
    except InputError:
        return
    pairs = ", ".join(f"{plain(short(name, 30))} → **{number}**" for number, name in enumerate(classes))
    st.markdown(f"The loss counts outputs, so each class gets a number, in the order of their names: {pairs}.")


def cells(draft: Draft) -> list[str]:
    """The same as a program over our own messages."""
    b = draft.balance
    return [
        "from engine.datasets.labelled import create_balanced_dataset, load_messages\n\n"
        "table = load_messages()  # or your own, with the columns text and label\n"
        "print(table['label'].value_counts())\n\n"
        f"balanced = create_balanced_dataset(table, 'label', seed={b.seed})\n"
        "print(balanced['label'].value_counts())",
        "from engine.datasets.splitting import Balance, balance_table\n\n"
        f"used = balance_table(table, Balance({b.how!r}, most={b.most}, seed={b.seed}))\n"
        "numbers = {name: number for number, name in enumerate(sorted(used['label'].unique()))}\n"
        "print(len(used), numbers)",
    ]
