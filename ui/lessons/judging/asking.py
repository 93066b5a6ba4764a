"""Asking a model of an Ollama server many questions, with progress and a stop; every word of it is kept."""

from __future__ import annotations

from contextlib import suppress
from queue import Empty, SimpleQueue
from threading import Event, Thread
from typing import TYPE_CHECKING

import streamlit as st

from engine.errors import JudgeError
from engine.evaluation.judge import Health, Ollama, allowed_addresses, health
from engine.evaluation.verdicts import Verdict, digest, judge_all, read_verdicts
from engine.jobs.store import runs_folder
from ui import asked
from ui.lesson import plain, sentence
from ui.numbers import count

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from ui.share import PageState

ASKED = "judging"
LOOK_EVERY = 0.3  # seconds after which a control that was used while the model thinks is seen


@st.cache_data(ttl=10, max_entries=8, show_spinner=False)
def look(address: str) -> Health | str:
    """How the server is, or a sentence about why it is not there."""
    try:
        return health(Ollama(address, connect=1.0, tries=1))
    except JudgeError as e:
        return str(e)


def server_of(state: PageState) -> Ollama:
    """The server that was chosen in the part with the model as judge."""
    addresses = allowed_addresses()
    return Ollama(state.value("ollama", addresses[0], addresses))


def models_of(server: Ollama) -> tuple[str, ...]:
    """The models that the server has; none when it is not there."""
    found = look(server.address)
    return () if isinstance(found, str) else found.models


def file_of(owner: str | None) -> Path | None:
    """Where this visitor's verdicts are kept; None for a visitor whom nobody knows yet."""
    return runs_folder() / ".verdicts" / f"{owner}.jsonl" if owner else None


def kept(owner: str | None, model: str, prompts: Sequence[str]) -> list[Verdict | None]:
    """What this model has said to each question so far."""
    file = file_of(owner)
    there = read_verdicts(file) if file else {}
    return [there.get(digest(model, prompt)) for prompt in prompts]


def ask(server: Ollama, model: str, prompts: Sequence[str], owner: str | None, what: str) -> list[Verdict | None]:
    """The replies so far, with a button that asks for those that are missing; `what` says what the model shall do."""
    name = f"{model} {what}"
    said = kept(owner, model, prompts)
    if asked.take(ASKED) == name and None in said:
        said = run(server, model, prompts, file_of(owner))
    if missing := said.count(None):
        st.button(
            f"Let {plain(model)} {what} ({count(missing)} to ask)",
            type="primary",
            key="ask-judge",
            on_click=asked.ask,
            args=(ASKED, name),
        )
    return said


def run(server: Ollama, model: str, prompts: Sequence[str], file: Path | None) -> list[Verdict | None]:
    """Ask what has not been asked. The stop button, like any other control, ends it at once; what was said stays."""
    found: list[Verdict | None] = []
    bar, said = st.progress(0.0), "asking …"
    stop = st.empty()
    stop.button("Stop", key="stop-judge", icon=":material/stop:")
    replies: SimpleQueue[Verdict | Exception] = SimpleQueue()
    stopped = Event()

    def listen() -> None:
        try:
            for verdict in judge_all(server, model, prompts, file, stopped.is_set):
                replies.put(verdict)
        except Exception as e:
            replies.put(e)

    # A thread of its own waits for the server: here each drawing of the bar lets a control end the run of the page.
    Thread(target=listen, daemon=True).start()
    try:
        while len(found) < len(prompts):
            bar.progress(len(found) / len(prompts), f"{count(len(found))} of {count(len(prompts))}: {said}")
            with suppress(Empty):
                reply = replies.get(timeout=LOOK_EVERY)
                if isinstance(reply, Exception):
                    raise reply
                found.append(reply)
                said = plain(" ".join((reply.failed or reply.said).split())[:60]) or "nothing"
    except JudgeError as e:
        st.error(plain(sentence(str(e))), icon=":material/error:")
    finally:
        stopped.set()
    bar.empty()
    stop.empty()
    return found + [None] * (len(prompts) - len(found))
