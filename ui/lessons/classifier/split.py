"""Step 3, split: the rows to learn from, to choose with and to test on, and whether any of them says too much."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from engine.datasets.splitting import PARTS, leaked
from engine.finetune.parts import part_csv
from ui.code import show_code
from ui.figures.labelled import PART_NAMES, part_bars
from ui.lesson import friendly_errors
from ui.lessons.classifier import doctor
from ui.lessons.classifier.balance import counts_of
from ui.lessons.classifier.steps import attempt, hold
from ui.numbers import count, fmt, percent

if TYPE_CHECKING:
    from engine.finetune.draft import Draft
    from ui.share import PageState

HOW = {"stratified": "Stratified", "group": "By group", "random": "Random"}
SAID = {
    "stratified": "Each class is cut in these shares by itself, so every part has the same mix.",
    "group": "Rows with the same entry in the group column stay in one part, so the test holds only new ones.",
    "random": "As in the notes: all rows are shuffled with the seed 123 and cut twice. The mix of classes is left to "
    "chance, and look-alikes may be torn apart.",
}
MANY_BARS = 10
FAR_OFF = 0.03  # of all rows, between the part asked for and the part there is


def show(state: PageState, draft: Draft) -> None:
    """The step on the page."""
    left, right = st.columns([1, 2.1], gap="medium")
    with left, friendly_errors():
        controls(draft)
        st.caption(SAID[draft.split.how])
    with right, friendly_errors():
        parts = draft.parts()
        show_parts(state, draft, parts)
        st.markdown(arithmetic(draft, parts))
        if told := lumps(draft, parts):
            st.markdown(told)
    with friendly_errors():
        show_leaks(draft)
        show_part(state, draft.parts())
    show_code(cells(draft), "classifier_split")


def controls(draft: Draft) -> None:
    """How to cut, the shares, and what must not be torn apart."""
    split = draft.split
    choices = HOW if draft.columns().group or split.how == "group" else {k: v for k, v in HOW.items() if k != "group"}
    hold("classifier.split-how", split.how)
    st.segmented_control(
        "Split",
        list(choices),
        key="classifier.split-how",
        format_func=HOW.__getitem__,
        required=True,
        wrap=True,
        on_change=write,
        args=(draft, "how"),
    )
    hold("classifier.split-shares", (round(100 * split.train), round(100 * (split.train + split.validation))))
    st.slider(
        "Training ends, validation ends, % of the rows",
        1,
        99,
        key="classifier.split-shares",
        on_change=write_shares,
        args=(draft,),
    )
    if split.how != "random":
        hold("classifier.split-together", split.together)
        st.toggle(
            "Keep look-alikes in one part",
            key="classifier.split-together",
            on_change=write,
            args=(draft, "together"),
        )
        hold("classifier.split-seed", split.seed)
        st.number_input("Seed", 0, 2**31 - 1, key="classifier.split-seed", on_change=write, args=(draft, "seed"))


def write(draft: Draft, name: str) -> None:
    """A callback: one field of the split into the draft."""
    value = st.session_state[f"classifier.split-{name}"]
    attempt(lambda: draft.update(split=replace(draft.split, **{name: value})))


def write_shares(draft: Draft) -> None:
    """A callback: both shares into the draft; what leaves a part empty is said and changes nothing."""
    first, second = st.session_state["classifier.split-shares"]
    shares = {"train": first / 100, "validation": (second - first) / 100}
    attempt(lambda: draft.update(split=replace(draft.split, **shares)))


def show_parts(state: PageState, draft: Draft, parts: dict[str, pd.DataFrame]) -> None:
    """The bars of the classes in the parts; a click chooses a part to read below."""
    split = draft.split
    frame, spec = part_bars(
        {name: counts_of(rows) for name, rows in parts.items()}, [split.train, split.train + split.validation]
    )

    def clicked() -> None:
        picked = st.session_state["classifier-parts"].selection.get("pick") or [{}]
        state.set(part=str(picked[0].get("part", PARTS[0])))

    tall = len(draft.classes) > MANY_BARS
    box = st.container(height=420, border=False) if tall else st.container()
    box.vega_lite_chart(
        frame,
        spec,
        key="classifier-parts",
        on_select=clicked,
        selection_mode="pick",
        alt="For each class the shares of its rows in training, validation and test",
    )
    st.caption("Numbers are rows, dashed lines the shares asked for. Click a part to read its texts below.")


def arithmetic(draft: Draft, parts: dict[str, pd.DataFrame]) -> str:
    """How the numbers of rows come about, and how far the mix of a part is off."""
    split, numbers = draft.split, {name: len(rows) for name, rows in parts.items()}
    total = len(draft.table())
    if split.how == "random":
        first, second = int(total * split.train), int(total * split.validation)
        told = (
            f"int({count(total)} · {fmt(split.train)}) = {count(first)} rows to learn from, int({count(total)} · "
            f"{fmt(split.validation)}) = {count(second)} to choose with, and what is left, "
            f"{count(total - first - second)}, to test on."
        )
    else:
        told = ", ".join(f"{PART_NAMES[name]} **{count(n)}**" for name, n in numbers.items())
        told = f"Of {count(total)} rows: {told}."
    whole = draft.table()["label"].value_counts(normalize=True)
    off = {
        name: (rows["label"].value_counts(normalize=True).reindex(whole.index, fill_value=0) - whole).abs().max()
        for name, rows in parts.items()
        if not (name == "train" and draft.balance.how == "training")
    }
    worst = max(off, key=off.__getitem__)
    told += f" The share of a class in a part is at most {fmt(100 * off[worst])} points off that of all rows."
    if draft.balance.how == "training":
        told += f" The training part was then evened out, to {count(numbers['train'])} rows."
    return told


def lumps(draft: Draft, parts: dict[str, pd.DataFrame]) -> str:
    """Why the parts are far from the shares asked for, where a piece that stays together is larger than one of them."""
    split, total = draft.split, len(draft.table())
    asked = {"validation": split.validation, "test": 1 - split.train - split.validation}
    off = max(abs(len(parts[name]) / total - share) for name, share in asked.items())
    if off < FAR_OFF or draft.largest_unit <= total * min(asked.values()):
        return ""
    kept = ["has another's entry in the group column"] * (split.how == "group")
    kept += ["is nearly the same as another"] * split.together
    told = (
        f":material/warning: **{count(draft.largest_unit)}** of the {count(total)} rows hang together: each "
        f"{' or '.join(kept)}. They all go into one part, so the shares asked for cannot be had, "
        "and what is left for the other parts may be of few kinds."
    )
    return f"{told} Leave look-alikes out in the step Data, and look again." if split.together else told


def show_leaks(draft: Draft) -> None:
    """Rows of validation and test that a row of training gives away, by their text or by their group."""
    st.subheader("Does the test know too much?", anchor=False)
    found, parts = draft.leaks(), draft.parts()
    others = len(parts["validation"]) + len(parts["test"])
    if found.empty:
        st.markdown(
            f":material/check: None of the {count(others)} rows of validation and test is nearly the same as one of "
            "training."
        )
    else:
        st.markdown(
            f":material/warning: **{count(len(found))}** of the {count(others)} rows of validation and test "
            f"({percent(len(found) / others)}) are nearly the same as one of training: *twin* is its row. The model "
            "may know their answers by heart, so both scores come out too good. Keep look-alikes in one part, or "
            "leave them out in the step Data."
        )
        texts = draft.repaired()[0].set_index("row")["text"]
        shown = found[: doctor.MOST_ROWS]
        shown = shown.assign(**{"text of the twin": texts.loc[shown["twin"]].to_numpy()})
        order = ["part", "row", "text", "label", "twin", "text of the twin"]
        st.dataframe(doctor.readable(shown[order]), hide_index=True, height=220, key="classifier-leaks")
    table = draft.repaired()[0]
    if "group" in table:
        told = table[table["group"].str.strip() != ""]
        rows = leaked(parts, pd.Series(told["group"].to_numpy(), index=told["row"]))
        sign = ":material/check:" if rows.empty else ":material/info:"
        st.markdown(
            f"{sign} **{count(len(rows))}** of them have the same {draft.columns().group} as a row of training"
            + ("." if rows.empty else ". Will it be used on new ones? Then split by group: the test has only new ones.")
        )


def show_part(state: PageState, parts: dict[str, pd.DataFrame]) -> None:
    """The texts of one part."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        part = state.choice("part", "Texts of the part", list(PARTS), PARTS[0], labels=PART_NAMES)
        st.download_button(
            f"{part}.csv",
            data=lambda: part_csv(parts[part]),
            file_name=f"{part}.csv",
            mime="text/csv",
            key="classifier-part-csv",
            on_click="ignore",
            icon=":material/download:",
            help="The notes keep the three parts as CSV files too. Cells that a spreadsheet would run as a formula get "
            "an apostrophe before them.",
        )
    rows = parts[part][: doctor.MOST_ROWS]
    st.dataframe(doctor.readable(rows), hide_index=True, height=220, key="classifier-part")
    if len(rows) < len(parts[part]):
        st.caption(f"The first {count(len(rows))} of {count(len(parts[part]))}.")


def cells(draft: Draft) -> list[str]:
    """The same as a program over our own messages."""
    split = draft.split
    how = "stratified" if split.how == "group" else split.how
    return [
        "from engine.datasets.labelled import load_messages, random_split\n\n"
        "table = load_messages()  # or your own, with the columns text and label\n"
        f"train, validation, test = random_split(table, {split.train:g}, {split.validation:g})  # the notes' way\n"
        "print(len(train), len(validation), len(test))",
        "from engine.datasets.alike import clusters\nfrom engine.datasets.splitting import Split, split_table\n\n"
        f"split = Split({how!r}, {split.train:g}, {split.validation:g}, together={split.together}, seed={split.seed})\n"
        "parts = split_table(table, split, clusters(list(table['text'])))\n"
        "for name, rows in parts.items():\n"
        "    print(name, rows['label'].value_counts().to_dict())\n"
        "    # rows.to_csv(f'{name}.csv', index=False) keeps them for later, as in the notes",
    ]
