"""A box to talk with the tuned model: its own prompt style, one question at a time, up to end-of-text."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from ui import asked, models
from ui.lesson import friendly_errors, plain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.jobs.models import RunModel
    from ui.lesson import Page

MOST_TURNS = 20
ASKED = "chat"
LONGEST = 4_000  # characters of a question


def show_chat(page: Page, run: RunModel) -> None:
    """What was said so far, and a field for more."""
    state, key = page.state, f"_chat_{run.id}"
    turns: list[tuple[str, str, str]] = st.session_state.setdefault(key, [])
    left, right = st.columns([2.2, 1], gap="medium")
    with right:
        given = state.text("chat_input", "Input, for instructions that need one", "", area=True, height=80)
        temperature = state.slider("temperature", "Temperature", 0.0, 1.5, 0.0, 0.1)
        st.caption(
            "Each question is asked alone: the prompt holds one instruction, so the model has no memory of what was "
            "said before. It was tuned on single questions and knows no conversations."
        )
    with left, st.container(border=True):
        said, field = st.container(), f"ask-{run.id}"
        st.chat_input("Ask it something", key=field, max_chars=LONGEST, on_submit=keep_question, args=(field,))
    with said, friendly_errors():
        for turn in turns:
            show_turn(*turn)
        if question := asked.take(ASKED):
            answer_live(run, question, given[:LONGEST], temperature, turns)
    with right:  # last, since the first answer is there only now
        st.button("Clear", icon=":material/delete_sweep:", on_click=turns.clear, disabled=not turns)


def keep_question(field: str) -> None:
    """A callback: what was asked, until it is answered."""
    asked.ask(ASKED, st.session_state[field])


def show_turn(question: str, answer: str, how: str) -> None:
    """A question with its answer."""
    with st.chat_message("user"):
        st.markdown(plain(question))
    with st.chat_message("assistant"):
        st.markdown(plain(answer) if answer else "*nothing*")
        st.caption(how)


def answer_live(
    run: RunModel, question: str, given: str, temperature: float, turns: list[tuple[str, str, str]]
) -> None:
    """Write the answer as it comes, and keep it."""
    from engine.decoding import DecodingSettings
    from engine.finetune.instruct import Answering, stream_answer

    loaded = models.load(run.name)
    entry = {"instruction": question, "input": given, "output": ""}
    settings = DecodingSettings(run.answer_tokens or 40, temperature=temperature)
    last, made = Answering(""), 0

    def pieces() -> Iterator[str]:
        nonlocal last, made
        for now in stream_answer(loaded.model, loaded.tokenizer, entry, run.style or "alpaca", settings):
            fresh = now.text[len(last.text) :]
            last, made = now, made + 1
            if fresh:
                yield plain(fresh)

    with st.chat_message("user"):
        st.markdown(plain(question if not given else f"{question} | {given}"))
    with st.chat_message("assistant"):
        st.write_stream(pieces())
        end = "end-of-text" if last.ended else "the most that is allowed, without an end"
        how = f"{made} tokens, the last one {end}."
        st.caption(how)
    turns.append((question if not given else f"{question} | {given}", last.text, how))
    del turns[:-MOST_TURNS]
