"""Part one: numbers through many layers and gradients back, with and without layer norm."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from ui.code import show_code
from ui.figures.curves import two_lines
from ui.numbers import RAISED, count, fmt
from ui.picks import choose, number_of

if TYPE_CHECKING:
    from engine.experiments.deep_network import DeepSettings, Signals
    from ui.lesson import Page

# What fits into the 32-bit numbers that models are trained with: NumPy's own limits.
SMALLEST, LARGEST = float(np.finfo(np.float32).smallest_subnormal), float(np.finfo(np.float32).max)
WITHOUT, WITH = "without layer norm", "with layer norm"
BOTH = (
    " A weight's gradient is the gradient that arrives times the number that went in: where both shrink alike, "
    "it is about the same in every layer, and as small as the two together."
)
OF = {"numbers": "numbers", "weights": "weights"}


@st.cache_resource(max_entries=64, show_spinner=False)
def signals(depth: int, width: int, gain: float, seed: int) -> tuple[DeepSettings, Signals, Signals]:
    """The experiment for these settings."""
    from engine.experiments.deep_network import DeepSettings, deep_signals

    settings = DeepSettings(depth, width, gain, seed)
    return (settings, *deep_signals(settings))


def show(page: Page) -> None:
    """Two charts by layer, and the arithmetic of one layer."""
    state = page.state
    left, right = page.stage(1, 3)
    with left:
        depth = state.slider("depth", "Depth, layers", 2, 100, 50)
        width = state.slider("width", "Width, numbers in a vector", 4, 128, 64)
        gain = state.slider("gain", "Gain of the weights", 0.1, 4.0, 1.0, step=0.05)
        seed = state.number("seed", "Seed", 0, 99_999, 123)
        of = state.choice("of", "Gradient with respect to a layer's …", list(OF), "numbers", labels=OF)
    numbers = of == "numbers"
    settings, plain, normed = signals(depth, width, gain, seed)
    layer = number_of(state.value("layer", ""), depth, depth // 2)

    def take(chart: str) -> None:
        choose(state, chart, "x", "layer")

    with right:
        one, two = st.columns(2)
        with one:
            st.markdown("**Forward:** how large the numbers are")
            frame, spec = two_lines(
                range(depth + 1),
                plain.spread,
                normed.spread,
                (WITHOUT, WITH),
                ("layer (0 is the input)", "standard deviation"),
                layer,
            )
            alt = "Standard deviation of the numbers after each layer, log axis"
            st.vega_lite_chart(
                frame, spec, key="spread", on_select=lambda: take("spread"), selection_mode="pick", alt=alt
            )
        with two:
            st.markdown("**Backward:** how much gradient arrives")
            frame, spec = two_lines(
                range(depth + 1) if numbers else range(1, depth + 1),
                plain.gradient if numbers else plain.weight_gradient,
                normed.gradient if numbers else normed.weight_gradient,
                (WITHOUT, WITH),
                ("layer (0 is the input)" if numbers else "layer", "length of the gradient"),
                layer,
            )
            alt = "Length of the gradient at each layer, log axis"
            st.vega_lite_chart(frame, spec, key="back", on_select=lambda: take("back"), selection_mode="pick", alt=alt)
        st.caption(
            f"{count(32)} random vectors go in. Every layer multiplies by random weights and bends what comes out "
            "(GELU, the next lesson); with layer norm, it stands between the two. At the end a random gradient of "
            "length 1 is put in and sent back, so read the right picture from right to left. **Standard deviation**, "
            f"or spread: how far numbers typically lie from their mean. A weight's is the gain / √{width}. Log axes: "
            "each step is a factor. Click a layer for its arithmetic." + ("" if numbers else BOTH)
        )
        st.markdown(verdict(plain.spread, WITHOUT) + " " + verdict(normed.spread, WITH))
    arithmetic(plain, normed, layer, settings.gain)
    show_code(code(settings), "layer_norm_depth")


def verdict(spread: np.ndarray, name: str) -> str:
    """What became of the numbers on their way, in words."""
    start, end = float(spread[0]), float(spread[-1])
    if end == 0 or end < SMALLEST:
        what = "smaller than any 32-bit number: **vanished**, an ordinary model would hold 0"
    elif end > LARGEST:
        what = "larger than any 32-bit number: **exploded**, an ordinary model would hold infinity"
    elif end < start / 1000:
        what = f"{fmt(start / end)} times smaller: it **vanishes**"
    elif end > start * 1000:
        what = f"{fmt(end / start)} times larger: it **explodes**"
    else:
        what = "of a similar size"
    return f"{name.capitalize()} the spread ends at **{fmt(end)}**, {what}."


def arithmetic(plain: Signals, normed: Signals, layer: int, gain: float) -> None:
    """The factor of one layer, and what it makes of many."""
    st.header("The arithmetic of one layer", anchor=False)
    depth, at = len(plain.spread) - 1, max(layer, 1)
    for column, name, s in zip(st.columns(2, gap="large"), (WITHOUT, WITH), (plain, normed), strict=True):
        first, last, mean = float(s.spread[0]), float(s.spread[-1]), mean_factor(s.spread)
        column.markdown(
            f"**{name.capitalize()}**\n"
            f"- Spread after layer {at} / before: {divided(s.spread[at], s.spread[at - 1])}\n"
            f"- On average a layer makes the spread {fmt(mean, 4)} times as large, and all {depth} of them: "
            f"{fmt(first)} × {fmt(mean, 4)}{str(depth).translate(RAISED)} = **{fmt(last)}**\n"
            f"- Gradient before layer {at} / after: {divided(s.gradient[at - 1], s.gradient[at])}"
        )
    st.markdown(
        "A factor of 0.9 or 1.1 looks harmless. But each layer multiplies "
        f"again, and **0.9⁵⁰ = {fmt(0.9**50)}** while **1.1⁵⁰ = {fmt(1.1**50)}**. Layer norm divides by the spread "
        "in every layer, so no factor is left to multiply. Move the gain: forward, the curve with layer norm does "
        f"not even notice. The gradients of the weights still do: they are divided by the gain, {fmt(gain)} here."
    )


def mean_factor(spread: np.ndarray) -> float:
    """The factor that, applied once in each layer, leads from the first spread to the last."""
    return float((spread[-1] / spread[0]) ** (1 / (len(spread) - 1)))


def divided(one: float, other: float) -> str:
    """A quotient, spelled out."""
    return f"{fmt(one)} / {fmt(other)} = **{fmt(one / other)}**" if other else f"{fmt(one)} / 0"


def code(settings: DeepSettings) -> list[str]:
    """The code behind the pictures."""
    s = settings
    return [
        "from engine.experiments.deep_network import DeepSettings, deep_signals\n\n"
        f"plain, normed = deep_signals(DeepSettings(depth={s.depth}, width={s.width}, gain={s.gain!r}, seed={s.seed}))",
        'for name, signals in (("without", plain), ("with", normed)):\n'
        '    print(name, "layer norm: spread after the last layer", signals.spread[-1])\n'
        '    print(name, "layer norm: gradient at the input", signals.gradient[0])\n'
        '    print(name, "layer norm: gradient of the first weights", signals.weight_gradient[0])',
    ]
