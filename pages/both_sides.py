"""Left to right, or both sides: a hole filled from the left alone, then by the whole sentence; who may see whom."""

from __future__ import annotations

import streamlit as st

from ui import models
from ui.code import show_code
from ui.lesson import friendly_errors, lesson
from ui.lessons.both_sides import hole, words
from ui.lessons.both_sides.sections import from_both_sides, from_the_left, show_arithmetic, show_mask
from ui.numbers import count

PARTS = {"hole": "Fill the hole", "masks": "Who may look at whom"}


def fill_the_hole(page):
    """The reader's sentence: candidates from the left, then by the whole sentence, and the arithmetic of one."""
    state = page.state
    left, right = page.stage(1, 3)
    with left:
        text = state.text("text", "A sentence with a hole, ___", words.SENTENCE, area=True, height=100)
        own = state.text("own", "Your own words, with commas", "cap, boots")
        top = state.slider("top", "Candidates from the left", 3, 40, 12)
    loaded, both = models.current(), state.value("both", "0", ["0", "1"]) == "1"
    reading = models.infer(hole.read, loaded, text, top=top, own=own)
    chosen = hole.pick(reading, state.value("word", ""), both)
    with left:
        if both:
            st.button("Hide the right side again", on_click=state.set, kwargs={"both": "0"})
        if any(reading.cut):
            st.caption(
                f"Too long to read whole: {count(reading.cut[0])} tokens at the beginning and "
                f"{count(reading.cut[1])} at the end are left out."
            )
    one, two = right.columns(2)
    with one:
        from_the_left(state, reading, chosen)
    with two:
        from_both_sides(state, reading, chosen, both)
    if both:
        show_arithmetic(reading, chosen)
    show_code(hole.code(loaded.name, text, top, hole.own_words(own)), "both_sides")


with lesson("both_sides") as page:
    part = page.state.choice("part", "Part", list(PARTS), "hole", labels=PARTS, label_visibility="collapsed")
    with friendly_errors():
        if part == "masks":
            show_mask(page)
        else:
            fill_the_hole(page)
    page.try_this(words.experiments())
    page.questions(words.questions())
    page.check(words.check())
