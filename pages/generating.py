"""Generating: one token after another, each stage of the loop with the numbers of the running model."""

from __future__ import annotations

import streamlit as st

from ui import models
from ui.code import show_code
from ui.lesson import friendly_errors, lesson
from ui.lessons.generating import speed, words
from ui.lessons.generating.code import LOOP, cells
from ui.lessons.generating.sections import chosen_token, controls, remarks, show_order, show_stage
from ui.lessons.generating.steps import untrained, writer

with lesson("generating") as page:
    left, right = page.stage(1, 2.9)
    with left:
        text, step, stage, seed = controls(page.state)
    trained = None
    with right, friendly_errors():
        loaded = models.current()
        trained = writer(loaded, text, step)
        chosen = chosen_token(page, trained)
        one, other = st.columns(2, gap="medium")
        with one:
            st.markdown(f"**Trained**: {models.model_labels()[loaded.name]}")
            show_stage(page, trained, stage, "trained", chosen)
        twin = None
        with other, friendly_errors():
            st.markdown("**Untrained**: same architecture, random weights")
            twin = untrained(loaded, text, step, seed)
            show_stage(page, twin, stage, "untrained", chosen)
        remarks(trained, twin)
    if trained is not None:
        show_order(trained, chosen)
        st.header("Reading everything again, or keeping keys and values", anchor=False)
        speed.show(page.state, loaded, text)
        st.header("The loop as code", anchor=False)
        st.code(LOOP, language="python")
        show_code(cells(loaded.name, text, step + 1, seed), "generating")
    page.try_this(words.experiments())
    page.questions(words.questions())
    page.check(words.check())
