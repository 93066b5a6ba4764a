"""AlpacaEval in small: wins against another answer, and what length has to do with them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from engine.errors import InputError
from engine.evaluation.agreement import fit_length, mean_interval
from engine.evaluation.answers import chrf, rouge_l, word_list
from ui.figures import judging as draw
from ui.lesson import plain
from ui.lessons.judging.sources import opponents
from ui.numbers import count, fmt, percent

if TYPE_CHECKING:
    from engine.evaluation.responses import Responses
    from ui.share import PageState

JUDGES = {"rouge_l": "nearer to the correct answer (ROUGE-L)", "chrf": "nearer to it (chrF)", "longer": "longer answer"}


def points(first: float, second: float) -> float:
    """1 for a win of the first, 0 for a loss, 0.5 for a tie."""
    return 0.5 if first == second else float(first > second)


@st.cache_data(max_entries=32, show_spinner=False)
def compare(entries: list[dict[str, str]], key: str, other: str, judge: str) -> tuple[list[int], list[float]]:
    """For each entry the difference in words, and whether the answer won against the other."""
    differences, won = [], []
    for entry in entries:
        one, two = entry[key], entry[other]
        differences.append(len(word_list(one)) - len(word_list(two)))
        if judge == "longer":
            won.append(points(differences[-1], 0))
        else:
            near = rouge_l if judge == "rouge_l" else chrf
            won.append(points(near(one, entry["output"]), near(two, entry["output"])))
    return differences, won


def show(state: PageState, responses: Responses) -> None:
    """Win rate, the curve over length, and the rate with the length taken out."""
    key = state.select("key", "Whose answers", responses.keys, responses.keys[0])
    others = opponents(responses, key)
    labels = {k: "the correct answers" if k == "output" else k for k in others}
    other = state.select("against", "Compared with", others, others[0], labels=labels)
    judges = {k: v for k, v in JUDGES.items() if other != "output" or k == "longer"}
    judge = state.choice("pair_judge", "Who wins: the answer that is", list(judges), next(iter(judges)), labels=judges)
    differences, won = compare(responses.entries, key, other, judge)
    try:
        fit = fit_length(differences, won)
        span = np.linspace(min(*differences, -1), max(*differences, 1), 60)
        curve = np.stack([span, fit.chance(span)], axis=1)
    except InputError:
        fit, curve = None, None
    frame, spec = draw.length_and_winning(differences, won, curve)
    st.vega_lite_chart(frame, spec, key="length", alt="Winning against the difference in length")
    low, high = mean_interval(won)
    rate = sum(won) / len(won)
    said = (
        f"**{plain(key)}** wins **{percent(rate)}** of {count(len(won))} comparisons with {plain(labels[other])} "
        f"(95% interval {percent(low)} to {percent(high)}; a tie is half a win)."
    )
    if fit is None:
        said += " No curve over the length: that needs wins and losses."
    else:
        said += (
            f" The fitted curve is at **{percent(fit.at_equal_length)}** where both are equally long: the "
            f"length-controlled win rate. Slope {fmt(fit.slope)} in log-odds for each word more."
        )
    st.markdown(said)
