"""Part three: one curve, fitted by networks with one, two, four and eight times as many hidden units."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from ui.code import show_code
from ui.figures.feed_forward import error_by_width, fits
from ui.numbers import fmt

if TYPE_CHECKING:
    from engine.experiments.curve_fit import CurveFit
    from ui.lesson import Page

CURVES = {"wave": "Wave", "zigzag": "Zigzag", "steps": "Steps", "bell": "Bell"}
TIMES = {"1": "1×", "2": "2×", "4": "4×", "8": "8×"}


@st.cache_resource(max_entries=32, show_spinner="Training twelve small networks …")
def trained(target: str, seed: int) -> CurveFit:
    """All networks for one curve."""
    from engine.experiments.curve_fit import fit_curve

    return fit_curve(target, seed)


def show(page: Page) -> None:
    """Four widths side by side at one step of training, and the error against the width."""
    from engine.experiments.curve_fit import BASE, EVERY, POINTS, STARTS, STEPS

    state = page.state
    left, right = page.stage(1, 3)
    with left:
        target = state.choice("curve", "Curve to learn", list(CURVES), "wave", labels=CURVES)
        step = EVERY * state.slider("snapshot", f"Training, × {EVERY} steps", 0, STEPS // EVERY, STEPS // EVERY)
        start = state.slider("start", "Which start is drawn", 0, STARTS - 1, 0)
        seed = state.number("fit_seed", "Seed", 0, 99_999, 123)
    found = trained(target, seed)
    at = step // EVERY
    with right:
        grid, chart = st.columns([1.25, 1])
        with grid:
            for row in (0, 2):
                for column, which in zip(st.columns(2), (row, row + 1), strict=True):
                    with column:
                        units = int(found.widths[which])
                        error = fmt(float(found.errors[at, which, start]))
                        st.markdown(f"**{list(TIMES.values())[which]}**: {units} units, error {error}")
                        frame, spec = fits(found.x, found.target, found.fits[at, which, start], f"{units} hidden units")
                        alt = f"The curve and what {units} hidden units make of it"
                        st.vega_lite_chart(frame, spec, key=f"fit-{which}", alt=alt)
        with chart:
            st.markdown(f"**Error against width**, after {step} steps")
            frame, spec = error_by_width(found.widths.tolist(), found.errors[at], start)
            st.vega_lite_chart(frame, spec, key="error-by-width", alt="Mean squared error against the hidden width")
        st.caption(
            f"Dashed: the curve, {POINTS} points. One number goes in, a hidden layer with GELU ({BASE} units are 1×), "
            f"one number comes out. A dot for each of {STARTS} starts with other random weights (the drawn one stands "
            "out), the line through their middle one; both axes logarithmic. Drag the training slider to see how they "
            "got there."
        )
    last = np.median(found.errors[-1], axis=1)
    best = int(last.argmin())
    st.markdown(
        f"At the end the middle error with 8× is {fmt(float(last[-1]))}, with 1× it is {fmt(float(last[0]))}: "
        f"**{fmt(float(last[0] / last[-1]))} times** as much."
        + ("" if best == len(last) - 1 else f" Here {found.widths[best]} units came out best: more room, no guarantee.")
    )
    st.header("The arithmetic: why wider is richer", anchor=False)
    st.markdown(
        "A hidden unit makes one bend: GELU(w·x + b), at a place and with a steepness of its own. The output adds them "
        "up: **y = v₁·GELU(w₁x + b₁) + … + vₙ·GELU(wₙx + bₙ) + c**. With n units the curve can have about n bends, and "
        f"3n + 1 numbers to set: {3 * BASE + 1} for n = {BASE}, {3 * 8 * BASE + 1} for n = {8 * BASE}. Without GELU "
        "all of it would be one straight line, however wide: sums of straight lines are straight. A GPT's feed-forward "
        "is the same with D numbers in and out and 4 D in between: four times as many questions that it can ask about "
        "a token as the token has numbers."
    )
    show_code(code(target, seed, at, start), "feed_forward_fit")


def code(target: str, seed: int, at: int, start: int) -> list[str]:
    """The code behind the pictures."""
    return [
        f"from engine.experiments.curve_fit import fit_curve\n\nfound = fit_curve({target!r}, seed={seed})",
        f"at, start = {at}, {start}\nprint(found.steps[at], 'steps')\n"
        "for units, error in zip(found.widths, found.errors[at, :, start]):\n    print(units, 'hidden units, "
        "error', error)",
    ]
