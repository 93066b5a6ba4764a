"""AlpacaEval in small: which of two answers is better, asked in both orders, and what length has to do with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from engine.errors import InputError
from engine.evaluation.agreement import fit_length, mean_interval
from engine.evaluation.answers import chrf, rouge_l, word_list
from engine.evaluation.preferences import OUTCOMES, count_outcomes, one_order
from ui.figures import judging as draw
from ui.lesson import plain
from ui.lessons.judging import asking, panel
from ui.lessons.judging.sources import choose_two
from ui.numbers import count, fmt, percent

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

    from engine.evaluation.judge import Ollama
    from engine.evaluation.preferences import Preference
    from engine.evaluation.responses import Responses
    from ui.lessons.judging.panel import Judged, Pairs
    from ui.share import PageState

USUAL = 40  # pairs
COUNTING = "ROUGE-L and chrF prefer the answer that is nearer to the correct one; *The longer one* only counts words."


def pair_controls(state: PageState, responses: Responses) -> Pairs:
    """Whose answers, against whose, and how many."""
    key, other = choose_two(state, responses)
    most = min(len(responses.entries), panel.MOST)
    number = int(state.number("pairs", "Pairs", 1, most, min(USUAL, most)))
    return panel.Pairs(responses.entries[:number], key, other, (responses.title(key), responses.title(other)))


def show(
    state: PageState, responses: Responses, owner: str | None, left: DeltaGenerator, right: DeltaGenerator
) -> None:
    """Win rate, the judge's bias, the curve over length, the rate with the length taken out; and one pair."""
    server = asking.server_of(state)
    with left:
        pairs = pair_controls(state, responses)
        labels = panel.labels_of(pairs, server, owner)
        name = state.select("pair_judge", "Judge", list(labels), next(iter(labels)), labels=labels)
        none = "" if asking.models_of(server) else " A model of an Ollama server can judge too; none answers just now."
        st.caption(COUNTING + none)
        i = chosen_entry(state, pairs)
    with right:
        judged = ask(name, pairs, server, owner)
        picture(pairs, judged)
    st.header("The arithmetic of one pair", anchor=False)
    two_answers(pairs, i)
    st.markdown(reasons(pairs, i, name, judged))


def ask(name: str, pairs: Pairs, server: Ollama, owner: str | None) -> Judged:
    """What the judge says; a model of a server is asked at the press of a button."""
    if not name.startswith(panel.MODEL):
        return panel.judge(name, pairs, server, owner)
    model = name.removeprefix(panel.MODEL)
    with st.container():  # what changes while it is asked moves nothing below
        said = asking.ask(server, model, panel.prompts_of(pairs), owner, "compare the pairs, each in both orders")
    return panel.of_replies([None if v is None else v.said for v in said])


def picture(pairs: Pairs, judged: Judged) -> None:
    """Where the judge was asked in both orders what came of it; and winning over the difference in length."""
    there = [i for i, wins in enumerate(judged.wins) if wins is not None]
    spoken = [p for p in judged.preferences if p is not None]
    if not spoken and not there:
        st.info("This judge has not said anything yet.")
        return
    bias, length = st.columns(2) if spoken else (st.container(), st.container())
    if spoken:
        with bias:
            show_bias(pairs, spoken)
    if there:
        won = [float(judged.wins[i] or 0.0) for i in there]
        differences = [len(word_list(one)) - len(word_list(two)) for one, two in map(pairs.answers, there)]
        with length:
            show_length(pairs, won, differences)


def show_bias(pairs: Pairs, spoken: list[Preference]) -> None:
    """How often an answer was preferred in both orders, and how often a place."""
    titles = dict(zip(OUTCOMES, (*pairs.titles, "the first place", "the second place"), strict=False))
    titles |= {"undecided": "a tie in it", "unreadable": "cannot be read"}
    counted = count_outcomes(spoken)
    frame, spec = draw.outcomes(counted, titles)
    st.markdown("**What it preferred in both orders**")
    st.vega_lite_chart(frame, spec, key="outcomes", alt="What the judge preferred when asked in both orders")
    first, second = one_order(spoken)
    said = f"Of {count(len(spoken))} pairs, it was for a **place** {count(counted['the first place'])} times for the "
    said += f"first and {count(counted['the second place'])} times for the second, whatever stood there."
    if not np.isnan(first):
        said += (
            f" Asked once only, with {plain(pairs.titles[0])} always first, it would win **{percent(first)}**; always "
            f"second, **{percent(second)}**. Both orders together: {percent((first + second) / 2)}."
        )
    st.markdown(said)


def show_length(pairs: Pairs, won: list[float], differences: list[int]) -> None:
    """The win rate, and the same with the length taken out."""
    try:
        fit = fit_length(differences, won)
        span = np.linspace(min(*differences, -1), max(*differences, 1), 60)
        curve = np.stack([span, fit.chance(span)], axis=1)
    except InputError:
        fit, curve = None, None
    st.markdown("**Winning, and the difference in length**")
    frame, spec = draw.length_and_winning(differences, won, curve)
    st.vega_lite_chart(frame, spec, key="length", alt="Winning against the difference in length")
    low, high = mean_interval(won)
    said = (
        f"**{plain(pairs.titles[0])}** wins **{percent(sum(won) / len(won))}** of {count(len(won))} pairs against "
        f"**{plain(pairs.titles[1])}** (95% interval {percent(low)} to {percent(high)}; a tie is half a win)."
    )
    if fit is None:
        said += " No curve over the length: that needs wins and losses."
    else:
        said += (
            f" The curve is at **{percent(fit.at_equal_length)}** where both are equally long: the "
            f"length-controlled win rate. Each word more multiplies the odds of winning by {fmt(np.exp(fit.slope))}."
        )
    st.markdown(said)


def chosen_entry(state: PageState, pairs: Pairs) -> int:
    """The entry to work out, counted from 0."""
    return int(state.number("entry", "Entry to work out", 1, len(pairs.entries), 1)) - 1


def two_answers(pairs: Pairs, i: int) -> None:
    """The task and both answers, as they are."""
    entry = pairs.entries[i]
    st.text(f"{entry['instruction']} {entry['input']}".strip())
    shown = dict(zip(pairs.titles, pairs.answers(i), strict=True)) | {"the correct answer": entry["output"]}
    for column, (title, text) in zip(st.columns(len(shown)), shown.items(), strict=True):
        with column, st.container(border=True):
            st.caption(plain(title))
            st.text(text or "(nothing)")


def reasons(pairs: Pairs, i: int, name: str, judged: Judged) -> str:
    """Why the judge decided as it did, in numbers or in its own words."""
    wins, (key, other) = judged.wins[i], map(plain, pairs.titles)
    points = "It does not count." if wins is None else f"It counts **{fmt(wins)}** for {key}."
    if name in panel.COUNTED:
        measure = {"rouge_l": rouge_l, "chrf": chrf, "longer": lambda text, _: len(word_list(text))}[name]
        one, two = (measure(text, pairs.entries[i]["output"]) for text in pairs.answers(i))
        sign = "=" if one == two else ">" if one > two else "<"
        return f"{key} **{fmt(one)}** {sign} **{fmt(two)}** {other}. {points}"
    if name == panel.OWN and (both := judged.own[i]) is not None:
        lines = [
            f"{order}: it says “1” with **{percent(c.first)}**, “2” with **{percent(c.second)}**, anything else with "
            f"{percent(c.rest)}. The likelier of the two is {c.said}."
            for order, c in zip((f"{key} first", f"{key} second"), both, strict=True)
        ]
        return "\n\n".join([*lines, points])
    if name == panel.OWN:
        return "The two answers do not fit into the model's context. " + points
    if name.startswith(panel.MODEL):
        said = judged.preferences[i]
        if said is None:
            return "It has not been asked about this pair yet."
        first, second = (plain(" ".join(reply.split())[:200]) or "nothing" for reply in said.said)
        return f"With {key} first it replied “{first}”, with {key} second “{second}”. {points}"
    return "The class did not vote on it." if wins is None else f"It has {percent(wins)} of the class's votes. {points}"
