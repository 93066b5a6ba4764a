"""Loss: from the logits to cross-entropy and perplexity, with the real numbers of one text."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from ui import models
from ui.code import show_code
from ui.lesson import Page, friendly_errors, lesson
from ui.lessons.loss import readings, sections, words
from ui.numbers import count
from ui.picks import number_of

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

UNITS = {"nats": "nats (ln)", "bits": "bits (log₂)"}


def chosen(page: Page, reading: readings.Reading) -> int:
    """The token that the link names, else the one that surprised most."""
    return number_of(page.state.value("place", ""), len(reading.ids) - 1, int(reading.surprises.argmax()))


def draw(page: Page, text: str, unit: str, left: DeltaGenerator, right: DeltaGenerator) -> None:
    """Everything that is about the reader's text."""
    loaded = models.current()
    reading = models.infer(readings.read, loaded, text)
    place = chosen(page, reading)
    with left:
        if reading.left_out:
            st.info(
                f"The text has {count(len(reading.ids) + reading.left_out)} tokens. Only the first "
                f"{len(reading.ids)} were scored here, so that each can still be seen."
            )
    with right:
        sections.draw_surprise(page, reading, place, unit)
    sections.draw_steps(loaded, text, reading, place)
    sections.draw_curve(reading, place, unit)
    sections.draw_untrained(page, loaded, text, reading, unit)
    show_code(readings.code(text, loaded.name, loaded.model.cfg.n_layers), "loss")


with lesson("loss") as page:
    left, right = page.stage(1, 2.3)
    with left:
        text = page.state.text("text", "Text", words.START, area=True, height=120)
        unit = page.state.choice("unit", "Surprise in", list(UNITS), "nats", labels=UNITS)
        st.caption(
            "The colour of a token says how much it surprised the model: minus the logarithm of the probability that "
            "it had. With the natural logarithm, ln, the unit is the **nat**, with log₂ the **bit**, 0.693 nats. The "
            "loss is the mean of these surprises; perplexity and bits a byte are explained below. The text stands "
            "after <|endoftext|>, so that its first token is predicted from something too. Click a token to follow its "
            "numbers."
        )
    with friendly_errors():
        draw(page, text, unit, left, right)
    page.try_this(words.experiments())
    page.questions(words.questions())
    page.check(words.check())
