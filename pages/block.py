"""Transformer block: data through one real block, the residual stream, the logit lens, who added what."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from ui import models
from ui.code import show_code
from ui.lesson import Page, friendly_errors, lesson
from ui.lessons.block import code, norms, readings, sections, words
from ui.numbers import count
from ui.picks import number_of

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

    from ui.models import LoadedModel


def controls(page: Page, blocks: int) -> tuple[str, int]:
    """The text and the block to look at."""
    text = page.state.text("text", "Text", words.START, area=True, height=96)
    layer = page.state.slider("layer", "Block", 0, blocks - 1, 0) if blocks > 1 else 0
    return text, layer


def draw(page: Page, loaded: LoadedModel, text: str, layer: int, left: DeltaGenerator, right: DeltaGenerator) -> None:
    """Everything that is about the reader's text."""
    state = page.state
    reading = models.infer(readings.read, loaded, text)
    place = number_of(state.value("place", ""), len(reading.ids) - 1, len(reading.ids) - 1)
    level = number_of(state.value("level", ""), len(reading.levels) - 1, layer + 1)
    with left:
        sections.strip(page, reading, place)
        st.caption("Click the token to follow. A block never changes the shape: tokens × width goes in and comes out.")
        if reading.left_out:
            st.info(
                f"The text has {count(len(reading.ids) + reading.left_out)} tokens. Only the first {len(reading.ids)} "
                "were read here, so that each can still be seen."
            )
    with right:
        cell = sections.draw_block(page, loaded, text, reading, layer, place)
    sections.explain_cell(loaded, text, reading, layer, place, cell)
    sections.draw_stream(page, reading, place, level)
    sections.draw_lens(page, loaded, text, reading, place, level)
    token = sections.draw_parts(page, loaded, text, reading, place)
    st.page_link("pages/heads.py", label="Switch single heads off in the lesson on heads", icon=":material/visibility:")
    show_code(code.cells(text, layer, place, token, loaded.name), "block")


with lesson("block") as page:
    left, right = page.stage(1, 2.3)
    loaded = models.current()
    with left:
        text, layer = controls(page, loaded.model.cfg.n_layers)
    with friendly_errors():
        draw(page, loaded, text, layer, left, right)
    norms.draw_norms(page)
    page.try_this(words.experiments())
    page.questions(words.questions())
    page.check(words.check())
