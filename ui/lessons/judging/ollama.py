"""The part with a judge: a local Ollama server, when there is one, scores the answers; every word of it is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from engine.errors import JudgeError
from engine.evaluation.judge import Health, Ollama, allowed_addresses, health, score_prompt
from engine.evaluation.verdicts import Verdict, digest, judge_all, read_verdicts
from engine.jobs.store import runs_folder
from ui.figures import judging as draw
from ui.lesson import plain, sentence
from ui.numbers import count, fmt

if TYPE_CHECKING:
    from pathlib import Path

    from engine.evaluation.responses import Responses
    from ui.share import PageState

NONE = "no model"


@st.cache_data(ttl=10, max_entries=8, show_spinner=False)
def look(address: str) -> Health | str:
    """How the server is, or a sentence about why it is not there."""
    try:
        return health(Ollama(address, connect=1.0, tries=1))
    except JudgeError as e:
        return str(e)


def file_of(owner: str | None) -> Path | None:
    """Where this visitor's verdicts are kept; None for a visitor whom nobody knows yet."""
    return runs_folder() / ".verdicts" / f"{owner}.jsonl" if owner else None


def known(owner: str | None, responses: Responses, key: str, model: str) -> list[Verdict | None]:
    """What this model has said to each answer so far."""
    file = file_of(owner)
    kept = read_verdicts(file) if file else {}
    return [kept.get(digest(model, score_prompt(entry, entry[key]))) for entry in responses.entries]


def controls(state: PageState, responses: Responses) -> tuple[Ollama, str, str]:
    """Server, model and whose answers; the model is NONE when the server is not there."""
    addresses = allowed_addresses()
    address = state.select("ollama", "Ollama server", addresses, addresses[0])
    found = look(address)
    if isinstance(found, str):
        st.warning(plain(sentence(found)), icon=":material/cloud_off:")
        names = [NONE]
    else:
        st.success(f"Ollama {plain(found.version)} answers, with {count(len(found.models))} models.")
        names = list(found.models) or [NONE]
    model = state.select("judge", "Judge", names, names[0])
    key = state.select("key", "Whose answers", responses.keys, responses.keys[0])
    return Ollama(address), model, key


def show(state: PageState, responses: Responses, owner: str | None) -> None:
    """Health, the scoring with its progress, the histogram, the best and the worst, what could not be read."""
    server, model, key = controls(state, responses)
    if model == NONE:
        st.info(
            "Without a server no model judges, and no score is shown. `ollama serve` starts one, `ollama pull llama3` "
            "gets a judge. The other parts of this page need none."
        )
        return
    said = known(owner, responses, key, model)
    missing = sum(v is None for v in said)
    if missing and st.button(f"Let {plain(model)} score {count(missing)} answers", type="primary", key="score"):
        run(server, model, key, responses, owner)
        said = known(owner, responses, key, model)
    results(responses, key, said)


def run(server: Ollama, model: str, key: str, responses: Responses, owner: str | None) -> None:
    """Score what has no score yet. The stop button, like any other control, ends it; what was said stays."""
    prompts = [score_prompt(entry, entry[key]) for entry in responses.entries]
    bar = st.progress(0.0, "Asking …")
    st.button("Stop", key="stop-judge", icon=":material/stop:")
    try:
        for number, verdict in enumerate(judge_all(server, model, prompts, file_of(owner)), 1):
            word = "no score" if verdict.score is None else fmt(verdict.score)
            bar.progress(number / len(prompts), f"{count(number)} of {count(len(prompts))}: {word}")
    except JudgeError as e:
        st.error(plain(sentence(str(e))))


def results(responses: Responses, key: str, said: list[Verdict | None]) -> None:
    """What the judge's words come to."""
    scores = {i: v.score for i, v in enumerate(said) if v is not None and v.score is not None}
    unread = {i: v for i, v in enumerate(said) if v is not None and v.score is None}
    if scores:
        frame, spec = draw.histogram({key: list(scores.values())}, "score, 0 to 100", 0, 100)
        st.vega_lite_chart(frame, spec, key="scores", alt="How many answers have which score")
        mean = sum(scores.values()) / len(scores)
        st.markdown(
            f"Mean **{fmt(mean)}** of {count(len(scores))} scores. {count(len(unread))} replies hold no score that can "
            "be read; they are left out and shown below."
        )
        rows = sorted(scores, key=lambda i: -scores[i])
        table = [row(responses.entries[i], key, i) | {"score": scores[i]} for i in rows]
        st.dataframe(table, hide_index=True, key="scored", height=280)
    if unread:
        st.dataframe(
            [row(responses.entries[i], key, i) | {"the judge said": v.said} for i, v in unread.items()],
            hide_index=True,
            key="unread",
        )


def row(entry: dict[str, str], key: str, i: int) -> dict[str, object]:
    """One entry as a table shows it."""
    asked = f"{entry['instruction']} {entry['input']}".strip()
    return {"entry": i + 1, "instruction": asked, "correct": entry["output"], "answer": entry[key]}
