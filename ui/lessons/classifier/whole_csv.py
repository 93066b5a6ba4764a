"""A CSV in, the same CSV out, with each row's class and probabilities."""

from __future__ import annotations

import hashlib
import io
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from engine.datasets.appending import look
from engine.datasets.finding import some
from engine.datasets.reading import ENCODINGS, MOST_BYTES
from engine.datasets.sheet import DELIMITERS
from engine.errors import GlassboxError
from engine.finetune.labelling import label_csv
from engine.memory import bytes_text
from ui import asked, classifiers
from ui.lesson import friendly_errors, plain, sentence
from ui.numbers import count

if TYPE_CHECKING:
    from engine.datasets.appending import Plan
    from engine.evaluation.thresholds import Rule
    from engine.finetune.saved import Classifier
    from engine.jobs.store import Job

ASKED, RESULT = "whole csv", "_classifier_labelled"
SHOWN = 3


def show(job: Job, classifier: Classifier, rule: Rule) -> None:
    """Upload, what was read, options, and the file to download."""
    st.header("A whole CSV", anchor=False)
    file = st.file_uploader(
        f"A CSV with texts, at most {bytes_text(MOST_BYTES)}", type=["csv", "tsv", "txt"], key="classifier-csv"
    )
    if file is None:
        st.caption(
            "The same file comes back, every cell, its encoding and line ends as they were, with the class and the "
            "probability of each class behind each row. It is not kept."
        )
        return
    with friendly_errors():
        plan = read(file.name, file.getvalue())
        chosen = options(plan)
        given = (file.name, digest(file.getvalue()), plan.column)
        question = (job.id, classifiers.version(job), *given, rule, chosen)
        st.button(
            f"Classify {count(plan.rows - plan.empty)} texts",
            type="primary",
            key="classifier-label",
            on_click=asked.ask,
            args=(ASKED, question),
        )
        if asked.take(ASKED) == question:
            st.session_state[RESULT] = None  # two at a time would be twice the memory
            st.session_state[RESULT] = (question, labelled(plan, classifier, rule, chosen))
        known, result = st.session_state.get(RESULT) or (None, b"")
        if known == question:
            offer(file.name, result, plan.width)


def read(name: str, data: bytes) -> Plan:
    """The file, looked through, with the column of texts that was chosen; what was found is said."""
    plan = look(data, name)
    names = list(plan.names)
    column = st.selectbox("The column with the texts", names, plan.column, key=f"classifier-csv-column-{digest(data)}")
    if column != names[plan.column]:
        plan = look(data, name, column=column)
    between = DELIMITERS[plan.delimiter] if plan.delimiter else "one column"
    st.markdown(
        f"{ENCODINGS[plan.encoding]}, {between}, {'with' if plan.header else 'without'} a header: "
        f"**{count(plan.rows)}** rows" + (f", {count(plan.empty)} of them without a text." if plan.empty else ".")
    )
    if not plan.exact:
        st.warning("Some bytes of the file are no characters in its encoding; they come back as �.")
    rows = [row[: plan.width] + [""] * (plan.width - len(row)) for row in plan.sample(SHOWN)]
    st.dataframe(pd.DataFrame(rows, columns=names), hide_index=True, key="classifier-csv-rows")
    return plan


def options(plan: Plan) -> tuple[bool, bool, bool]:
    """Whether old cells that a spreadsheet would run are made harmless, UTF-8 is written, and decimal commas are."""
    neutralise = utf8 = commas = False
    if plan.formulas:
        where = ", ".join(map(count, plan.where))
        st.warning(
            f"{some(plan.formulas, 'cell begins', 'cells begin')} like a formula, which a spreadsheet would run "
            f"(row {where}{' …' if plan.formulas > len(plan.where) else ''})."
        )
        neutralise = st.toggle("Put an apostrophe before such cells", True, key="classifier-csv-harmless")
    if plan.encoding not in ("utf-8", "utf-8-sig"):
        utf8 = st.toggle(f"Write UTF-8 instead of {ENCODINGS[plan.encoding]}", False, key="classifier-csv-utf8")
    if plan.delimiter == ";":
        says = "Where lists are written with semicolons, spreadsheets mostly expect decimal commas."
        commas = st.toggle("Write 0,25 instead of 0.25", True, key="classifier-csv-commas", help=says)
    return neutralise, utf8, commas


def labelled(plan: Plan, classifier: Classifier, rule: Rule, chosen: tuple[bool, bool, bool]) -> bytes:
    """The file with its new columns; a bar shows how far it is."""
    out = io.BytesIO()
    bar = st.progress(0.0, "0 rows done")
    try:
        for done in label_csv(plan, classifiers.Gated(classifier), out, rule, *chosen):
            bar.progress(min(1.0, done / plan.rows), f"{count(done)} of {count(plan.rows)} rows done")
    finally:
        bar.empty()
    return out.getvalue()


def offer(name: str, result: bytes, width: int) -> None:
    """The finished file: its first rows, the answers in front of them, and the button to take it.

    width  columns that the file had before
    """
    stem, dot, ending = name.rpartition(".")
    st.download_button(
        f"Download ({bytes_text(len(result))})",
        result,
        f"{stem or ending}-classified{dot}{ending if dot else ''}",
        "text/csv",
        on_click="ignore",
        icon=":material/download:",
        key="classifier-csv-out",
    )
    try:
        done = look(result, name)
    except GlassboxError as e:
        st.caption(f"No preview: {plain(sentence(str(e)))}")
        return
    rows = [row[: done.width] + [""] * (done.width - len(row)) for row in done.sample(SHOWN * 3)]
    table = pd.DataFrame(rows, columns=list(done.names))
    if done.width > width:  # else it was read in another way than it was written
        answer = done.names[width]
        table.insert(0, answer, table.pop(answer))
        st.caption(f"The first rows. *{plain(answer)}* is in front here; in the file it stands behind the old columns.")
    st.dataframe(table, hide_index=True, key="classifier-csv-done")


def digest(data: bytes) -> str:
    """Tells one file from another."""
    return hashlib.sha256(data).hexdigest()[:16]
