"""Self-attention by hand: every number of the notes' example, then Q, K, V, scaling, and the two classes."""

from __future__ import annotations

import math

import streamlit as st

from ui import by_hand
from ui.code import show_code
from ui.components.matrices import matrices
from ui.figures.attention_by_hand import difference
from ui.figures.matrices import clamp_cell
from ui.figures.softmax_scaling import scaling_lines, weight_bars
from ui.lesson import Experiment, Page, Question, friendly_errors, lesson
from ui.numbers import fmt
from ui.word_vectors import JOURNEY, read_word_vectors

PARTS = {
    "plain": "Without weights",
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
    "sums to 1. Read a row as: how much this word looks at each of the others.",
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
            (entropy, "entropy", "entropy of the weights, bits", math.log2(keys)),
            (slope, "slope", "slope of softmax, Σ w(1 − w)", 1.0),
        )
        for column, name, what, top in measures:
            frame, spec = scaling_lines(by_hand.WIDTHS, curve[name][False], curve[name][True], width, what, top)
            column.vega_lite_chart(frame, spec, key=name, alt=f"{what} against d_k, with and without scaling")
        frame, spec = weight_bars(curve["example"][False][at], curve["example"][True][at])
        st.vega_lite_chart(frame, spec, key="example", alt="Weights of one query with and without scaling")
        st.caption(
            f"Above: means over 512 random queries; the most possible entropy is log₂ {keys} = "
            f"{fmt(math.log2(keys))} bits, when all keys get the same weight. Below: one of these queries at "
            f"d_k = {width}."
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
    page.try_this(
        [
            Experiment(
                "Make two words the same: give *step* the numbers of *journey* (0.55 0.87 0.66).",
                "How do their rows of attention weights compare?",
                ["They become equal", "They add up to 1 together", "Nothing changes"],
                0,
                "Same numbers, same dot products with everyone, same row. Attention sees only the numbers: "
                "it cannot tell two equal words apart, wherever they stand. That is why positions must be "
                "added to them.",
                {
                    "part": "plain",
                    "plain_step": "weights",
                    "words": JOURNEY.replace("0.05 0.80 0.55", "0.55 0.87 0.66"),
                },
            ),
            Experiment(
                "Multiply the numbers of *journey* by ten (5.5 8.7 6.6) and look at its row of weights.",
                "What happens to its weights?",
                ["They stay: softmax normalises", "Almost all weight goes to one word", "They become equal"],
                1,
                "Softmax divides by the sum, but before that it raises e to the score: a difference of 10 "
                "between two scores is a factor of 22,026 between their weights. So the length of vectors "
                "matters, not only their direction, and journey, now the longest, looks at itself alone.",
                {
                    "part": "plain",
                    "plain_step": "weights",
                    "cell": "1-1",
                    "words": JOURNEY.replace("0.55 0.87 0.66", "5.5 8.7 6.6"),
                },
            ),
            Experiment(
                "Queries and keys of 1,024 numbers, scores as they are.",
                "How much of the weight does one of six keys get, typically?",
                ["About 1/6", "About half", "Almost all of it"],
                2,
                "The scores' spread is √1024 = 32. With softmax that is one winner, entropy near 0 bits, "
                "slope near 0. Divided by 32, the scores are as spread out as for d_k = 1.",
                {"part": "scaling", "d_k": "1024", "keys": 6},
            ),
        ]
    )
    page.questions(
        {
            "What is *self* in self-attention?": "Queries, keys and values all come from the same sentence: "
            "its words look at one another. In a translation model, the words of one language can also look "
            "at those of another: that is cross-attention.",
            "What is a dot product, and why does it measure similarity?": "Multiply two vectors number by "
            "number and add. It is the product of their lengths and the cosine of the angle between them: "
            "large when they point the same way, 0 at a right angle, negative when they point apart. Longer "
            "vectors give larger ones too.",
            "Why softmax and not simply dividing by the sum?": "Scores can be negative, and then shares of a "
            "sum make no sense. Softmax makes everything positive first (e to the score), gives the larger a "
            "clearer lead, and has a smooth slope everywhere, which training needs.",
            "What is a context vector?": "The weighted average of all words' values for one word. It has the "
            "same kind of numbers as the values, but holds what this word has gathered from its sentence.",
            "What are queries, keys and values for, when the words alone work too?": "Without weights, a "
            "word can only look for words that resemble it, and nothing can be learned. With three matrices "
            "a word can look for something else than it is, offer itself under another label, and pass on "
            "something else again.",
            "Why do we divide by √d_k?": "So that scores keep the same spread however wide the vectors are. "
            "Otherwise softmax picks one word, its slope vanishes, and training stands still. See the third "
            "part.",
            "v1 or v2: does it matter?": "They compute the same. `nn.Linear` only starts from better scaled "
            "numbers, and it can have a bias.",
        }
    )
    page.check(
        [
            Question(
                "Row *journey* of the attention weights sums to …",
                ["the score of journey", "1", "the number of words"],
                1,
                "Softmax divides by the sum of the row, so the weights are shares.",
            ),
            Question(
                "One score in a row grows by 1, the others stay. What happens to the other weights in this row?",
                ["They shrink", "They stay the same", "They grow too"],
                0,
                "The sum under the fraction grows, so every other share becomes smaller; they stay in proportion.",
            ),
            Question(
                "Queries and keys have 64 numbers. By what are the scores divided?",
                ["64", "8", "32"],
                1,
                "√64 = 8: the spread of a sum of 64 independent terms is 8 times that of one.",
            ),
        ]
    )
