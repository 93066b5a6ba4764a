"""Generating: what the page shows, part by part."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from engine.tokenizers.pretrained import token_bytes
from ui import models, picks
from ui.components.token_strip import Chip, token_strip
from ui.figures.generating import next_token_bars, order_curve
from ui.labels import quote, visible
from ui.lessons.generating import words
from ui.lessons.generating.steps import MOST, STAGES, Writer, equal_ranks, number_of, place_of
from ui.numbers import count, fmt, percent
from ui.palette import CHOSEN, NEUTRAL, token_hue

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ui.lesson import Page
    from ui.share import PageState

CHIPS = 24  # tokens of the text in one strip


def controls(state: PageState) -> tuple[str, int, str, int]:
    """Text, token, stage and seed, with buttons that walk through the loop."""
    text = state.text("text", "Text to continue", words.START, area=True, height=80)
    step = state.slider("step", "New token, of 24", 1, MOST, 1)
    stage = state.choice("stage", "Stage of the loop", list(STAGES), "softmax", labels=STAGES)
    here = number_of(step - 1, stage)
    with st.container(horizontal=True):
        end = MOST * len(STAGES) - 1
        st.button("Next stage", key="next", type="primary", disabled=here >= end, on_click=go, args=(state, here + 1))
        st.button("Back", key="back", disabled=here <= 0, on_click=go, args=(state, here - 1))
        over = here + len(STAGES)
        st.button("Next token", key="next-token", disabled=over > end, on_click=go, args=(state, over))
    seed = state.number("seed", "Seed of the untrained model", 0, 99_999, 123)
    return text, step - 1, stage, seed


def go(state: PageState, number: int) -> None:
    """A callback: to another place in the loop."""
    step, stage = place_of(number)
    state.set(step=step + 1, stage=stage)


def strip(who: Writer, key: str, notes: Sequence[str] | None = None, with_new: bool = False) -> None:
    """The end of the text as tokens; what was written is in colour, what is new outlined."""
    ids = [*who.read, who.new] if with_new else who.read
    first = max(0, len(ids) - CHIPS)
    written = len(ids) - who.step - with_new  # where the written tokens begin
    chips = [
        Chip(
            who.label(i),
            i,
            token_bytes(who.tokenizer, i),
            note=notes[at - first] if notes else "",
            hue=NEUTRAL if at < written else CHOSEN if with_new and at == len(ids) - 1 else token_hue(at - written),
        )
        for at, i in enumerate(ids[first:], first)
    ]
    token_strip(chips, key, "The text", selected=len(chips) - 1 if with_new else None)
    hidden = first + who.slid
    if hidden:
        st.caption(f"{count(hidden)} tokens before these are not drawn.")


def show_stage(page: Page, who: Writer, stage: str, name: str, chosen: int) -> None:
    """One model at one stage."""
    length, vocab, shown = len(who.read), who.model.cfg.vocab_size, who.read[-CHIPS:]
    if stage == "encode":
        strip(who, f"strip-{name}", [str(i) for i in shown])
        st.markdown(f"{count(length)} tokens, below each its ID: a tensor of shape **(1, {count(length)})**.")
    elif stage == "forward":
        strip(who, f"strip-{name}", [f"→ {visible(who.label(i))[:10]}" for i in after_each(who, len(shown), name)])
        st.markdown(
            f"Scores at every place, shape **(1, {count(length)}, {count(vocab)})**. Below each token what scores best "
            "*after* it. All but the last are answers to what is known already."
        )
    elif stage == "append":
        strip(who, f"strip-{name}", with_new=True)
        st.markdown(f"{quote(who.label(who.new))} is appended: {count(length + 1)} tokens. Then everything again.")
    else:
        strip(who, f"strip-{name}")
        kind = "logit" if stage == "last" else "probability"
        frame, spec = next_token_bars(who.logits, who.probs, who.label, kind, chosen, stage == "argmax")
        st.vega_lite_chart(
            frame,
            spec,
            key=f"bars-{name}",
            on_select=lambda: choose(page, f"bars-{name}"),
            selection_mode="pick",
            alt=f"The best next tokens of the {name} model",
        )
        st.markdown(stage_words(who, stage))


def stage_words(who: Writer, stage: str) -> str:
    """What happens at the stages with bars, in real numbers."""
    vocab, best = count(who.model.cfg.vocab_size), quote(who.label(who.new))
    if stage == "last":
        return (
            f"Of (1, {count(len(who.read))}, {vocab}) only the last row is used: {vocab} logits, from "
            f"{fmt(float(who.logits.min()))} to {fmt(float(who.logits.max()))}."
        )
    if stage == "softmax":
        return (
            f"Softmax over all {vocab}: positive, sum 1. {best} gets {percent(float(who.probs.max()))}; an even share "
            f"would be {percent(1 / len(who.logits))}."
        )
    return f"argmax: the largest stands at place **{who.new}**, which is the ID of {best}."


def after_each(who: Writer, last: int, name: str) -> list[int]:
    """The best next token after each of the last places; the last one as the loop has it."""
    from engine.analysis.greedy import answers

    with models.GATE:
        return [*answers(who.model, who.read, last)[:-1], who.new]


def choose(page: Page, key: str) -> None:
    """A callback: the clicked token's arithmetic is shown."""
    picks = st.session_state[key].selection.get("pick") or []
    if picks and int(picks[0].get("id", -1)) >= 0:
        page.state.set(token=str(int(picks[0]["id"])))


def chosen_token(page: Page, who: Writer) -> int:
    """The token kept in the URL, or the second best, whose arithmetic says more than that of the best."""
    return picks.number_of(page.state.value("token", ""), len(who.logits) - 1, int(who.logits.argsort()[-2]))


def show_order(who: Writer, chosen: int) -> None:
    """Softmax keeps the order: the arithmetic of one token, and every rank."""
    st.header("Softmax keeps the order", anchor=False)
    left, right = st.columns([1.1, 1], gap="large")
    logit, best = float(who.logits[chosen]), float(who.logits.max())
    same, vocab = equal_ranks(who.logits, who.probs), len(who.logits)
    total = 1 / float(who.probs.max())  # e to (best - best) is 1, so this is the sum
    share = float(who.probs[chosen])
    with left:
        st.markdown(
            f"The arithmetic of {quote(who.label(chosen))} (ID {chosen}; click another bar above):\n\n"
            f"1. less the best logit: {fmt(logit)} − {fmt(best)} = **{fmt(logit - best)}**\n"
            f"2. e to that: **{fmt(total * share)}**\n"
            f"3. divided by the sum over all {count(vocab)} tokens: {fmt(total * share)} ÷ {fmt(total)} = "
            f"**{percent(share)}**\n\n"
            "Each step keeps the order: what was larger stays larger. So **argmax of the logits is argmax of the "
            f"probabilities**: {int(who.logits.argmax())} and {int(who.probs.argmax())}. "
            f"Counted here: {count(same)} of {count(vocab)} tokens have the same rank in both."
        )
    with right:
        frame, spec = order_curve(who.logits, who.probs, chosen, who.label)
        st.vega_lite_chart(frame, spec, key="order", alt="Probability against logit")
        st.caption(
            f"{count(len(frame))} of {count(vocab)} tokens, the best and some from all ranks; pink: the chosen one. "
            "The dots only ever rise. On this logarithmic scale they are a straight line, because softmax is e to the "
            "logit, divided by one number."
        )


def remarks(trained: Writer, twin: Writer | None) -> None:
    """What else the numbers say at this step."""
    if trained.slid:
        st.caption(
            f":material/info: The text is longer than the context. The window slides: the model reads the last "
            f"{count(len(trained.read))} tokens and does not see the {count(trained.slid)} before."
        )
    if twin and twin.model.cfg.tie_weights and twin.new == twin.read[-1]:
        st.caption(
            "The untrained model says the token that it has just read. Its head is the table of the token embedding "
            "(weight tying), and with random weights a token's vector still looks most like its own row."
        )
