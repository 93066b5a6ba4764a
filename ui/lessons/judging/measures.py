"""The part without a judge: what can be counted, the best and the worst answers, two measures against each other."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from engine.evaluation.agreement import kappa, levels, mean_interval, spearman
from engine.evaluation.answers import common_words, measure
from ui.figures import judging as draw
from ui.lesson import plain
from ui.lessons.judging.sources import choose_key
from ui.numbers import count, fmt

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

    from engine.evaluation.answers import Measures
    from engine.evaluation.responses import Responses
    from ui.share import PageState

NAMES = {
    "rouge_l": "ROUGE-L",
    "chrf": "chrF",
    "exact": "Exact match",
    "solved": "Task solved",
    "words": "Length in words",
    "repetition": "Repetition",
}
MEANINGS = {
    "rouge_l": "How many words an answer shares with the correct one, in the same order: 0 none, 1 all and no others.",
    "chrf": "How many runs of one to six characters it shares with the correct one: 0 none, 1 all. Word forms count "
    "in part.",
    "exact": "1 when it is the correct answer, but for case, spaces and a full stop; else 0.",
    "solved": "Only generated tasks: a program checks the answer, 1 right, 0 wrong.",
    "words": "How many words it has. No measure of quality, but of a habit.",
    "repetition": "The share of its runs of three words that it has said before: 0 none.",
}


def all_measures(responses: Responses, key: str) -> list[Measures]:
    """Every answer under a key, measured."""
    return _measured(responses.entries, key)


@st.cache_resource(max_entries=16, show_spinner=False)
def _measured(entries: list[dict[str, str]], key: str) -> list[Measures]:
    return [measure(entry, entry[key]) for entry in entries]


def values(found: list[Measures], name: str) -> list[float]:
    """One measure of all answers as numbers; tasks that no program can check are left out."""
    got = [getattr(m, name) for m in found]
    return [float(value) for value in got if value is not None]


def show(
    state: PageState, responses: Responses, _owner: str | None, left: DeltaGenerator, right: DeltaGenerator
) -> None:
    """Histogram and means of a measure; below, the best and the worst answers, and one ROUGE-L worked out."""
    found = {key: all_measures(responses, key) for key in responses.keys[:3]}
    there = [n for n in NAMES if all(values(m, n) for m in found.values())]
    with left:
        name = state.select("measure", "Measure", there, "rouge_l", labels=NAMES)
        st.caption(MEANINGS[name])
        key = choose_key(state, responses, "Read the answers of")
        entry = int(state.number("worked", "Entry to work out", 1, len(responses.entries), telling(found))) - 1
    scores = {responses.title(whose): values(m, name) for whose, m in found.items()}
    top = max(max(v) for v in scores.values()) if name == "words" else 1.0
    with right:
        frame, spec = draw.histogram(scores, NAMES[name], 0.0, top)
        st.vega_lite_chart(frame, spec, key="histogram", alt=f"How many answers have which {NAMES[name]}")
        lines = []
        for whose, got in scores.items():
            low, high = mean_interval(got)
            lines.append(f"**{plain(whose)}** {fmt(sum(got) / len(got))} ({fmt(low)} to {fmt(high)})")
        number = len(next(iter(scores.values())))
        st.markdown(f"Mean of {count(number)} answers: {' · '.join(lines)}.")
        st.caption("In brackets: where the mean over many more such entries would lie, with 95% confidence.")
    details(responses, key, name)
    arithmetic(responses.entries[entry], key)


def telling(found: dict[str, list[Measures]]) -> int:
    """The first entry, counted from 1, whose first answer has a part of the correct one's words, if there is one."""
    first = next(iter(found.values()))
    return next((i + 1 for i, m in enumerate(first) if 0 < m.rouge_l < 1), 1)


def details(responses: Responses, key: str, name: str) -> None:
    """The answers under a key, the best by the chosen measure first."""
    found = all_measures(responses, key)
    rows = [
        {
            "entry": i + 1,
            NAMES[name]: getattr(m, name),  # first, so that it is in sight
            "instruction": f"{entry['instruction']} {entry['input']}".strip(),
            "correct": entry["output"],
            "answer": entry[key],
            **{NAMES[k]: v for k, v in asdict(m).items() if v is not None and k != name},
        }
        for i, (entry, m) in enumerate(zip(responses.entries, found, strict=True))
        if getattr(m, name) is not None
    ]
    table = pd.DataFrame(rows).sort_values(NAMES[name], ascending=False, kind="stable")
    st.header("The best and the worst answers", anchor=False)
    st.dataframe(table, hide_index=True, key="answers-table", height=320)
    st.caption(f"The best by {NAMES[name]} come first; a click on its heading brings the worst up.")


def arithmetic(entry: dict[str, str], key: str) -> None:
    """ROUGE-L of one answer, word by word."""
    st.header("The arithmetic of one ROUGE-L", anchor=False)
    st.text(f"{entry['instruction']} {entry['input']}".strip())
    common = common_words(entry[key], entry["output"])
    kept = {a for a, _ in common.pairs}, {b for _, b in common.pairs}
    texts = [
        " ".join(f"**{plain(w)}**" if i in keep else plain(w) for i, w in enumerate(words)) or "(no word)"
        for words, keep in zip((common.first, common.second), kept, strict=True)
    ]
    n = len(common.pairs)
    st.markdown(
        f"Answer: {texts[0]}\n\nCorrect: {texts[1]}\n\nThe words in bold are in both in the same order, gaps allowed: "
        f"**{n}**. Precision {n} / {len(common.first)} = {fmt(common.precision)} of the answer, recall {n} / "
        f"{len(common.second)} = {fmt(common.recall)} of the correct one; ROUGE-L is their harmonic mean, 2 × {n} / "
        f"({len(common.first)} + {len(common.second)}) = **{fmt(common.f1)}**."
    )


def agreement(first: list[float], second: list[float], names: tuple[str, str], tops: tuple[float, float]) -> None:
    """Two judges of the same answers against each other, with both coefficients."""
    frame, spec = draw.scatter(first, second, names)
    st.vega_lite_chart(frame, spec, key="scatter", alt=f"{names[0]} against {names[1]}, a point for each answer")
    rho = spearman(first, second)
    k = kappa(*(levels(s, 0, top or 1).tolist() for s, top in zip((first, second), tops, strict=True)))
    said = "cannot be computed: one judge gives every answer the same" if math.isnan(rho) else f"is **{fmt(rho)}**"
    also = "cannot be computed" if math.isnan(k) else f"is **{fmt(k)}**"
    st.markdown(
        f"Over {count(len(first))} answers Spearman's rank correlation {said} (1: the same order, 0: none in common). "
        f"Cohen's kappa of five levels {also} (1: always the same level, 0: as by chance; near misses count in part)."
    )
