"""Instruction data: entries become texts, texts become padded batches, and only some targets count."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from engine.datasets.instruction_repairs import Room
from ui import models
from ui.code import show_code
from ui.figures.instruction_data import batch_picture
from ui.lesson import Page, friendly_errors, lesson
from ui.lessons.instruction_data import batches, sections, sources, words
from ui.numbers import count

if TYPE_CHECKING:
    from engine.datasets.instruction_sets import InstructionSet
    from engine.datasets.instructions import Entry

STYLES = {"alpaca": "Alpaca", "phi3": "Phi-3"}
MOST_FIRST = 99_999
MOST_PLACES = 300  # of a picture, beside those that are folded
LONGEST = 256  # tokens of a text on this page, whatever the model's context


def choose_row() -> None:
    """A callback: the clicked text becomes the chosen one."""
    picks = st.session_state["instruction_data-batch"].selection.get("pick") or []
    if picks and picks[0].get("text", 0) > 0:
        page.state.set(row=str(int(picks[0]["text"])))


def draw_batch(page: Page, batch: list[Entry], step: str, style: str, masked: bool, allowed: int) -> int:
    """The batch after the chosen step; returns the number of the chosen text, from 0."""
    tokenizer = models.current().tokenizer
    rows = batches.rows_of(batch, tokenizer, style)
    text = page.state.value("row", "1")
    row = min(int(text), len(batch)) if text.isascii() and text.isdigit() and len(text) < 4 and int(text) else 1
    if step == "format":
        with st.container(height=360):
            for entry in batch:
                st.code(sections.STYLES[style].whole(entry), language=None, wrap_lines=True)
    else:
        cells = batches.cells(rows, step, masked, allowed, tokenizer)
        whole, folded = max(cell.place for cell in cells) + 1, batches.alike(cells)
        width = min(whole, folded + MOST_PLACES)
        frame, spec = batch_picture(
            [(c.line, c.place, c.id, c.token, c.role) for c in cells if c.place < width], row, folded
        )
        st.vega_lite_chart(
            frame,
            spec,
            key="instruction_data-batch",
            on_select=choose_row,
            selection_mode="pick",
            alt="The texts of the batch as rows of tokens, coloured by what each token is",
        )
        if folded:
            st.caption(f"The first {count(folded)} places hold prompt in every text; one column stands for them.")
        if whole > width:
            st.caption(f"Only the first {width} of {count(whole)} places are drawn.")
        numbers = batches.lines(cells, row)
        written = "\n".join(f"{line} = {ids}" for line, ids in numbers.items())
        st.code(written, language=None, wrap_lines=True, height=170)
    st.caption(words.CAPTIONS[step])
    return row - 1


with lesson("instruction_data") as page:
    state = page.state
    left, right = page.stage(1, 2.4)
    entries: list[Entry] = []
    own_set: InstructionSet | None = None
    with left:
        with friendly_errors():
            entries, own_set = sources.choose(state)
        style = state.choice("style", "Prompt style", list(STYLES), "alpaca", labels=STYLES)
        with st.container(horizontal=True):
            first = state.number("first", "From entry", 1, MOST_FIRST, 1, width=120)
            size = state.number("batch", "batch_size", 1, 8, 3, width=120)
        most = min(LONGEST, models.configs()[models.current_name()].context_length)
        allowed = state.slider("allowed", "allowed_max_length, tokens", 8, most, most)
        masked = state.toggle("masked", "Only the answer counts")
    first = max(min(first, len(entries)) - 1, 0)
    batch = [dict(entry) for entry in entries[first : first + size]]
    row = 0
    with right, friendly_errors():
        step = state.choice("step", "Step", list(batches.STEPS), "hide", labels=batches.STEPS)
        if batch:
            row = draw_batch(page, batch, step, style, masked, allowed)
        else:
            st.info("The batch is drawn here as soon as there are entries.")
    with friendly_errors():
        if own_set is not None:
            cfg = models.configs()[models.current_name()]
            sources.doctor(own_set, Room("gpt2" if cfg.vocab_size > 50_000 else "pocket", style, allowed))
    if batch:
        with friendly_errors():
            loaded = models.current()
            sections.show_loss(batch, loaded, style, allowed, row, masked)
            sections.show_styles(batch[row], first + row + 1, loaded)
            sections.show_padding(entries, sources.key_of(state, own_set), loaded, style, size)
            sections.show_entries(entries, first)
            show_code(batches.code(batch, loaded.name, style, masked, allowed), "instruction_data")
    page.try_this(words.experiments())
    page.questions(words.questions())
    page.check(words.check())
