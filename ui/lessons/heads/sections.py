"""Heads in the wild: what the page shows, part by part."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from engine.tokenizers.pretrained import token_text
from ui.components.attention_lines import attention_lines
from ui.components.head_grid import head_grid
from ui.figures import heads as draw
from ui.figures.matrix import heat_map, picked_cell
from ui.labels import quote
from ui.lessons.heads.readings import JOBS, RANDOM_TOKENS
from ui.numbers import count, fmt, percent
from ui.picks import number_of

if TYPE_CHECKING:
    from ui.lessons.heads.readings import Floats, Reading
    from ui.models import LoadedModel
    from ui.share import PageState

    Head = tuple[int, int]  # layer, head of the layer

STANDS_OUT = 2.0  # times the score of even attention
MOST_RANKED = 5
MOST_LABELS = 24  # column labels that fit beside one another


def parse_head(text: str, shape: tuple[int, ...]) -> Head | None:
    """(layer, head) from text such as 3.5; None when the model has no such head."""
    layer, _, head = text.partition(".")
    found = number_of(layer, shape[0] - 1, -1), number_of(head, shape[1] - 1, -1)
    return None if -1 in found else found


def chosen_cell(text: str, weights: Floats) -> tuple[int, int]:
    """The (query, key) that was clicked, else the last token and the one that it looks at most."""
    query, _, key = text.partition("-")
    row = number_of(query, len(weights) - 1, -1)
    if row == -1:
        row, key = len(weights) - 1, ""
    return row, number_of(key, row, int(weights[row].argmax()))


def choose_head(state: PageState, job: str, head: Head) -> None:
    """A callback. The head is kept for the present job: another job shows its own best head."""
    state.set(head=f"{job}.{head[0]}.{head[1]}")


def show_ranking(state: PageState, job: str, scores: Floats, even: float | None, head: Head, random: bool) -> None:
    """The best heads for a job as bars, and what they were measured on.

    scores  (L, H)
    even    the score of a head that looks at all tokens evenly; None where that means nothing
    random  whether random tokens are read instead of the reader's text
    """
    best = ranked(scores)

    def choose() -> None:
        picks = st.session_state["ranking"].selection.get("pick") or []
        if picks:
            choose_head(state, job, (int(picks[0]["layer"]), int(picks[0]["head"])))

    frame, spec = draw.ranking(best, JOBS[job].score, even, head)
    st.vega_lite_chart(frame, spec, key="ranking", on_select=choose, selection_mode="pick", alt="Best heads")
    where = f"{RANDOM_TOKENS} random tokens said twice" if JOBS[job].repeats or random else "this text"
    tick = "" if even is None else "Grey tick: a head that looks evenly."
    st.caption(" ".join(filter(None, (f"Measured on {where}.", tick, JOBS[job].unit))))
    if even is not None and best[0][2] < STANDS_OUT * even and job != "entropy":
        st.caption(
            "No head of this model stands out: the best is close to what looking evenly would give. Such heads "
            "are learned; those that continue a repetition appeared after 2.5 to 5 billion tokens of training in "
            "the models of Olsson et al. 2022."
        )


def ranked(scores: Floats) -> list[tuple[int, int, float]]:
    """Layer, head and score of the best heads, best first."""
    best = np.argsort(-scores, axis=None, kind="stable")[:MOST_RANKED]
    return [(*divmod(int(i), scores.shape[1]), float(scores.flat[i])) for i in best]


def show_all(state: PageState, job: str, reading: Reading, scores: Floats, head: Head, off: set[Head]) -> None:
    """Every head's map, small, with its score."""
    st.markdown(f"**All {scores.size} heads**")
    choose = lambda layer, h: choose_head(state, job, (layer, h))  # noqa: E731
    head_grid(reading.weights, scores, JOBS[job].score, "grid", head, off, choose)
    st.caption(
        "Each square is one head's map: a row for each token that looks, a column for each token looked "
        "at. The bar beneath it is its score. Click one, or walk with the arrow keys."
    )


def show_head(state: PageState, reading: Reading, head: Head, cell: tuple[int, int]) -> None:
    """The chosen head's attention, as a map or as lines."""
    weights, (layer, h) = reading.weights[head], head
    views = {"map": "Map", "lines": "Lines"}
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.markdown(f"**Layer {layer}, head {h}**", width="content")
        view = state.choice("view", "View", list(views), "map", labels=views, label_visibility="collapsed")
    if view == "lines":
        attention_lines(weights, reading.tokens, "lines", cell[0], lambda i: state.set(cell=str(i)))
        return

    def choose() -> None:
        picked = picked_cell(st.session_state["map"])
        if picked is not None:
            state.set(cell=f"{picked[0]}-{picked[1]}")

    size = len(reading.tokens)
    hidden = ~np.tri(size, dtype=bool)
    frame, spec = heat_map(
        weights, reading.tokens, reading.tokens, value_name="attention weight", top=1.0, chosen=cell, hidden=hidden
    )
    if size <= MOST_LABELS:
        spec["encoding"]["x"]["axis"]["labelOverlap"] = False
    alt = f"Attention weights of layer {layer}, head {h}: a row for each token that looks"
    st.vega_lite_chart(frame, spec, key="map", on_select=choose, selection_mode="pick", alt=alt)


def show_arithmetic(reading: Reading, inner: tuple[Floats, Floats, Floats], head: Head, cell: tuple[int, int]) -> None:
    """One attention weight, from its query and key to the number in the cell.

    inner  of the head: queries and keys (T, width), scores (T, T)
    """
    (layer, h), (row, column) = head, cell
    q, k, scores = inner
    weight, width = reading.weights[layer, h, row, column], q.shape[1]
    product, score = float(q[row] @ k[column]), float(scores[row, column])
    total = float(np.exp(scores[row, : row + 1].astype(np.float64)).sum())
    st.header("The arithmetic of one cell", anchor=False)
    st.markdown(
        f"In layer {layer}, head {h}, token {row} {quote(reading.tokens[row])} looks at token {column} "
        f"{quote(reading.tokens[column])}. Click another cell of the map, or another token beside the lines, to choose."
    )
    one, two = st.columns(2, gap="large")
    with one:
        st.markdown(
            f"**1.** :blue[Query] times :orange[key]: {width} products, which add up to :blue[q] · :orange[k] = "
            f"**{fmt(product)}**.\n\n**2.** Divided by √{width} = {fmt(width**0.5)}: the score **{fmt(score)}**."
        )
        frame, spec = draw.products(q[row], k[column])
        st.vega_lite_chart(frame, spec, key="products", alt="The products of query and key, place by place")
    with two:
        st.markdown(
            f"**3.** Softmax over the {count(row + 1)} tokens that it may see: e^({fmt(score)}) = "
            f"{fmt(float(np.exp(score)))}, divided by {fmt(total)}, the sum of all of them.\n\n"
            f"**4.** The attention weight is **{fmt(float(weight))}**."
        )
        seen = slice(row + 1)
        frame, spec = draw.softmax_row(
            reading.tokens[seen], scores[row, seen], reading.weights[layer, h, row, seen], column
        )
        st.vega_lite_chart(frame, spec, key="softmax", alt="Attention weight of every token that may be seen")


def show_switches(
    state: PageState,
    loaded: LoadedModel,
    reading: Reading,
    head: Head,
    off: set[Head],
    without: tuple[Floats, float] | None,
) -> None:
    """The next-token distribution with and without the heads that are off.

    without  (V,) the distribution without them and how far it moved, bits; None when no head is off
    """
    st.header("Switch it off", anchor=False)
    left, right = st.columns([1, 2.2], gap="large")
    with left:
        st.markdown(
            "A head's attention shows where it looks. Whether the model *uses* what it finds there is another "
            "question: **attention weights alone are not an explanation.** So take the head away and look at the "
            "prediction."
        )
        words = "Switch on again" if head in off else "Switch off"
        label = f"{words}: layer {head[0]}, head {head[1]}"
        st.button(label, key="switch", type="primary", on_click=switch, args=(state, head, off))
        if off:
            names = ", ".join(f"{layer}.{h}" for layer, h in sorted(off))
            st.markdown(f"Off now (layer.head): **{names}**")
            st.button("Switch all on", key="all-on", on_click=state.set, kwargs={"off": ""})
    with right:
        name = lambda i: token_text(loaded.tokenizer, i)  # noqa: E731
        best = int(reading.probabilities.argmax())
        sentence = f"Likeliest next token: {quote(name(best))} with {percent(float(reading.probabilities[best]))}."
        after = None
        if without is not None:
            after, divergence = without
            new = int(after.argmax())
            sentence += (
                f" Without: {quote(name(new))} with {percent(float(after[new]))}. The whole distribution moved by "
                f"**{fmt(divergence)} bits** (KL divergence over all {count(len(after))} tokens; 0 means no change)."
            )
        st.markdown(sentence)
        frame, spec = draw.before_after(name, reading.probabilities, after)
        st.vega_lite_chart(frame, spec, key="distribution", alt="Probability of the next token, with and without")


def switch(state: PageState, switched: Head, off: set[Head]) -> None:
    """A callback: one head off, or on again."""
    state.set(off=",".join(f"{layer}.{head}" for layer, head in sorted(off ^ {switched})))
