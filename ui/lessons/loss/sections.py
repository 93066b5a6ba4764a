"""The parts of the lesson on the loss, each a picture or a table with its sentences."""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from engine.tokenizers.pretrained import token_text
from ui import models
from ui.components.token_strip import Chip, token_strip
from ui.figures.loss import loss_bars, minus_log, surprise_bars
from ui.labels import quote, visible
from ui.lessons.loss import readings
from ui.numbers import count, fmt, percent
from ui.picks import choose

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ui.lesson import Page
    from ui.lessons.loss.readings import Reading
    from ui.models import LoadedModel

NEAR = 2  # tokens before and after the chosen one in a small table


def size_of(unit: str) -> float:
    """One unit in nats."""
    return math.log(2) if unit == "bits" else 1.0


def draw_surprise(page: Page, reading: Reading, place: int, unit: str) -> None:
    """The text, each token coloured by how much it surprised the model; the bars of the same numbers."""
    one = size_of(unit)
    surprises = (reading.surprises / one).tolist()
    top = max(*surprises, math.log(reading.vocab_size) / one)
    st.markdown(
        f"Loss **{fmt(reading.loss / one)} {unit}** a token · perplexity **{fmt(reading.perplexity)}** · "
        f"**{fmt(reading.bits_per_byte)} bits** a byte"
    )
    chips = [
        Chip(token, i, note=fmt(s, 2), shade=min(s / top, 1.0))
        for token, i, s in zip(reading.targets, reading.ids, surprises, strict=True)
    ]
    legend = (f"surprise, {unit}", "0", fmt(top))
    token_strip(chips, "tokens", "Surprise of every token", place, lambda i: page.state.set(place=str(i)), legend)
    frame, spec = surprise_bars(reading.targets, surprises, math.log(reading.vocab_size) / one, unit, place)
    alt = "Surprise of every token, the mean, and what equal chances would give"
    st.vega_lite_chart(
        frame,
        spec,
        key="surprise",
        on_select=lambda: choose(page.state, "surprise", "place", "place"),
        selection_mode="pick",
        alt=alt,
    )


def draw_steps(loaded: LoadedModel, text: str, reading: Reading, place: int) -> None:
    """The seven steps, each a small table and the arithmetic of the chosen token."""
    st.header("From logits to perplexity in seven steps", anchor=False)
    target, before = quote(reading.targets[place]), quote(reading.inputs[place])
    rows = models.infer(readings.candidates, loaded, text, place=place)
    names = ["all others" if r.id is None else visible(token_text(loaded.tokenizer, r.id)) for r in rows]
    own = next(r for r in rows if r.id == reading.ids[place])
    total = sum(r.weight for r in rows)
    best = max(r.logit for r in rows if r.id is not None)
    p, s = float(reading.probabilities[place]), float(reading.surprises[place])
    size = len(reading.ids)
    step(
        "1. Logits",
        f"Having read up to {before}, the model gives each of {count(reading.vocab_size)} tokens a **logit**: a score, "
        f"not normalised. The target, which really comes next, is {target}; its logit is {fmt(own.logit, 4)}.",
        {"token": names[:-1], "logit": [r.logit for r in rows[:-1]]},
    )
    step(
        "2. Softmax",
        f"Take e to the power of each, here less the highest logit, {fmt(best, 4)}, which changes nothing and keeps "
        f"numbers small. Add up the whole vocabulary: {fmt(total, 4)}. Each one's share is its **token probability**.",
        {"token": names, "e^(logit − highest)": [r.weight for r in rows], "probability": [r.probability for r in rows]},
    )
    near = range(max(0, place - NEAR), min(size, place + NEAR + 1))
    shown: dict[str, list[Any]] = {
        "place": list(near),
        "input": [visible(reading.inputs[i]) for i in near],
        "target": [visible(reading.targets[i]) for i in near],
    }
    step(
        "3. Probability of each target",
        f"Of each place's {count(reading.vocab_size)} probabilities only one counts: the target's. Here "
        f"{fmt(own.weight)} / {fmt(total, 4)} = **{fmt(p)}**, {percent(p)} for {target}.",
        {**shown, "probability": [float(reading.probabilities[i]) for i in near]},
    )
    step(
        "4. Logarithm",
        f"ln({fmt(p)}) = **{fmt(-s)}**. Probabilities of a text would have to be multiplied, and soon be too small for "
        "a computer; their logarithms are added.",
        {**shown, "ln(probability)": [-float(reading.surprises[i]) for i in near]},
    )
    summed = -float(reading.surprises.sum())
    step(
        "5. Mean",
        f"All {count(size)} logarithms added and divided by {count(size)}: {fmt(summed, 4)} / {count(size)} = "
        f"**{fmt(-reading.loss, 4)}**. {target} has a share of {fmt(-s)} / {count(size)} = {fmt(-s / size)}.",
        {"sum": [summed], "tokens": [size], "mean": [-reading.loss]},
    )
    step(
        "6. Minus",
        f"With the sign turned, lower is better: the **cross-entropy loss**, **{fmt(reading.loss, 4)}** nats a token. "
        "torch.nn.functional.cross_entropy does steps 2 to 6 at once, in single precision, and gives "
        f"{fmt(reading.torch_loss, 4)}.",
        {"ours": [reading.loss], "torch": [reading.torch_loss], "difference": [reading.loss - reading.torch_loss]},
    )
    step(
        "7. e to the power of the loss",
        f"e^{fmt(reading.loss, 4)} = **{fmt(reading.perplexity, 4)}**, the **perplexity**: on average as unsure as if "
        f"choosing evenly among {fmt(reading.perplexity)} tokens. It is the perplexity that can be pictured; the loss "
        "is the same in logarithms.",
        {"loss": [reading.loss], "perplexity": [reading.perplexity], "vocabulary": [reading.vocab_size]},
    )


def step(title: str, sentence: str, table: Mapping[str, Sequence[Any]]) -> None:
    """One step: what is done and with which numbers, and a small table."""
    left, right = st.columns([1, 1.15], gap="large")
    with left:
        st.subheader(title, anchor=False)
        st.markdown(sentence)
    with right:
        written = {float: partial(fmt, digits=6), int: count}
        kinds = {name: type(values[0]) for name, values in table.items()}
        shown = pd.DataFrame(table).style.format({name: written[k] for name, k in kinds.items() if k in written})
        st.dataframe(shown, hide_index=True, key=f"table-{title[0]}")


def draw_curve(reading: Reading, place: int, unit: str) -> None:
    """Why a logarithm: the curve, and what else the same loss can be called."""
    st.header("Why the logarithm?", anchor=False)
    left, right = st.columns([1.15, 1], gap="large")
    surprises = (reading.surprises / size_of(unit)).tolist()
    with left:
        frame, spec = minus_log(reading.targets, reading.probabilities.tolist(), surprises, unit, place)
        st.vega_lite_chart(frame, spec, key="curve", alt="Surprise against probability, with the text's tokens")
    with right:
        p, s = float(reading.probabilities[place]), float(reading.surprises[place])
        st.markdown(
            "A target that was held for certain costs nothing; one held for impossible would cost without end. "
            f"Halving a probability always costs the same: 1 bit, {fmt(math.log(2))} nats. "
            f"{quote(reading.targets[place])} got {percent(p)} and costs {fmt(s)} nats = {fmt(s / math.log(2))} "
            "bits.\n\n"
            f"The whole text, {count(len(reading.ids))} tokens or {count(reading.bytes)} bytes, costs "
            f"{fmt(float(reading.surprises.sum()) / math.log(2))} bits: **{fmt(reading.bits_per_byte)} bits a byte**. "
            "A token is longer in one tokenizer than in another, a byte is a byte: only bits a byte can be compared "
            "between models with different tokenizers. Stored plainly, a byte takes 8 bits."
        )


def draw_untrained(page: Page, loaded: LoadedModel, text: str, reading: Reading, unit: str) -> None:
    """The same text and a model that has learned nothing."""
    st.header("Before any training: ln(vocabulary)", anchor=False)
    one, uniform = size_of(unit), math.log(reading.vocab_size)
    st.markdown(
        "What is the loss of a model with random weights, which has learned nothing at all? Guess from the size of the "
        f"vocabulary, {count(reading.vocab_size)} tokens, before you look."
    )
    if page.state.value("untrained", "", ["", "1"]) != "1":
        reveal = {"untrained": "1"}
        st.button("Score an untrained model", key="untrained-go", on_click=page.state.set, kwargs=reveal)
        return
    with st.spinner("Making a model that has learned nothing …"):
        small, large = models.infer(readings.untrained, loaded, text)
    names = ["ln(vocabulary)", "untrained", "this model"]
    frame, spec = loss_bars(names, [uniform / one, small / one, reading.loss / one], unit)
    st.vega_lite_chart(frame, spec, key="untrained", alt="Loss of an untrained model and of this one")
    st.markdown(
        f"A model that knows nothing should hold all {count(reading.vocab_size)} tokens for equally likely: the loss "
        f"is ln({count(reading.vocab_size)}) = {fmt(uniform, 4)} nats, the perplexity {count(reading.vocab_size)}. An "
        f"untrained model with GPT-2's small first weights has {fmt(small, 4)} nats on this text. A first loss "
        "far above that is a sign of a mistake, often of first weights that are too large: with an embedding of "
        f"standard deviation 1 instead of 0.02, tied to the head, it is **{fmt(large)}**, sure of itself and wrong."
    )
