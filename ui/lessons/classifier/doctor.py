"""What the doctor finds in a draft: each finding with its rows, its repairs, and the way back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from engine.datasets.finding import Fix
from engine.datasets.labelled import in_order
from engine.finetune.choices import settle
from ui.lesson import plain
from ui.lessons.classifier.steps import attempt
from ui.numbers import count

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.datasets.finding import Finding
    from engine.finetune.draft import Draft

LEVELS = {
    "must": (":material/error:", "must be settled"),
    "should": (":material/warning:", "better settled"),
    "note": (":material/info:", "good to know"),
}
# Findings about the file rather than its table: their rows are shown as they stand there.
OF_THE_FILE = {"encoding", "damaged", "surplus", "swallowed", "lines", "header", "names"}
DONE = {
    "zeros": "Zero characters taken out",
    "html": "HTML taken out",
    "missing": "Rows without a text or a label left out",
    "placeholders": "Rows with a word for “nothing” left out",
    "spellings": "One spelling for each class",
    "names": "Classes with another name",
    "contradictions": "Texts that come with different labels left out",
    "duplicates": "Repeated rows left out, the first of each kept",
    "alike": "Look-alikes left out, the first of each kept",
    "too_many": "Only the 50 most frequent classes kept",
    "rare": "Classes of fewer than three rows left out",
}
# Choices that a fix may make outside the table, by field and value; None: whatever it is.
CHOSEN = {
    ("surplus", "join"): "Surplus cells joined to the text",
    ("surplus", "drop"): "Rows with surplus cells left out",
    ("quotes", False): "Quotation marks read as ordinary signs",
    ("header", True): "The first row read as the header",
    ("header", False): "The first row read as data",
    ("encoding", None): "Encoding chosen by hand",
    ("delimiter", None): "The sign between cells chosen by hand",
    ("label", None): "Label column chosen by hand",
}
MOST_ROWS = 500  # of a finding that are shown
LONGEST = 400  # characters of a cell that are shown


def show(draft: Draft, tokenizer: str, limit: int) -> None:
    """All findings, and what has been changed so far."""
    st.subheader("What the doctor found", anchor=False)
    with st.spinner("Looking at every row …"):
        found = draft.findings(tokenizer, limit)
    st.markdown(
        f"{summary(found)} Nothing is changed unless you press a button, never in the file itself, and every change "
        "can be undone."
    )
    for finding in sorted(found, key=lambda one: list(LEVELS).index(one.level)):
        show_finding(draft, finding)
    show_changes(draft)


def summary(found: Sequence[Finding]) -> str:
    """How many findings there are of each level, with the sign that each has below."""
    numbers = {level: sum(one.level == level for one in found) for level in LEVELS}
    if not found:
        return ":material/check: Nothing to complain about."
    return ", ".join(f"{LEVELS[level][0]} **{n}** {LEVELS[level][1]}" for level, n in numbers.items() if n) + "."


def show_finding(draft: Draft, finding: Finding) -> None:
    """One finding in its box, with its fixes; its rows are looked up when they are asked for."""
    with st.container(border=True, gap="small"):
        st.markdown(f"{LEVELS[finding.level][0]} **{plain(finding.title)}** {plain(finding.why)}")
        shown = False
        if finding.fixes or finding.rows:
            with st.container(horizontal=True, vertical_alignment="center"):
                for number, fix in enumerate(finding.fixes):
                    st.button(
                        plain(fix.label),
                        key=f"classifier-fix-{finding.kind}-{number}",
                        type="primary" if number == 0 and finding.level == "must" else "secondary",
                        disabled=in_force(draft, fix),
                        on_click=lambda fix=fix: attempt(lambda: draft.settle(fix)),
                    )
                if finding.rows:
                    shown = st.toggle(rows_label(len(finding.rows)), key=f"classifier-rows-{finding.kind}")
        if shown:
            st.dataframe(rows_of(draft, finding), hide_index=True, key=f"classifier-table-{finding.kind}")


def in_force(draft: Draft, fix: Fix) -> bool:
    """Whether pressing its button would change nothing."""
    return all(getattr(draft.choices, name) == value for name, value in settle(draft.choices, fix.changes).items())


def rows_label(number: int) -> str:
    """What the switch says that shows the rows."""
    if number > MOST_ROWS:
        return f"Show the first {count(MOST_ROWS)} of {count(number)} rows"
    return f"Show the {'row' if number == 1 else f'{count(number)} rows'}"


def rows_of(draft: Draft, finding: Finding) -> pd.DataFrame:
    """The first rows of a finding, in its order: as they stand in the file, or as the table has them now."""
    wanted = finding.rows[:MOST_ROWS]
    if finding.kind not in OF_THE_FILE:
        return pick(draft.repaired()[0], wanted)
    sheet = draft.sheet()
    there = set(wanted)
    cells = {n: row for n, row in zip(sheet.rows, sheet.cells, strict=True) if n in there}
    width = max(map(len, cells.values()), default=0)
    names = [*sheet.names, *(f"too many {i + 1}" for i in range(width - len(sheet.names)))]
    table = [{"row": n} | {names[i]: cut(cell) for i, cell in enumerate(cells[n])} for n in wanted if n in cells]
    return pd.DataFrame(table, columns=["row", *(name for name in names if name != "row")])


def pick(table: pd.DataFrame, rows: Sequence[int]) -> pd.DataFrame:
    """These rows of a table by their number in the file, in this order; long cells are cut."""
    found = table[table["row"].isin(rows)].set_index("row")
    return readable(found.loc[[n for n in rows if n in found.index]].reset_index())


def readable(table: pd.DataFrame) -> pd.DataFrame:
    """The table with its long cells cut, so that a browser can hold it."""
    return table.assign(**{name: table[name].map(cut) for name in table.columns if table[name].dtype != "int64"})


def cut(cell: str) -> str:
    """A cell's first characters."""
    return (cell if len(cell) <= LONGEST else cell[:LONGEST] + " …").replace("\0", "␀")


def show_changes(draft: Draft) -> None:
    """What has been changed so far: each with its rows before and after, and a button that undoes it."""
    chosen = draft.choices
    made = [(name, words) for (name, value), words in CHOSEN.items() if changed(draft, name, value)]
    done = draft.repaired()[1]
    weighted = chosen.recipe.get("class_weights")
    if not made and not done and not chosen.balance and not weighted:
        return
    st.subheader("Changed so far", anchor=False)
    for name, words in made:
        undo_line(draft, name, words)
    if chosen.balance:
        undo_line(draft, "balance", "Classes balanced, see the step Balance")
    if weighted:
        undo_line(draft, "class_weights", "Every class counts the same in the loss, see the step Balance")
    for one in done:
        numbers = [(one.changed, "changed"), (one.dropped, "left out")]
        told = ", ".join(f"{count(len(rows))} {what}" for rows, what in numbers if rows) or "nothing to do"
        shown = undo_line(draft, one.name, f"{DONE[one.name]}: {told}.", bool(one.changed or one.dropped))
        rows = [*one.changed, *one.dropped]
        if shown and rows:
            st.dataframe(before_and_after(draft, rows[:MOST_ROWS]), hide_index=True)


def changed(draft: Draft, name: str, value: object) -> bool:
    """Whether a choice is no longer at its start, and has this value where one is given."""
    now = getattr(draft.choices, name)
    return now not in ("", None) and (value is None or now == value) and not (name == "quotes" and now)


def undo_line(draft: Draft, name: str, words: str, has_rows: bool = False) -> bool:
    """What was changed, in words, beside the button that undoes it; returns whether to show its rows."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            "Undo",
            key=f"classifier-undo-{name}",
            icon=":material/undo:",
            on_click=lambda: attempt(lambda: draft.undo(name)),
        )
        st.markdown(words, width="content")
        return has_rows and st.toggle("Before and after", key=f"classifier-before-{name}")


def before_and_after(draft: Draft, rows: Sequence[int]) -> pd.DataFrame:
    """These rows in the file and in the table as it is now; a row that is left out has nothing there."""
    before, after = pick(draft.raw(), rows), pick(draft.repaired()[0], rows)
    joined = before.merge(after, on="row", how="left", suffixes=(" in the file", " now"))
    return joined[["row", *(f"{name} {when}" for name in ("text", "label") for when in ("in the file", "now"))]]


def rename(draft: Draft) -> None:
    """Another name for a class, which may be that of another one: then the two become one."""
    table, _ = draft.repaired()
    names = in_order(table["label"].unique())
    if not 2 <= len(names) <= 200:
        return
    with st.expander("Give a class another name"), st.form("classifier-rename", clear_on_submit=True, border=False):
        old = st.selectbox("Class", names, key="classifier-rename-old")
        new = st.text_input("Call it", max_chars=80, key="classifier-rename-new")

        if st.form_submit_button("Rename") and new.strip():
            attempt(lambda: draft.settle(Fix("", {"names": {old: new.strip()}})))
            st.rerun()
