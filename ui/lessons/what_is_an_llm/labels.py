"""Where labels come from: every start of a text with its next token, against one label from a person."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from ui import models
from ui.code import show_code
from ui.components.token_strip import Chip, token_strip
from ui.labels import quote, visible
from ui.lessons.what_is_an_llm.examples import examples
from ui.numbers import count, fmt, percent

if TYPE_CHECKING:
    from ui.lesson import Page
    from ui.lessons.what_is_an_llm.examples import Examples
    from ui.share import PageState

SENTENCE = "The old man looked at the sea and said nothing."


def show(page: Page) -> None:
    """Every (context -> next token) pair of the user's sentence."""
    state = page.state
    left, right = page.stage(1, 2.2)
    with left:
        text = state.text("text", "Your sentence", SENTENCE, area=True)
        st.markdown(
            "Pretraining needs no labels: **the next token is the label.** Every position of a text is one "
            "training example. That is **self-supervised learning**."
        )
    with right:
        loaded = models.current()
        found = models.infer(examples, loaded, text)
        total = len(found.probabilities)
        place = chosen_place(state, total)
        st.markdown(f"**{count(total)} examples** from {count(total + 1)} tokens. Choose the token to predict:")
        token_strip(
            [Chip(word, i) for word, i in zip(found.texts, found.ids, strict=True)],
            "strip",
            selected=place,
            on_select=lambda i: state.set(place=str(max(i, 1))),
        )
        if found.cut:
            st.caption(f"The context holds {count(total + 1)} tokens, so the last {count(found.cut)} are left out.")
        show_pairs(found, place)
        right_answer = found.probabilities[place - 1]
        st.markdown(
            f"The model gave the right answer, {quote(found.texts[place])}, **{percent(right_answer)}**; its own first "
            f"guess was {quote(found.guesses[place - 1])}. Training would push that probability up: the loss of this "
            f"example is −ln {fmt(right_answer)} = **{fmt(-math.log(max(right_answer, 1e-300)))} nats** (the "
            "unit of natural logarithms). Mean of all: "
            f"{fmt(float(-pd.Series(found.probabilities).clip(lower=1e-300).map(math.log).mean()))} nats."
        )
    pretraining, fine_tuning = st.columns(2, border=True)
    pretraining.markdown(
        f"**Pretraining**: input a text, labels its own next tokens. This sentence: {count(total)} labels, "
        "none made by hand. Goal: know language in general."
    )
    fine_tuning.markdown(
        "**Fine-tuning**: input a whole text, label from a person (*spam*), or an answer that a person wrote. This "
        "sentence: at most 1 label, and somebody must decide on it. Goal: one task."
    )
    show_code(
        "import torch\n\nfrom engine.weights.pocket import load_pocket\n\nmodel, tokenizer = load_pocket()\n"
        f"ids = tokenizer.encode_ordinary({text[:2000]!r})[: model.cfg.context_length]\n"
        "with torch.no_grad():\n    probabilities = model(torch.tensor([ids])).softmax(dim=-1)[0]\n"
        "for i in range(1, len(ids)):\n"
        "    context, target = tokenizer.decode(ids[:i]), tokenizer.decode([ids[i]])\n"
        "    print(f'{context!r} -> {target!r}: {probabilities[i - 1, ids[i]].item():.3g}')",
        "what_is_an_llm_labels",
    )


def chosen_place(state: PageState, total: int) -> int:
    """The token that is predicted, 1 to total, from the URL."""
    text = state.value("place", "")
    return min(max(int(text), 1), total) if text.isdecimal() and len(text) < 7 else min(4, total)


def show_pairs(found: Examples, place: int) -> None:
    """The examples around the chosen one as a table, and all of them behind a click."""
    last = len(found.texts)
    first = max(1, min(place - 3, last - 7))
    st.dataframe(pairs(found, range(first, min(first + 7, last)), place), hide_index=True)
    with st.expander(f"All {count(last - 1)} examples", icon=":material/table:"):
        st.dataframe(pairs(found, range(1, last), place), hide_index=True)


def pairs(found: Examples, places: range, chosen: int) -> pd.DataFrame:
    """A row per place: the tokens before it (the last twelve), the token, and what the model gave it."""
    return pd.DataFrame(
        {
            "context (input)": ["… " * (i > 12) + "".join(found.texts[max(0, i - 12) : i]) for i in places],
            "next token (label)": [("➤ " if i == chosen else "") + visible(found.texts[i]) for i in places],
            "model's probability": [percent(found.probabilities[i - 1]) for i in places],
        }
    )
