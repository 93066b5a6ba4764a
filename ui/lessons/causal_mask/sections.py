"""The causal mask: what the page shows, part by part."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import streamlit as st

from ui import models
from ui.code import show_code
from ui.components.matrices import matrices
from ui.figures import causal_mask as draw
from ui.figures.causal_mask_charts import loss_bars, loss_lines, running_mean
from ui.figures.matrices import clamp_cell
from ui.figures.matrix import heat_map
from ui.lessons.causal_mask import code, masking, words
from ui.numbers import count, fmt, percent
from ui.word_vectors import JOURNEY, read_word_vectors

if TYPE_CHECKING:
    from engine.experiments.buffers import Held
    from engine.experiments.leak import LeakResult, LeakSettings
    from ui.components.matrices import Product
    from ui.lesson import Page
    from ui.lessons.causal_mask.masking import Masked
    from ui.share import PageState

PARTS = {
    "mask": "Before or after softmax",
    "leak": "Without a mask",
    "dropout": "Dropout",
    "buffer": "register_buffer",
}
SOURCES = {"six": "Six words", "text": "Real model"}
SAY = {
    "before": "Every score above the diagonal, where the future lies, becomes −∞. Softmax makes e^−∞ = **0** of it, "
    "and the rest of the row **sums to 1**.",
    "after": "Softmax first, over all words. Then the future becomes 0, and each row is **divided by its sum**: it "
    "adds up to 1 again.",
    "difference": "Both ways give the **same weights**: dividing by the sum of what is left cancels the share that the "
    "future had in softmax.",
    "bare": "Softmax first, then 0, **and no more**. Now rows do not sum to 1, and how much is missing depends on the "
    "words that should be hidden: only in this way do masked positions influence softmax.",
}
MODES = {"train": "train()", "eval": "eval()"}
MOVES = {
    "none": "stays",
    "float64": "float64",
    "meta": "meta",
    "cuda": "cuda",
}
LENGTHS = ["6", "256", "1024"]
ROUNDING = 1e-5  # differences of weights below this come from 32-bit numbers


@st.cache_resource(max_entries=8, show_spinner="Training two tiny models …")
def train_both(settings: LeakSettings) -> dict[bool, LeakResult]:
    """Both models, leaky and masked, trained when their turn comes."""
    from engine.experiments.leak import train_leaky_and_masked

    with models.GATE:
        return train_leaky_and_masked(settings)


@st.cache_data(max_entries=32, show_spinner=False)
def held(length: int, registered: bool, move: str) -> tuple[list[Held], str]:
    """What a module holds after a move, and whether its mask still works."""
    from engine.experiments.buffers import held_by, try_mask

    return held_by(length, registered, move), try_mask(registered, move)


def read_source(state: PageState) -> tuple[Masked, str]:
    """The words and their masks, and the cell of code that makes the scores."""
    source = state.choice("source", "Scores of", list(SOURCES), "six", labels=SOURCES)
    if source == "six":
        typed = state.text("words", "Words and their numbers", JOURNEY, area=True, height=182)
        seed = state.number("seed", "Seed of the query and key weights", 0, 99_999, 789)
        names, vectors = read_word_vectors(typed)
        return masking.six_words(names, vectors, seed), code.six_words(names, vectors, seed)
    text = state.text("text", "Text", words.TEXT, area=True, height=90)
    loaded = models.current()
    cfg = loaded.model.cfg
    # The pocket model's first layer looks at all tokens evenly; in the middle there is more to see.
    layer = state.number("layer", "Layer", 0, cfg.n_layers - 1, cfg.n_layers // 2)
    head = state.number("head", "Head", 0, cfg.n_heads - 1, 0)
    found = models.infer(masking.real_head, loaded, text, layer=layer, head=head)
    if found.left_out:
        st.caption(f"The first {masking.MOST_TOKENS} of {count(found.left_out + masking.MOST_TOKENS)} tokens.")
    return found, code.real_head(loaded.name, text, layer, head)


def draw_matrices(state: PageState, product: Product, key: str) -> tuple[int, int]:
    """The matrices of a product; returns the chosen cell."""
    cell = clamp_cell(state.value("cell", "2-1"), len(product.result.rows), len(product.result.columns))
    matrices(product, key, product.result.title, cell, lambda i, j: state.set(cell=f"{i}-{j}"))
    return cell


def leak_test(way: str, found: Masked) -> str:
    """Whether the last word gets through to the rows above it."""
    if way == "difference" or len(found.words) == 1:
        return ""
    moved = found.leaks[way]
    verdict = "nothing gets through"
    if moved:
        verdict = "**the future leaks in**" if moved > ROUNDING else "rounding, nothing gets through"
    return (
        f"*Leak test:* turn the last word's key round (times −1). In the rows above it, weights change by at most "
        f"**{fmt(moved)}**: {verdict}."
    )


def show_masks(page: Page) -> None:
    """Part one: before or after softmax."""
    state = page.state
    left, right = page.stage(1, 3.4)
    with left:
        found, cell = read_source(state)
    with right:
        way = state.choice("way", "Way to mask", list(masking.WAYS), "before", labels=masking.WAYS)
        st.markdown(SAY[way])
        draw_matrices(state, draw.product(way, found.words, found.arrays), f"mask-{way}")
        if said := leak_test(way, found):
            st.markdown(said)
        st.caption("A row looks, a column is looked at. Scores have no unit; weights are shares of 1. Click a cell.")
    show_code([cell, code.masks()], "causal_mask")


def show_dropout(page: Page) -> None:
    """Part three: dropout on the weights."""
    state = page.state
    left, right = page.stage(1, 3.4)
    with left:
        rate = state.slider("rate", "Dropout rate p", 0.0, 0.9, 0.5, 0.1)
        mode = state.choice("mode", "Mode", list(MODES), "train", labels=MODES)
        seed = state.number("draw", "Seed of the draw", 0, 99_999, 123)
        draws = state.slider("draws", "Draws to average", 1, 1000, 300)
        found, cell = read_source(state)
    weights = found.arrays["before"]
    many = masking.dropped(weights, rate, seed, draws, mode == "train")
    with right:
        st.markdown(
            f"In training each weight is dropped with probability p = {fmt(rate)}; the others are divided by 1 − p = "
            f"{fmt(1 - rate)}. In evaluation nothing happens. *Row sums* waver around 1 and are 1 on average."
        )
        i, j = draw_matrices(state, draw.dropout(found.words, weights, many[0], rate, mode == "train"), "dropout")
        one = many.sum(-1)[:, i] if j == len(weights) else many[:, i, j]
        truth = 1.0 if j == len(weights) else float(weights[i, j])
        frame, spec = running_mean(one, rate if mode == "train" else 0.0, truth)
        st.vega_lite_chart(frame, spec, key="mean", alt="Mean of the chosen cell over more and more draws")
        goes = f"its mean goes to {fmt(truth)}, its value before dropout (pink line). Without the scale it goes to "
        goes += f"(1 − p) of that, {fmt((1 - rate) * truth)}."
        if mode == "eval":
            goes = f"nothing is dropped, so it is {fmt(truth)} (pink line) in every one."
        st.caption(
            f"The chosen cell, averaged over draws (seed {seed}): {goes} After {count(draws)} "
            f"{'draw' if draws == 1 else 'draws'} the means of all cells are within "
            f"{fmt(float(abs(many.mean(0) - weights).max()))} of their weights."
        )
    show_code([cell, code.masks(), code.dropout(rate, seed, draws)], "causal_mask_dropout")


def show_leak(page: Page) -> None:
    """Part two: a model that peeks."""
    state = page.state
    from engine.experiments.leak import LeakSettings

    left, right = page.stage(1, 2.6)
    with left:
        text = state.text("story", "Text to learn", words.STORY, area=True, height=170)
        seed = state.number("weights", "Seed of weights and batches", 0, 99_999, 2)
        st.caption(
            "Each character is a token. Two GPTs of one block and one head, the same weights at the start, the same "
            "batches, trained now on this machine. Only the mask differs."
        )
    with right:
        found = train_both(LeakSettings(text, seed=seed))
        leaky, masked = found[False], found[True]
        end, honest = (float(result.losses[-20:].mean()) for result in (leaky, masked))
        st.markdown(
            f"Without the mask the loss falls to **{fmt(end)}**, with it to **{fmt(honest)}** "
            f"(means of the last 20 steps). A loss of {fmt(end)} gives the right character a probability of about "
            f"e^−{fmt(end)} = {percent(math.exp(-end))}. Is that the better model? Let both write:"
        )
        for name, result in (("without the mask", leaky), ("with the mask", masked)):
            st.code(f"{name:>16} │ {text[: len(result.window) // 2]}▸{result.written}", language=None, wrap_lines=True)
        curve, bars = st.columns(2)
        frame, spec = loss_lines({m: r.losses for m, r in found.items()}, math.log(len(set(text))))
        curve.vega_lite_chart(frame, spec, key="losses", alt="Training loss of both models by step")
        frame, spec = loss_bars({m: (float(r.reading.mean()), float(r.writing.mean())) for m, r in found.items()})
        bars.vega_lite_chart(frame, spec, key="loss-bars", alt="Loss of both models, training and writing")
        st.caption(
            f"Dotted: guessing evenly among {len(set(text))} characters, ln {len(set(text))} = "
            f"{fmt(math.log(len(set(text))))}. "
            "With the mask, training and writing are the same exercise, so the two losses are equal. ▸ marks where "
            f"the models go on. Trained in {fmt(leaky.seconds + masked.seconds)} s."
        )
    st.header("Where the two models look", anchor=False)
    for column, result, name in zip(st.columns(2), (leaky, masked), ("Without the mask", "With the mask"), strict=True):
        size, hidden = len(result.window), None
        if result is masked:
            import numpy as np

            hidden = ~np.tri(size, dtype=bool)
        frame, spec = heat_map(
            result.weights, result.window, result.window, value_name="attention weight", top=1.0, hidden=hidden
        )
        spec["layer"] = spec["layer"][:1]  # the numbers would not fit
        spec["encoding"]["x"]["axis"]["labelAngle"] = 0
        column.markdown(f"**{name}**")
        column.vega_lite_chart(frame, spec, key=name, alt=f"{name}: attention weights of one window")
    ahead = leaky.weights.diagonal(1)
    st.caption(
        f"The first {len(leaky.window)} characters. Without the mask, places put {percent(float(ahead.mean()))} of "
        "their weight, on average, on the character right after them: the one that they should predict."
    )
    show_code(code.leak(text, seed), "causal_mask_leak")


def show_buffer(page: Page) -> None:
    """Part four: register_buffer."""
    state = page.state
    from engine.experiments.buffers import moves

    left, right = page.stage(1, 2.8)
    with left:
        length = int(state.choice("length", "context_length", LENGTHS, "6"))
        here = list(moves())
        move = state.choice("move", "Move the module with .to(…)", here, "none", labels=MOVES)
        st.caption(
            "**float64** is a wider number format; **meta** is PyTorch's device for shapes without numbers. Moving "
            "there works as moving to a GPU does."
        )
    with right:
        st.markdown(
            f"The mask is {length} × {length} = {count(length**2)} numbers, {count(4 * length**2)} bytes. It "
            "belongs to the model, but training must not touch it: `register_buffer`. A plain `self.mask = …` is left "
            "behind when the model moves."
        )
        for registered, title in ((True, "`register_buffer('mask', …)`"), (False, "`self.mask = …`")):
            rows, complaint = held(length, registered, move)
            st.markdown(f"**{title}**")
            st.dataframe(
                {
                    "tensor": [row.name for row in rows],
                    "shape": [str(row.shape) for row in rows],
                    "dtype": [row.dtype for row in rows],
                    "device": [row.device for row in rows],
                    "in parameters()": [row.parameter for row in rows],
                    "in buffers()": [row.buffer for row in rows],
                    "in state_dict()": [row.saved for row in rows],
                },
                hide_index=True,
                key=f"held-{registered}",
            )
            if complaint:
                st.markdown(f"Applying the mask to scores fails. PyTorch says: `{complaint}`")
            else:
                st.markdown("Applying the mask to scores where the weights now are: works.")
        st.caption(
            "An optimizer gets `parameters()`, so it never changes the mask. `state_dict()` is what is saved. Another "
            "number format leaves a plain mask behind too; that does no harm, because it is turned into true and false."
        )
    show_code(code.buffer(length, move), "causal_mask_buffer")
