"""Self-attention by hand: every number of the notes' example, then Q, K, V, scaling, and the two classes."""

from __future__ import annotations

import math

import streamlit as st

from ui.code import show_code
from ui.components.matrices import matrices
from ui.figures.attention_by_hand import difference
from ui.figures.matrices import clamp_cell
from ui.figures.softmax_scaling import scaling_lines, weight_bars
from ui.lesson import Page, friendly_errors, lesson
from ui.lessons.self_attention import by_hand, words
from ui.numbers import fmt
from ui.word_vectors import JOURNEY, read_word_vectors

PARTS = {
    "plain": "Without trainable weights",
    "trained": "Queries, keys, values",
    "scaling": "Why divide by √d_k",
    "classes": "SelfAttention v1 = v2",
}
STEPS = {
    "query": "Queries",
    "key": "Keys",
    "value": "Values",
    "scores": "Scores",
    "scaled": "Scaled",
    "weights": "Weights",
    "context": "Context",
}
PLAIN_STEPS = {name: STEPS[name] for name in ("scores", "weights", "context")}
SAY = {
    "query": "A trainable matrix turns each word into its :blue[**query**]: what this word looks for.",
    "key": "A second matrix turns each word into its :orange[**key**]: what other words find it by.",
    "value": "A third matrix turns each word into its :green[**value**]: what it passes on to words that look at it.",
    "scores": "The **dot product** multiplies the :blue[asking] word's numbers with the :orange[asked] "
    "word's, pair by pair, and adds: the more the two point the same way, the larger the **score**.",
    "scaled": "Wide vectors give large scores. Dividing each by the square root of the width keeps them small.",
    "weights": "**Softmax** turns each row of scores into **attention weights**: all positive, every row "
    "sums to 1. Read a row as: how much this word looks at each word, itself included.",
    "context": "The **context vector** adds up all words' :green[numbers], each as much as its weight says: "
    "the word and what it has seen around it.",
}
MEANING = "One word a line, then its numbers. In a real model each word has hundreds, and they are learned."
scaling_arrays = st.cache_resource(by_hand.scaling_arrays, max_entries=16, show_spinner=False)


def show_steps(page: Page, part: str) -> None:
    """The ladder of matrices, without trainable weights or with them."""
    state, plain = page.state, part == "plain"
    left, right = page.stage(1, 3.4)
    with left:
        text = state.text("words", "Words and their numbers", JOURNEY, area=True, height=190)
        st.caption(MEANING)
        width = 0 if plain else state.number("d_out", "Width of Q, K, V (d_out)", 1, 6, 2)
        seed = 0 if plain else state.number("seed", "Seed of the weights", 0, 99_999, 123)
        scale = not plain and state.toggle("scale", "Divide by √d_k", True)
    options = PLAIN_STEPS if plain else STEPS
    with right:
        step = state.choice(f"{part}_step", "Step", list(options), next(iter(options)), labels=options)
        st.markdown(SAY[step])
        words, vectors = read_word_vectors(text)
        arrays = by_hand.plain_arrays(vectors) if plain else by_hand.trained_arrays(vectors, width, seed, scale)
        product = by_hand.picture(step, words, arrays, scale)
        cell = clamp_cell(state.value("cell", "1-2"), len(words), len(product.result.columns))
        matrices(product, f"{part}-{step}", product.result.title, cell, lambda i, j: state.set(cell=f"{i}-{j}"))
        st.caption(
            "Rows and columns are words and their numbers, without a unit; colour is size, orange is below "
            "zero. Point at a cell of the result, or use the arrow keys, to see its sum; click to keep it."
        )
    code = by_hand.plain_code(words, vectors) if plain else by_hand.trained_code(words, vectors, width, seed, scale)
    show_code(code, f"self_attention_{part}")


def show_scaling(page: Page) -> None:
    """Entropy and slope of softmax against the width of the keys."""
    state = page.state
    left, right = page.stage(1, 3.4)
    with left:
        widths = [str(width) for width in by_hand.WIDTHS]
        width = int(state.select("d_k", "Width d_k of queries and keys", widths, "64"))
        keys = state.slider("keys", "Keys that a query sees", 2, 12, 6)
        seed = state.number("draw", "Seed of the random vectors", 0, 99_999, 123)
        st.caption("Numbers in queries and keys are random with mean 0 and variance 1, as in a fresh model.")
    curve, at = scaling_arrays(keys, seed), by_hand.WIDTHS.index(width)
    with right:
        st.markdown(
            "A dot product of wide vectors is a sum of many terms, so **scores grow like √d_k**. Softmax of "
            "large scores puts all weight on one key; its slope goes to zero, and with it the gradient: "
            "nothing is learned. Dividing by √d_k undoes the growth."
        )
        entropy, slope = st.columns(2)
        measures = (
            (entropy, "entropy", "entropy, bits", math.log2(keys)),
            (slope, "slope", "slope, Σ w(1 − w)", 1.0),
        )
        for column, name, what, top in measures:
            frame, spec = scaling_lines(by_hand.WIDTHS, curve[name][False], curve[name][True], width, what, top)
            column.vega_lite_chart(frame, spec, key=name, alt=f"{what} against d_k, with and without scaling")
        frame, spec = weight_bars(curve["example"][False][at], curve["example"][True][at])
        st.vega_lite_chart(frame, spec, key="example", alt="Weights of one query with and without scaling")
        st.caption(
            "Above: means over 512 random queries. *Entropy* says how evenly the weights are spread: 0 bits when one "
            f"key has all, log₂ {keys} = {fmt(math.log2(keys))} bits when all have the same. *Slope* says how strongly "
            "the weights w react to their scores: 0 means that training cannot move them. Pink: the chosen d_k. "
            f"Below: one of these queries at d_k = {width}."
        )
    show_code(by_hand.scaling_code(keys, seed, width), "self_attention_scaling")


def show_classes(page: Page) -> None:
    """SelfAttention_v1 and v2 on the same words, before and after copying the weights."""
    state = page.state
    left, right = page.stage(1, 3.4)
    with left:
        text = state.text("words", "Words and their numbers", JOURNEY, area=True, height=190)
        st.caption(MEANING)
        width = state.number("d_out", "Width of Q, K, V (d_out)", 1, 6, 2)
    with right:
        copy = state.choice("copy", "v1's weights", list(by_hand.COPIES), "own", labels=by_hand.COPIES)
        st.markdown(
            "**v1** keeps bare matrices, filled with random numbers from 0 to 1. **v2** uses `nn.Linear`, "
            "which starts with smaller numbers around 0, so training begins better. The arithmetic is the "
            "same: give v1 the weights of v2 and the outputs agree. `nn.Linear` stores its matrix turned, so "
            "turn it back with `.T`."
        )
        words, vectors = read_word_vectors(text)
        with friendly_errors():
            product = difference(words, by_hand.two_classes(vectors, width, copy))
            cell = clamp_cell(state.value("cell", "1-2"), len(words), width)
            matrices(product, "classes", product.result.title, cell, lambda i, j: state.set(cell=f"{i}-{j}"))
            st.caption(
                "Context vectors of both classes, one row per word, without a unit. v1 has seed 123, v2 has 789."
            )
            show_code(by_hand.classes_code(words, vectors, width, copy), "self_attention_classes")


with lesson("self_attention") as page:
    part = page.state.choice("part", "Part", list(PARTS), "plain", labels=PARTS, label_visibility="collapsed")
    with friendly_errors():
        if part == "scaling":
            show_scaling(page)
        elif part == "classes":
            show_classes(page)
        else:
            show_steps(page, part)
    page.try_this(words.experiments())
    page.questions(words.questions())
    page.check(words.check())
