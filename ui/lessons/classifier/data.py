"""Step 1, data: where the texts come from, how the file was read, and what the doctor finds in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from engine.datasets.labelled import load_messages
from ui import models
from ui.code import show_code
from ui.figures.labelled import class_bars, length_bars
from ui.labels import short
from ui.lesson import plain
from ui.lessons.classifier import doctor, reading, settings, sources
from ui.lessons.classifier.padding import token_lengths
from ui.numbers import count, fmt, percent

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from engine.finetune.draft import Draft
    from ui.share import PageState

MANY_BARS = 10
MANY_ROWS = 1_000
SHORT = 0.8  # of the characters that a token of English holds


def show(state: PageState, draft: Draft) -> None:
    """The step on the page."""
    left, right = st.columns([1, 2.1], gap="medium")
    with left:
        sources.choose(state, draft)
        reading.show(draft)
    with right:
        st.markdown(reading.said(draft))
        table, _ = draft.repaired()
        show_classes(state, table)
        show_table(state, table)
    name, recipe = models.current_name(), settings.recipe_of(draft)
    tokenizer = models.tokenizer_name(name)
    limit = models.configs()[name].context_length - recipe.opening
    doctor.show(draft, tokenizer, limit)
    doctor.rename(draft)
    show_lengths(draft.lengths(tokenizer), limit)
    if draft.source == "upload":
        say_language(table, draft.lengths(tokenizer), name)
    show_code(cells(draft), "classifier_data")


def show_classes(state: PageState, table: pd.DataFrame) -> None:
    """How many rows each class has; a click shows only its rows below."""
    counts = {str(name): int(n) for name, n in table["label"].value_counts().items()}
    if not counts:
        st.info("There are no rows left. Undo a change below, or read the file otherwise.")
        return
    frame, spec = class_bars(counts, chosen=state.value("only", ""))

    def clicked() -> None:
        picked = st.session_state["classifier-classes"].selection.get("pick") or [{}]
        state.set(only=str(picked[0].get("name", "")))

    box = st.container(height=300, border=False) if len(counts) > MANY_BARS else st.container()
    box.vega_lite_chart(
        frame, spec, key="classifier-classes", on_select=clicked, selection_mode="pick", alt="Rows of each class"
    )
    more = f" The {len(frame)} largest of {count(len(counts))} classes are drawn." if len(counts) > len(frame) else ""
    st.caption(f"Rows of each class, and their share. Click a bar to see only its rows.{more}")


def show_table(state: PageState, table: pd.DataFrame) -> None:
    """The rows as they are now."""
    only = state.value("only", "")
    shown = table[table["label"] == only] if only and only in set(table["label"]) else table
    st.dataframe(
        doctor.readable(shown) if len(shown) <= MANY_ROWS else shorter(shown),
        hide_index=True,
        height=300,
        key="classifier-data",
        lazy=len(shown) > MANY_ROWS,
        column_config={
            "row": st.column_config.NumberColumn("row", width="small", format="%d"),
            "label": st.column_config.Column(width=120),
        },
    )
    of = f"of the class {plain(short(only, 40))}, " if len(shown) < len(table) else ""
    st.caption(
        f"{count(len(shown))} rows {of}as they are now; *row* is counted in the file, its header first. "
        f"Texts longer than {doctor.LONGEST} characters are cut here, not in the data."
    )


def shorter(table: pd.DataFrame) -> pd.DataFrame:
    """A long table with its long cells cut, in a way that takes a moment even for 100,000 rows."""
    return table.assign(**{name: table[name].str.slice(0, doctor.LONGEST) for name in table.columns if name != "row"})


def show_lengths(lengths: NDArray[np.int64], limit: int) -> None:
    """How many tokens the texts have, and what the model would not read of them."""
    if not len(lengths):
        return
    st.subheader("How long the texts are", anchor=False)
    frame, spec = length_bars(lengths, limit)
    st.vega_lite_chart(frame, spec, key="classifier-token-lengths", alt="How many texts have how many tokens")
    cut = lengths > limit
    lost = int((lengths[cut] - limit).sum())
    st.caption(
        f"In tokens of {plain(models.model_labels()[models.current_name()])}. Half of the texts have at most "
        f"{count(int(np.median(lengths)))}, 95% at most {count(int(np.percentile(lengths, 95)))}, the longest "
        f"{count(int(lengths.max()))}. The model reads {count(limit)} of a text: **{count(int(cut.sum()))}** would be "
        f"cut, losing {percent(lost / max(1, int(lengths.sum())))} of all tokens. The step Padding sets the limit."
    )


def say_language(table: pd.DataFrame, lengths: NDArray[np.int64], model: str) -> None:
    """A word about texts that fall into shorter tokens than English does."""
    if not len(lengths):
        return
    usual = characters_a_token(model)
    here = table["text"].str.len().sum() / max(1, lengths.sum())
    if here < SHORT * usual:
        st.caption(
            f":material/translate: A token of these texts holds {fmt(here)} characters on average, one of our English "
            f"messages {fmt(usual)}. So the model has read little like them; the step Test shows whether counting "
            "words does as well."
        )


@st.cache_data(max_entries=8, show_spinner=False)
def characters_a_token(model: str) -> float:
    """Of our English messages, by this model's tokenizer."""
    own = load_messages()["text"]
    return float(own.str.len().sum() / token_lengths(model, list(own)).sum())


def cells(draft: Draft) -> list[str]:
    """The same reading, repairs and findings as a program."""
    c = draft.choices
    path, more = "MESSAGES", "from engine.datasets.labelled import MESSAGES\n"
    if draft.source == "sms":
        path = f'downloads_folder() / "datasets" / {sources.SMS.file!r}'
        more = "from engine.weights.catalog import downloads_folder\n"
    elif draft.source == "upload":
        path, more = f"Path({draft.name!r})", "from pathlib import Path\n"
    cells_, columns = draft.sheet(), draft.columns()
    return [
        f"{more}from engine.datasets.reading import read_text\n"
        "from engine.datasets.sheet import Columns, read_sheet, settle_surplus, take_columns\n\n"
        f"reading = read_text(({path}).read_bytes(), encoding={c.encoding!r})\n"
        f"sheet = read_sheet(reading.text, {cells_.delimiter!r}, header={cells_.header}, quotes={c.quotes})\n"
        f"columns = Columns({columns.text!r}, {columns.label!r}, {columns.group!r})\n"
        f"table = take_columns(settle_surplus(sheet, {c.surplus!r}, columns.text), columns)",
        "from engine.datasets.alike import clusters\nfrom engine.datasets.doctor import examine_table\n"
        "from engine.datasets.doctor_file import examine_file\nfrom engine.datasets.repairs import repair\n\n"
        f"table, done = repair(table, {c.repairs!r}, {c.names!r})\n"
        f"findings = examine_file(reading, sheet, columns, {c.surplus!r})\n"
        "findings += examine_table(table, clusters(list(table['text'])), {})\n"
        "for finding in findings:\n    print(finding.level, finding.title, finding.rows[:10])\ntable",
    ]
