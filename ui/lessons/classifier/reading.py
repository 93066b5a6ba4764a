"""How a draft's file was read, and the controls that read it otherwise."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from engine.datasets.reading import ENCODINGS
from engine.datasets.sheet import DELIMITERS
from engine.errors import InputError
from engine.finetune.tables import NO_GROUP
from ui.lesson import plain
from ui.lessons.classifier.steps import change, draft_select
from ui.numbers import count

if TYPE_CHECKING:
    from engine.datasets.sheet import Columns
    from engine.finetune.draft import Draft

HEADER: dict[bool | None, str] = {True: "names the columns", False: "is data"}
QUOTES = {True: "hold a cell together", False: "are ordinary signs"}


def said(draft: Draft) -> str:
    """The file in one sentence: encoding, sign between cells, header, size. Raises InputError as the draft does."""
    reading, sheet = draft.reading(), draft.sheet()
    sure = "" if reading.sure else ", a guess"
    header = "a header" if sheet.header else "no header"
    return (
        f"**{plain(draft.name)}**: {ENCODINGS[reading.encoding]}{sure}; {DELIMITERS[sheet.delimiter]} between cells; "
        f"{header}; {count(len(sheet.cells))} rows, {count(len(sheet.names))} columns."
    )


def show(draft: Draft) -> None:
    """Which columns are used, and below them how the file was read; each can be changed and is kept in the draft."""
    try:
        sheet, columns = draft.sheet(), draft.columns()
        column_controls(draft, sheet.names, columns)
        found = (ENCODINGS[draft.reading().encoding], DELIMITERS[sheet.delimiter], HEADER[sheet.header])
    except InputError:  # said beside the controls, with which it can be mended
        found = ("", "", "")
    with st.expander("How the file was read", expanded=not found[0]):
        file_controls(draft, *found)


def column_controls(draft: Draft, names: tuple[str, ...], columns: Columns) -> None:
    """Which columns hold the text, the label and the group."""
    draft_select(draft, "text", "Text column", names, columns.text, {}, on_change=lambda: exchange(draft, "text"))
    draft_select(draft, "label", "Label column", names, columns.label, {}, on_change=lambda: exchange(draft, "label"))
    others = [name for name in names if name not in (columns.text, columns.label)]
    draft_select(
        draft,
        "group",
        "Rows that belong together",
        [NO_GROUP, *others],
        columns.group or NO_GROUP,
        {NO_GROUP: "no such column"},
        help="For example who wrote them: with a column here, the split can keep one person's texts in one part.",
    )


def exchange(draft: Draft, name: str) -> None:
    """A callback: another text or label column; the other of the two gives way if it was that one."""
    chosen, columns = st.session_state[f"classifier-choice-{name}"], draft.columns()
    now = {"text": columns.text, "label": columns.label}
    other = "label" if name == "text" else "text"
    change(draft, **{name: chosen} | ({other: now[name]} if now[other] == chosen else {}))


def file_controls(draft: Draft, encoding: str, delimiter: str, header: str) -> None:
    """Encoding, sign between cells, first row, quotation marks; the arguments say what was found, empty: nothing."""

    def guess(found: str) -> str:
        return f"guessed: {found}" if found else "guess"

    c = draft.choices
    draft_select(
        draft,
        "encoding",
        "Encoding",
        ["", *ENCODINGS],
        c.encoding,
        {"": guess(encoding if not c.encoding else "")} | ENCODINGS,
    )
    draft_select(
        draft,
        "delimiter",
        "Between cells",
        ["", *DELIMITERS],
        c.delimiter,
        {"": guess(delimiter if not c.delimiter else "")} | DELIMITERS,
    )
    first: dict[bool | None, str] = {None: guess(header if c.header is None else ""), **HEADER}
    draft_select(draft, "header", "The first row", list(first), c.header, first)
    draft_select(draft, "quotes", "Quotation marks", list(QUOTES), c.quotes, QUOTES)
