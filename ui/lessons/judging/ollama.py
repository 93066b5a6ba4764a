"""The part in which a model of a local Ollama server scores each answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from engine.evaluation.judge import OPTIONS, Ollama, allowed_addresses, score_prompt
from ui.figures import judging as draw
from ui.lesson import plain, sentence
from ui.lessons.judging import asking
from ui.lessons.judging.sources import choose_key
from ui.numbers import count, fmt

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

    from engine.evaluation.responses import Responses
    from engine.evaluation.verdicts import Verdict
    from ui.share import PageState

NONE = "no model"
MOST = 500  # answers in one go


def prompts_of(entries: list[dict[str, str]], key: str) -> list[str]:
    """The question about each answer."""
    return [score_prompt(entry, entry[key]) for entry in entries]


def controls(state: PageState, responses: Responses, left: DeltaGenerator) -> tuple[Ollama, str, str, int]:
    """Server, model, whose answers and how many; the model is NONE when the server is not there."""
    addresses = allowed_addresses()
    with left:
        address = state.select("ollama", "Ollama server", addresses, addresses[0])
        found = asking.look(address)
        names = [NONE] if isinstance(found, str) else list(found.models) or [NONE]
        model = state.select("judge", "Judge", names, names[0])
        key = choose_key(state, responses, "Whose answers")
        most = min(len(responses.entries), MOST)
        number = int(state.number("scored", "Answers to score", 1, most, min(40, most)))
        if isinstance(found, str):
            st.warning(plain(sentence(found)), icon=":material/cloud_off:")
            st.button("Look again", key="look-again", on_click=asking.look.clear, icon=":material/refresh:")
        else:
            st.success(
                f"Ollama {plain(found.version)} answers, with {count(len(found.models))} models.",
                icon=":material/check:",
            )
    return Ollama(address), model, key, number


def show(
    state: PageState, responses: Responses, owner: str | None, left: DeltaGenerator, right: DeltaGenerator
) -> None:
    """Health, the scoring with its progress, the histogram, the best and the worst, what could not be read."""
    server, model, key, number = controls(state, responses, left)
    entries = responses.entries[:number]
    prompts = prompts_of(entries, key)
    with right:
        if model == NONE:
            st.info(
                "Without a server no model scores, and no score is shown. `ollama serve` starts one, `ollama pull "
                "llama3` gets a judge. The other parts of this page need none. Below is what it would be asked."
            )
        else:
            with st.container():  # what changes while it is asked moves nothing below
                said = asking.ask(server, model, prompts, owner, "score the answers")
            results(entries, key, responses.title(key), said)
        question(state, prompts)


def question(state: PageState, prompts: list[str]) -> None:
    """What the judge reads, word by word."""
    st.markdown("**What the judge is asked**")
    i = int(state.number("entry", "About entry", 1, len(prompts), 1, width=160)) - 1
    with st.container(border=True):
        st.text(prompts[i])
    st.caption(
        f"Options: {', '.join(f'{k} {v}' for k, v in OPTIONS.items())}. Temperature 0 takes the likeliest token each "
        "time, so the same question gets the same reply. A reply counts when it is a number from 0 to 100, or names "
        "one as its score; any other is shown and left out."
    )


def results(entries: list[dict[str, str]], key: str, title: str, said: list[Verdict | None]) -> None:
    """What the judge's words come to."""
    scores = {i: v.score for i, v in enumerate(said) if v is not None and v.score is not None}
    unread = {i: v for i, v in enumerate(said) if v is not None and v.score is None}
    if scores:
        frame, spec = draw.histogram({title: list(scores.values())}, "score, 0 to 100", 0, 100)
        st.vega_lite_chart(frame, spec, key="scores", alt="How many answers have which score")
        mean = sum(scores.values()) / len(scores)
        st.markdown(f"Mean **{fmt(mean)}** of {count(len(scores))} scores; the best answers first:")
        rows = sorted(scores, key=lambda i: -scores[i])
        table = [{"entry": i + 1, "score": scores[i]} | row(entries[i], key, i) for i in rows]  # the score is in sight
        st.dataframe(table, hide_index=True, key="scored", height=280)
    if unread:
        st.markdown(f"Replies without a score that can be read: **{count(len(unread))}**. They are in no mean.")
        table = [
            {"entry": i + 1, "the judge said": v.failed or v.said} | row(entries[i], key, i) for i, v in unread.items()
        ]
        st.dataframe(table, hide_index=True, key="unread")


def row(entry: dict[str, str], key: str, i: int) -> dict[str, object]:
    """One entry as a table shows it."""
    asked = f"{entry['instruction']} {entry['input']}".strip()
    return {"entry": i + 1, "instruction": asked, "correct": entry["output"], "answer": entry[key]}
