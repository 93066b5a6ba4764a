"""Prompts that teach: what the page shows, part by part."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from engine.tokenizers.pretrained import token_text
from ui import models
from ui.code import show_code
from ui.components.token_strip import Chip, token_strip
from ui.figures import prompts as draw
from ui.labels import quote
from ui.lessons.prompts import measure, say
from ui.numbers import count, fmt, percent

if TYPE_CHECKING:
    from ui.lesson import Page
    from ui.share import PageState

PARTS = {"examples": "Examples", "repeat": "Random tokens, repeated"}
FORMS = {"comma": "a, b.", "and": "a and b;", "arrow": "a -> b", "lines": "a: b"}


def whole(state: PageState, name: str, default: int, most: int) -> int:
    """A whole number kept in the URL, from 0 to most; the default for anything else."""
    text = state.value(name, str(default))
    return min(int(text), most) if text.isascii() and text.isdigit() and len(text) < 6 else default


def choose_prompt(state: PageState) -> None:
    """A callback: the clicked dot's order, number of examples, and whether their answers are mixed up."""
    picks = st.session_state["curves"].selection.get("pick") or []
    if picks and "order" in picks[0]:
        dot = picks[0]
        state.set(order=str(int(dot["order"])), k=int(dot["k"]), mixed=str(draw.KINDS.index(dot["of"])))


def example_controls(state: PageState) -> tuple[str, str, int, int]:
    """The pairs, their form, the number of examples to show, and the seed of the orders."""
    names = {name: title for name, (title, _) in measure.TASKS.items()}
    task = state.select("task", "Task", list(names), "next", labels=names)
    # A field a task, so that another task does not overwrite what was typed.
    text = state.text(f"pairs_{task}", "Question, answer: yours to edit", measure.TASKS[task][1], area=True, height=150)
    form = state.choice("form", "How examples are written", list(FORMS), "comma", labels=FORMS)
    k = state.slider("k", "Examples in the prompt shown", 0, measure.MOST_EXAMPLES, 2)
    seed = state.number("seed", "Seed of the orders", 0, 9_999, 1)
    return text, form, k, seed


def show_examples(page: Page) -> None:
    """Probability of the right answer against the number of examples."""
    state = page.state
    left, right = page.stage(1, 2.7)
    with left:
        text, form, k, seed = example_controls(state)
    loaded = models.current()
    with right, st.spinner("Asking with more and more examples …"):
        found = models.infer(measure.ask, loaded, text, form=form, seed=seed)
    k = min(k, found.right.shape[1] - 1)
    order = whole(state, "order", 0, len(found.draws) - 1)
    picked = found.draws[order]
    mixed = state.value("mixed", "0", ["0", "1"]) == "1"
    kind = draw.KINDS[mixed]
    prompt = measure.prompt(picked, k, form, mixed)
    answer = measure.answer_ids(loaded, picked.question[1])
    with right:
        curve_side, prompt_side = st.columns([1.2, 1])
        with curve_side:
            frame, spec = draw.curves(found.right, found.mixed, k, order, kind)
            alt = "Probability of the right answer against the number of examples, right ones and mixed-up ones"
            st.vega_lite_chart(
                frame, spec, key="curves", on_select=lambda: choose_prompt(state), selection_mode="pick", alt=alt
            )
            st.caption(
                f"Dots: {len(found.draws)} random orders of the pairs, each with a question of its own; click one to "
                f"see its prompt. Lines: their geometric mean. {say.mixing(found.draws)}"
            )
        with prompt_side:
            examples = "1 example" if k == 1 else f"{k} examples"
            st.markdown(f"**Order {order + 1}, {examples}{', answers mixed up' * mixed}:** the model reads")
            st.code(prompt, language=None, wrap_lines=True)
            probabilities = models.infer(measure.what_next, loaded, prompt)
            frame, spec = draw.what_follows(lambda i: token_text(loaded.tokenizer, i), probabilities, answer[0])
            alt = "The likeliest next tokens after the prompt, the answer's first one, and the rest"
            st.vega_lite_chart(frame, spec, key="next", alt=alt)
            st.caption(f"Softmax over all {count(len(probabilities))} tokens. Purple: the right answer's first token.")
    st.markdown(say.effect(found.right, found.mixed))
    arithmetic(loaded, found, order, k, mixed)
    fingerprints(found)
    show_code(measure.examples_code(loaded.name, text, form, seed), "prompts_examples")


def arithmetic(loaded: models.LoadedModel, found: measure.Examples, order: int, k: int, mixed: bool) -> None:
    """One dot, and the mean that it goes into."""
    st.header("The arithmetic of one point", anchor=False)
    answer = found.draws[order].question[1]
    pieces = measure.answer_ids(loaded, answer)
    tokens = " then ".join(quote(token_text(loaded.tokenizer, i)) for i in pieces)
    logs = (found.mixed if mixed else found.right)[:, k]
    listed = " + ".join(f"({fmt(float(value))})" for value in logs)
    st.markdown(
        f"The right answer in order {order + 1} is {tokens}; with {k} of its examples ({draw.KINDS[mixed]}) the model "
        f"gives it **{percent(float(np.exp(logs[order])))}**"
        + (f", the product over its {len(pieces)} tokens" if len(pieces) > 1 else "")
        + f"; the logarithm is {fmt(float(logs[order]))}. The line is the mean of the logarithms of all orders: "
        f"({listed}) / {len(logs)} = {fmt(float(logs.mean()))}, and e to this is "
        f"**{percent(float(np.exp(logs.mean())))}**."
    )


def fingerprints(found: measure.Examples) -> None:
    """The weights' fingerprints around the whole measurement."""
    st.header("Was anything trained?", anchor=False)
    asked = found.right.size + found.mixed.size
    st.code(f"before  {found.before}\nafter   {found.after}", language=None, wrap_lines=True)
    same = "The same" if found.before == found.after else "Different"
    st.markdown(
        f"A fingerprint of every bit of every weight (SHA-256; one changed bit gives another), before the "
        f"{count(asked)} prompts behind this picture and after them. **{same}**: no weight has changed. What the "
        "examples did, they did as input."
    )


def show_repeat(page: Page) -> None:
    """Loss of random tokens that are said three times."""
    state = page.state
    left, right = page.stage(1, 2.7)
    with left:
        length = state.slider("length", "Random tokens in a round", 4, 64, 16)
        seed = state.number("seed", "Seed", 0, 9_999, 1)
        st.caption(
            f"Tokens drawn at random from the vocabulary, all different, said {measure.ROUNDS} times over. Mean of "
            f"{measure.TEXTS} such texts. Thick lines: the mean of each round. Dashed: the loss of choosing "
            "evenly among all tokens. Outlined: the place that is followed below; click another."
        )
    loaded = models.current()
    found = models.infer(measure.repeat, loaded, "", length=length, seed=seed)
    values = found.mean(axis=0)
    place = whole(state, "place", 5, length - 1)
    even = float(np.log(loaded.model.cfg.vocab_size))

    def click() -> None:
        picks = st.session_state["losses"].selection.get("pick") or []
        if picks and "place" in picks[0]:
            state.set(place=str(int(picks[0]["place"])))

    with right:
        frame, spec = draw.losses(values, even, place)
        alt = "Loss at each token of random tokens said three times, and the mean of each round"
        st.vega_lite_chart(frame, spec, key="losses", on_select=click, selection_mode="pick", alt=alt)
        st.markdown(say.rounds(found, loaded.model.cfg.vocab_size))
    st.header("One token, three times", anchor=False)
    shown = measure.random_tokens(loaded, length, seed)
    chips = [Chip(text, i) for i, text in shown]
    st.caption("The first of the texts, one round of it:")
    token_strip(chips, "random", "Random tokens of one round", place, lambda i: state.set(place=str(i)))
    own = found[0, :, place]
    steps = "; ".join(
        f"round {n + 1}: −ln p = {fmt(float(loss))}, so p = **{percent(float(np.exp(-loss)))}**"
        for n, loss in enumerate(own)
    )
    st.markdown(f"Token {place} {quote(shown[place][1])} in this text: {steps}.")
    show_code(measure.repeat_code(loaded.name, length, seed), "prompts_repeat")
