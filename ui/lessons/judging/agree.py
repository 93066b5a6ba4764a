"""Two judges of the same answers: measures that count, and every model that has scored them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from engine.errors import InputError
from engine.evaluation.judge import allowed_addresses
from ui.lessons.judging import measures, ollama

if TYPE_CHECKING:
    from engine.evaluation.responses import Responses
    from ui.share import PageState

COUNTED = ("rouge_l", "chrf", "exact", "solved", "words", "repetition")


def judges(responses: Responses, key: str, owner: str | None) -> dict[str, tuple[str, list[float | None], float]]:
    """Everything that has judged these answers: name -> title, a score for each answer, the highest score."""
    found = measures.all_measures(responses, key)
    there: dict[str, tuple[str, list[float | None], float]] = {}
    for name in COUNTED:
        scores = [None if getattr(m, name) is None else float(getattr(m, name)) for m in found]
        if any(score is not None for score in scores):
            top = max(score or 0.0 for score in scores) if name == "words" else 1.0
            there[name] = (measures.NAMES[name], scores, top)
    look = ollama.look(allowed_addresses()[0])
    for model in () if isinstance(look, str) else look.models:
        said = [None if v is None else v.score for v in ollama.known(owner, responses, key, model)]
        if any(score is not None for score in said):
            there[f"model.{model}"] = (f"{model}, 0 to 100", said, 100.0)
    return there


def show(state: PageState, responses: Responses, owner: str | None) -> None:
    """Two of them against each other."""
    with st.container(horizontal=True):
        key = state.select("key", "Whose answers", responses.keys, responses.keys[0])
        there = judges(responses, key, owner)
        labels = {name: title for name, (title, _, _) in there.items()}
        one = state.select("judge_a", "One judge", list(there), "rouge_l", labels=labels)
        two = state.select("judge_b", "Another", list(there), "chrf", labels=labels)
    pairs = [(a, b) for a, b in zip(there[one][1], there[two][1], strict=True) if a is not None and b is not None]
    if len(pairs) < 3:
        raise InputError("fewer than three answers have been judged by both; let them judge more.")
    first, second = ([pair[i] for pair in pairs] for i in (0, 1))
    measures.agreement(first, second, (labels[one], labels[two]), (there[one][2], there[two][2]))
    st.caption("Models that have scored these answers in *A model judges* can be chosen here too.")
