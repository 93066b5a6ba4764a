"""Step 1, data: where the texts come from, how the file was read, and what the doctor finds in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from engine.datasets.reading import ENCODINGS
from engine.datasets.sheet import DELIMITERS
from ui.code import show_code

if TYPE_CHECKING:
    from engine.finetune.draft import Draft
    from ui.share import PageState


def show(state: PageState, draft: Draft) -> None:
    """The step on the page."""
    table, _ = draft.repaired()
    sheet, reading = draft.sheet(), draft.reading()
    st.markdown(f"{draft.name}: {ENCODINGS[reading.encoding]}, {DELIMITERS[sheet.delimiter]}, {len(table):,} rows.")
    st.dataframe(table, hide_index=True, height=300)
    show_code(
        "from engine.datasets.reading import read_text\nfrom engine.datasets.sheet import guess_columns, read_sheet, "
        "take_columns\nfrom engine.datasets.labelled import MESSAGES\n\nsheet = read_sheet("
        "read_text(MESSAGES.read_bytes()).text)\ntable = take_columns(sheet, guess_columns(sheet))\nprint(table)",
        "classifier_data",
    )
