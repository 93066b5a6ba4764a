"""Part one: print_gradients as a picture, for the notes' network at any depth."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from ui.code import show_code
from ui.figures.shortcuts import WITH, WITHOUT, gradient_bars, gradient_points
from ui.numbers import fmt
from ui.picks import choose, number_of

if TYPE_CHECKING:
    from engine.experiments.shortcuts import LayerGradients
    from ui.lesson import Page

AXES = {"log": "Logarithmic", "linear": "Linear"}


@st.cache_resource(max_entries=64, show_spinner=False)
def gradients(depth: int, seed: int) -> tuple[LayerGradients, LayerGradients]:
    """The experiment without shortcuts and with them."""
    from engine.experiments.shortcuts import layer_gradients

    return layer_gradients(depth, False, seed), layer_gradients(depth, True, seed)


def show(page: Page) -> None:
    """Two numbers for each layer, what print_gradients prints, and the mean of one layer."""
    state = page.state
    left, right = page.stage(1, 3)
    with left:
        depth = state.slider("depth", "Depth, layers", 2, 30, 5)
        seed = state.number("seed", "Seed", 0, 99_999, 123)
        axis = state.choice("axis", "Axis", list(AXES), "log", labels=AXES)
        st.caption(
            "The notes' network: every layer takes 3 numbers and gives 3, the last gives 1. In goes [1, 0, −1], out "
            "should come 0. At depth 5 and seed 123 these are the book's numbers."
        )
    plain, shortcut = gradients(depth, seed)
    layer = number_of(state.value("layer", ""), depth - 1, 0)
    with right:
        log = axis == "log"
        frame, spec = (gradient_points if log else gradient_bars)(plain.means, shortcut.means, layer)
        key = f"gradients-{axis}"
        st.vega_lite_chart(
            frame,
            spec,
            key=key,
            on_select=lambda: choose(state, key, "x" if log else "layer", "layer"),
            selection_mode="pick",
            alt="Mean size of the gradients of each layer, without and with shortcuts",
        )
        axis_words = "Logarithmic: each step up is a factor. " if log else ""
        st.caption(f"{axis_words}Input on the left, answer on the right. Click a layer for its arithmetic.")
        st.markdown(summary(plain, shortcut))
    one, two = st.columns(2, gap="large")
    with one:
        arithmetic(plain, shortcut, layer)
    with two:
        st.header("What print_gradients prints", anchor=False)
        for name, found in ((WITHOUT, plain), (WITH, shortcut)):
            st.caption(name.capitalize())
            st.code(printed(found), language=None, wrap_lines=True, height="content" if depth <= 8 else 200)
    show_code(code(depth, seed), "shortcuts_bars")


def summary(plain: LayerGradients, shortcut: LayerGradients) -> str:
    """How the first layer stands to the last in both networks."""
    parts = []
    for name, found in ((WITHOUT, plain), (WITH, shortcut)):
        first, last = float(found.means[0]), float(found.means[-1])
        if not first or not last:
            parts.append(
                f"{name.capitalize()} the first layer's gradients are {fmt(first)}, the last one's {fmt(last)}."
            )
        elif first < last:
            parts.append(
                f"{name.capitalize()} the first layer gets a gradient **{fmt(last / first)}** times smaller "
                "than the last."
            )
        else:
            parts.append(
                f"{name.capitalize()} the first layer gets a gradient **{fmt(first / last)}** times larger "
                "than the last."
            )
    return " ".join(parts)


def printed(found: LayerGradients) -> str:
    """The lines of print_gradients."""
    return "\n".join(f"{name} has gradient mean of {mean}" for name, mean in zip(found.names, found.means, strict=True))


def arithmetic(plain: LayerGradients, shortcut: LayerGradients, layer: int) -> None:
    """One layer's mean: of which numbers it is made."""
    st.header(f"The arithmetic of layer {layer}", anchor=False)
    st.markdown(
        "Each weight has a **gradient**: how fast the loss grows when that weight grows. Training moves every weight "
        "by a small multiple of it, the other way. The picture shows the mean *size* of a layer's gradients, without "
        "signs:"
    )
    for name, found in ((WITHOUT, plain), (WITH, shortcut)):
        sizes = np.abs(found.gradients[layer]).ravel()
        terms = " + ".join(fmt(float(size)) for size in sizes)
        mean = fmt(float(found.means[layer]))
        st.markdown(f"- {name.capitalize()}: ({terms}) / {len(sizes)} = **{mean}**")
    st.markdown(
        f"The loss is the squared distance from 0: without shortcuts the network answers {fmt(plain.output)}, loss "
        f"{fmt(plain.loss)}; with them {fmt(shortcut.output)}, loss {fmt(shortcut.loss)}. A larger answer alone makes "
        "all gradients larger; what shortcuts change is how they compare **from layer to layer**."
    )


def code(depth: int, seed: int) -> list[str]:
    """The code behind the bars, as the notes have it."""
    sizes = f"[3] * {depth} + [1]" if depth != 5 else "[3, 3, 3, 3, 3, 1]"
    return [
        "import torch\n\nfrom engine import ExampleDeepNeuralNetwork, print_gradients\n\n"
        f"sizes = {sizes}\nsample_input = torch.tensor([[1.0, 0.0, -1.0]])",
        f"torch.manual_seed({seed})\n"
        "print_gradients(ExampleDeepNeuralNetwork(sizes, use_shortcut=False), sample_input)",
        f"torch.manual_seed({seed})\nprint_gradients(ExampleDeepNeuralNetwork(sizes, use_shortcut=True), sample_input)",
    ]
