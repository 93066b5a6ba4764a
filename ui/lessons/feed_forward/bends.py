"""Part one: GELU and ReLU, and their slopes at a chosen place."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from ui.code import show_code
from ui.figures.feed_forward import BENDS, bend_lines
from ui.numbers import fmt

if TYPE_CHECKING:
    from engine.experiments.bends import Bend
    from ui.lesson import Page

REACH = 6.0
X = np.linspace(-REACH, REACH, 481)
AXES = {"plain": "As it is", "log": "Its size, on a log axis"}


@st.cache_resource(max_entries=1, show_spinner=False)
def curves() -> dict[str, Bend]:
    """Value and slope of each bend at every place of the picture."""
    from engine.experiments import bends

    return {name: bends.bend(key, X) for name, key in zip(BENDS, bends.BENDS, strict=True)}


def show(page: Page) -> None:
    """Two charts over x, and the arithmetic at one x."""
    from engine.experiments.bends import lowest_point

    state = page.state
    left, right = page.stage(1, 3)
    with left:
        x = state.slider("x", "x, the sum that a unit has added up", -REACH, REACH, -0.75, step=0.05)
        axis = state.choice("axis", "Draw the slope", list(AXES), "plain", labels=AXES)
        low, value = lowest_point()
        st.markdown(
            "A **unit** adds up the numbers that it gets, each times a weight, and a bias: that sum is x. Then GELU or "
            "ReLU makes of x what the unit puts out.\n\n"
            f"GELU is lowest at **x = {fmt(low, 4)}**, where it is {fmt(value)}. **Its slope is 0 there**, negative to "
            "the left of it, and dies away further left: a smaller dead zone than ReLU's, not none."
        )
    found = curves()
    with right:
        one, two = st.columns(2)
        with one:
            st.markdown("**What comes out**")
            frame, spec = bend_lines(X, {name: b.value for name, b in found.items()}, x, "value")
            st.vega_lite_chart(frame, spec, key="bend-values", alt="GELU, its tanh form and ReLU against x")
        with two:
            log = axis == "log"
            st.markdown("**Slope:** how much comes out more, for a little more x")
            title = "size of the slope" if log else "slope"
            frame, spec = bend_lines(X, {name: b.slope for name, b in found.items()}, x, title, log)
            st.vega_lite_chart(frame, spec, key="bend-slopes", alt="Slopes of GELU, its tanh form and ReLU against x")
        st.caption(
            "Neither x nor what comes out has a unit of measure. The tanh form is what GPT-2 was trained with; it was "
            f"faster to compute. In this picture it differs from the exact GELU by at most {fmt(farthest(found))}."
            + (" ReLU's slope is exactly 0 below 0, so it has no line there." if log else "")
        )
    arithmetic(x)
    show_code(code(x), "feed_forward_bends")


def farthest(found: dict[str, Bend]) -> float:
    """The largest difference between GELU and its tanh form."""
    exact, form = (found[name].value for name in BENDS[:2])
    return float(np.abs(exact - form).max())


def arithmetic(x: float) -> None:
    """Values and slopes at x, spelled out."""
    from engine.experiments.bends import BENDS as KEYS
    from engine.experiments.bends import bend, normal_density, normal_share

    st.header("The arithmetic at this x", anchor=False)
    exact, form, relu = (bend(key, np.array([x])) for key in KEYS)
    share, density = normal_share(x), normal_density(x)
    inner = math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)
    at = bracket(x)
    st.markdown(
        f"- **GELU** = x · Φ(x) = {fmt(x)} × {fmt(share)} = **{fmt(float(exact.value[0]))}**. Its slope is Φ(x) + "
        f"x · φ(x) = {fmt(share)} + {at} × {fmt(density)} = **{fmt(float(exact.slope[0]))}**.\n"
        f"- **Its tanh form** = x/2 · (1 + tanh u), where u = 0.798 × ({fmt(x)} + 0.0447 × {at}³) = {fmt(inner)}: "
        f"{fmt(x / 2)} × (1 + {bracket(math.tanh(inner))}) = **{fmt(float(form.value[0]))}**. Slope "
        f"**{fmt(float(form.slope[0]))}**.\n"
        f"- **ReLU** = x above 0, else 0: **{fmt(float(relu.value[0]))}**. Slope **{fmt(float(relu.slope[0]))}**"
        f"{' (at 0 PyTorch takes 0)' if x == 0 else ''}.\n\n"
        f"Φ(x) = {fmt(share)} is the share of a bell curve (normal distribution, mean 0, variance 1) that lies below "
        f"x, and φ(x) = {fmt(density)} is the bell's height there. So GELU lets each number pass *as far as it stands "
        "out from the usual*. When a network learns, what arrives behind the unit is multiplied by this slope before "
        "it reaches the weights in front of it: with slope 0, they do not move."
    )


def bracket(value: float) -> str:
    """A number inside a formula: in brackets when it is negative."""
    return f"({fmt(value)})" if value < 0 else fmt(value)


def code(x: float) -> list[str]:
    """The code behind the pictures."""
    return [
        "import numpy as np\n\nfrom engine.experiments.bends import BENDS, bend, lowest_point\n\n"
        f"for name in BENDS:\n    at = bend(name, np.array([{x!r}]))\n    print(name, at.value[0], at.slope[0])\n"
        'print("GELU is lowest at", lowest_point())',
        "import torch\n\nfrom engine import GELU\n\nx = torch.linspace(-6, 6, 481)\n"
        'assert torch.allclose(GELU()(x), torch.nn.functional.gelu(x, approximate="tanh"), atol=1e-6)',
    ]
