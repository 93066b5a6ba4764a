"""Part two: units that die while a network learns, counted live, with ReLU and with GELU."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from ui.code import show_code
from ui.figures.feed_forward import dead_lines, unit_slopes
from ui.numbers import count, fmt

if TYPE_CHECKING:
    from engine.experiments.dead_units import DeadUnits
    from ui.lesson import Page

RATES = ["0.003", "0.01", "0.03", "0.1", "0.3", "1"]


@st.cache_resource(max_entries=32, show_spinner="Training both networks …")
def trained(rate: float, seed: int) -> tuple[DeadUnits, DeadUnits]:
    """Both trainings: with ReLU, with GELU."""
    from engine.experiments.dead_units import count_dead_units

    return count_dead_units("relu", rate, seed), count_dead_units("gelu", rate, seed)


def show(page: Page) -> None:
    """Dead units and loss over the steps, and every unit's slope at the end."""
    from engine.experiments.dead_units import EXAMPLES, HIDDEN, SMALLEST_SLOPE, STEPS

    state = page.state
    left, right = page.stage(1, 3)
    with left:
        rate = float(state.choice("rate", "Learning rate", RATES, "0.1"))
        seed = state.number("dead_seed", "Seed", 0, 99_999, 123)
        st.caption(
            f"Two networks, the same {HIDDEN} hidden units at the start, the same {EXAMPLES} examples, {STEPS} steps "
            "with Adam (the lesson on gradients has it), trained when you change something. **Dead**: for every "
            f"example the unit's slope is smaller than {fmt(SMALLEST_SLOPE, 1)}, so no example moves its weights (with "
            "ReLU: its sum is negative for all)."
        )
    relu, gelu = trained(rate, seed)
    with right:
        one, two = st.columns(2)
        with one:
            st.markdown(f"**Dead units**, of {HIDDEN}")
            steps = relu.steps.tolist()
            frame, spec = dead_lines(steps, relu.dead.tolist(), gelu.dead.tolist(), "dead units", log=False)
            st.vega_lite_chart(frame, spec, key="dead", alt="Dead units over the training steps, ReLU and GELU")
        with two:
            st.markdown("**Loss**, on the same examples")
            frame, spec = dead_lines(steps, relu.loss.tolist(), gelu.loss.tolist(), "mean squared error", log=True)
            st.vega_lite_chart(frame, spec, key="dead-loss", alt="Loss over the training steps, ReLU and GELU")
        st.markdown(
            f"After {STEPS} steps **{relu.dead[-1]} of {HIDDEN}** units are dead with ReLU (at the start "
            f"{relu.dead[0]}) and **{gelu.dead[-1]}** with GELU (at the start {gelu.dead[0]})."
        )
        for column, (name, run) in zip(st.columns(2), (("ReLU", relu), ("GELU", gelu)), strict=True):
            with column:
                st.markdown(f"**{name}:** every unit after the last step")
                frame, spec = unit_slopes(run.slopes, SMALLEST_SLOPE)
                alt = f"The largest slope of every hidden unit over all examples, sorted, with {name}"
                st.vega_lite_chart(frame, spec, key=f"slopes-{name}", alt=alt)
        st.caption(
            "Each bar is a hidden unit after the last step: the largest size of its slope over all examples. ReLU has "
            "0 or 1, nothing between. Count the missing bars."
        )
    st.header("The arithmetic of one unit", anchor=False)
    at = int(relu.slopes.argmin())
    slope = float(relu.slopes[at])
    st.markdown(
        f"Take unit {at} with ReLU; its largest slope is {fmt(slope)}. What moves its weights in one example is "
        "the gradient that comes back to it × **slope** × input. "
        + (
            f"With slope 0 that is 0 × everything = **0** for all {count(EXAMPLES)} examples, and their sum is 0: "
            "plain gradient descent could never move it again. Adam still carries it on for a while, because it "
            "remembers earlier gradients, and that can bring one back; the count above may fall for that reason."
            if slope == 0
            else "It is alive: at least one example moves it. Try a larger learning rate."
        )
    )
    show_code(code(rate, seed), "feed_forward_dead")


def code(rate: float, seed: int) -> list[str]:
    """The code behind the pictures."""
    return [
        "from engine.experiments.dead_units import count_dead_units\n\n"
        'for bend in ("relu", "gelu"):\n'
        f"    run = count_dead_units(bend, rate={rate!r}, seed={seed})\n"
        '    print(bend, run.dead.tolist(), "loss", run.loss[-1])'
    ]
