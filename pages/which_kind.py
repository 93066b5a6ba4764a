"""Which kind? The same message for a model that is asked, one that is instructed, and one with a head of its own."""

from __future__ import annotations

import streamlit as st

from engine.errors import InputError
from ui import models
from ui.code import show_code
from ui.lesson import friendly_errors, lesson
from ui.lessons.which_kind import cards, sections, words

MESSAGE = "Your parcel is held at our depot. Pay the £1.99 fee today at example.com/fee or it goes back."
QUESTION = "Is this message spam?"
MOST = 20_000  # characters of a message


def next_message() -> None:
    """A callback: the next of the held-out messages, the first after one that is none of them."""
    texts = list(sections.messages()[1]["text"])
    now = st.session_state.get("which_kind.message", "")
    place = texts.index(now) + 1 if now in texts else 0
    page.state.set(message=texts[place % len(texts)])


def say_whence(message: str) -> None:
    """Whether the message is one of ours, and what its label is."""
    for part, where in zip(sections.messages(), ("one that the head has learned from", "held out"), strict=True):
        found = part[part["text"] == message]
        if len(found):
            st.caption(f"One of our messages, {where}; its label is **{found['label'].iloc[0]}**.")
            return
    st.caption("Not one of our messages.")


with lesson("which_kind") as page:
    state = page.state
    left, right = page.stage(1, 3.4)
    with left:
        message = state.text("message", "Message", MESSAGE, area=True, height=150).strip()
        say_whence(message)
        st.button("Next held-out message", on_click=next_message, icon=":material/skip_next:")
        question = state.text("question", "Question", QUESTION).strip()
        st.caption("The answers *yes* and *no* are compared; the bars show all that could come next.")
    shown = False
    with right, friendly_errors():
        if len(message) > MOST:
            raise InputError(
                f"the message has {len(message):,} characters, and {MOST:,} are the most here; shorten it."
            )
        found, head = cards.show(state, models.current(), message, question)
        shown = True
    if shown:
        loaded = models.current()
        with friendly_errors():
            sections.show_figures(state, loaded, head)
            sections.show_arithmetic(loaded, found, head, message)
        show_code(sections.cells(loaded, message, question, cards.style_of(loaded) or "alpaca"), "which_kind")
    sections.show_when()
    page.try_this(words.experiments())
    page.questions(words.questions())
    page.check(words.check())
