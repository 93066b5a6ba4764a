"""Part two: why. One number through one unit a layer, so that every slope is a number and can be multiplied."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from ui.code import show_code
from ui.figures.curves import two_lines
from ui.figures.shortcuts import WITH, WITHOUT
from ui.numbers import fmt
from ui.picks import choose, number_of

if TYPE_CHECKING:
    from engine.experiments.shortcuts import Chain
    from ui.lesson import Page

MOST_FACTORS = 6


@st.cache_resource(max_entries=64, show_spinner=False)
def chains(depth: int, seed: int) -> tuple[Chain, Chain]:
    """The chain without shortcuts and with them."""
    from engine.experiments.shortcuts import slope_chain

    return slope_chain(depth, False, seed), slope_chain(depth, True, seed)


def show(page: Page) -> None:
    """What is left of the gradient at each layer, and the factors that made it."""
    state = page.state
    left, right = page.stage(1, 3)
    with left:
        depth = state.slider("chain_depth", "Depth, layers", 2, 30, 5)
        seed = state.number("chain_seed", "Seed", 0, 99_999, 123)
        st.markdown(
            "A layer of **one** unit: x → GELU(w·x + b). Its **slope s** says how much more comes out for a little "
            "more x. Slopes of layers in a row **multiply**. A shortcut adds x itself, so the layer's slope becomes "
            "**1 + s**."
        )
    plain, shortcut = chains(depth, seed)
    layer = number_of(state.value("chain_layer", ""), depth - 1, 0)
    with right:
        one, two = st.columns([1.25, 1])
        with one:
            st.markdown("**What is left of the gradient** on its way back")
            left_over, kept = (np.abs(np.append(c.total, c.arriving)) for c in (plain, shortcut))
            frame, spec = two_lines(
                range(depth + 1),
                left_over,
                kept,
                (WITHOUT, WITH),
                ("after layer (0: the input)", "size of the slope of the output"),
                layer + 1,
            )
            st.vega_lite_chart(
                frame,
                spec,
                key="chain",
                on_select=lambda: choose(state, "chain", "x", "chain_layer", lambda n: str(max(n - 1, 0))),
                selection_mode="pick",
                alt="Slope of the output with respect to each layer's output, log axis",
            )
            st.caption("Read from right (the output, 1) to left (the input). Log axis. Click a place for its layer.")
        with two:
            st.markdown("**The factors**, input side first")
            st.dataframe(
                {
                    "layer": list(range(depth)),
                    "without: s": plain.slopes,
                    "with: 1 + s": 1 + shortcut.slopes,
                },
                hide_index=True,
                key="factors",
                height=min(36 + 35 * depth, 300),
                column_config={
                    name: st.column_config.NumberColumn(format="%.4f") for name in ("without: s", "with: 1 + s")
                },
            )
            st.caption(
                "s differs between the two networks where different numbers arrive: GELU's slope depends on them."
            )
    arithmetic(plain, shortcut, layer)
    show_code(code(depth, seed), "shortcuts_why")


def arithmetic(plain: Chain, shortcut: Chain, layer: int) -> None:
    """The whole product without and with shortcuts, and the slope of the chosen layer."""
    st.header("The arithmetic", anchor=False)
    w, b, x, s = (float(part[layer]) for part in (plain.weights, plain.biases, plain.places, plain.slopes))
    inner = w * x + b
    bent = f"{fmt(s / w, 4)} × " if w else ""
    st.markdown(
        f"- **Layer {layer}**, without shortcuts: {fmt(w, 4)} × {bracket(x, 4)} + {bracket(b, 4)} = {fmt(inner, 4)}. "
        f"GELU's slope there, times the weight: s = {bent}{bracket(w, 4)} = **{fmt(s, 4)}**\n"
        f"- **All layers, without:** {product(plain.slopes)} = **{fmt(plain.total, 4)}**\n"
        f"- **All layers, with:** {product(1 + shortcut.slopes)} = **{fmt(shortcut.total, 4)}**\n\n"
        "Without shortcuts one small slope is enough to silence every layer before it. With them each factor has a 1 "
        "in it: multiplied out, (1 + s₁)(1 + s₂)… = 1 + s₁ + s₂ + … + s₁s₂ + …, and the **1** is a path on which "
        "nothing is lost. A factor can still be larger or smaller than 1, so in a deep chain the product may grow; "
        "that is what small initial weights and layer norm are for."
    )


def product(factors: np.ndarray) -> str:
    """The factors with signs between them; of many, the first and the last."""
    words = [bracket(float(factor)) for factor in factors]
    if len(words) > MOST_FACTORS:
        words = [*words[: MOST_FACTORS - 1], "…", words[-1]]
    return " × ".join(words)


def bracket(value: float, digits: int = 3) -> str:
    """A number inside a formula: in brackets when it is negative."""
    return f"({fmt(value, digits)})" if value < 0 else fmt(value, digits)


def code(depth: int, seed: int) -> list[str]:
    """The code behind the picture."""
    return [
        "import numpy as np\n\nfrom engine.experiments.shortcuts import slope_chain\n\n"
        f"plain = slope_chain({depth}, use_shortcut=False, seed={seed})\n"
        f"shortcut = slope_chain({depth}, use_shortcut=True, seed={seed})",
        "print(plain.slopes, np.prod(plain.slopes), plain.total)\n"
        "print(1 + shortcut.slopes, np.prod(1 + shortcut.slopes), shortcut.total)",
    ]
