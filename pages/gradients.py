"""Gradients and optimizers: four walks down a surface, one step written out, a real weight nudged, weight decay."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from ui.code import show_code
from ui.figures.gradients import curves, descent_map
from ui.lesson import Page, friendly_errors, lesson
from ui.lessons.gradients import measure, sections, words
from ui.lessons.gradients.formulas import written
from ui.numbers import fmt

if TYPE_CHECKING:
    from engine.experiments.descent import DescentSettings, Walk

NAMES = {"bowl": "Bowl", "ravine": "Ravine", "saddle": "Saddle", "rosenbrock": "Rosenbrock"}


def controls(page: Page) -> DescentSettings:
    """The surface, the start and the optimizers' settings."""
    from engine.experiments.descent import SURFACES, DescentSettings

    state = page.state
    surface = state.choice("surface", "Surface", list(NAMES), "ravine", labels=NAMES)
    found = SURFACES[surface]
    st.caption(f"loss = {found.formula}")
    one, two = st.columns(2)
    with one:
        x = state.number("x", "Start x", -found.span, found.span, found.start[0], 0.1)
    with two:
        y = state.number("y", "Start y", -found.span, found.span, found.start[1], 0.1)
    sgd = state.slider("sgd", "Rate of SGD, momentum: 10 to the power of", -3.0, 0.0, -1.5, 0.1)
    adam = state.slider("adam", "Rate of Adam, AdamW: 10 to the power of", -3.0, 0.0, -1.0, 0.1)
    momentum = state.slider("momentum", "Momentum", 0.0, 0.99, 0.9, 0.01)
    decay = state.slider("decay", "Weight decay of Adam, AdamW", 0.0, 1.0, 0.1, 0.05)
    steps = state.slider("steps", "Steps", 5, 300, 60, 5)
    return DescentSettings(surface, x, y, 10**sgd, 10**adam, momentum, decay, steps)


def draw_walks(settings: DescentSettings, walks: dict[str, Walk], name: str, step: int) -> None:
    """The map with the four paths; a click sets the start."""
    from engine.experiments.descent import height_map

    def start_here() -> None:
        picks = st.session_state["map"].selection.get("pick") or []
        if picks and "x" in picks[0] and "y" in picks[0]:
            page.state.set(x=round(float(picks[0]["x"]), 3), y=round(float(picks[0]["y"]), 3))

    at = walks[name].points[step]
    points = {n: walk.points for n, walk in walks.items()}
    frame, spec = descent_map(*height_map(settings.surface), points, (float(at[0]), float(at[1])))
    alt = "The surface from above with the paths of four optimizers"
    st.vega_lite_chart(frame, spec, key="map", on_select=start_here, selection_mode="pick", alt=alt)
    st.caption(
        "Seen from above: the darker in light mode (the lighter in dark mode), the higher the loss, on a log scale. "
        "A dot for each step. Click to start elsewhere. **SGD** (stochastic gradient descent) steps straight down the "
        "slope; **momentum** rolls on like a ball; **Adam** measures each direction by the usual size of its slopes; "
        "**AdamW** is Adam with weight decay, a pull of every weight towards 0, kept apart."
    )


def ends(walks: dict[str, Walk], steps: int) -> str:
    """Where each walk ended."""
    said = []
    for name, walk in walks.items():
        if walk.steps < steps:
            said.append(f"**{name}** diverged and was stopped after {walk.steps} steps")
        else:
            said.append(f"**{name}** {fmt(float(walk.losses[-1]))}")
    return f"Loss after {steps} steps: {', '.join(said)}."


def one_step(page: Page, settings: DescentSettings, walks: dict[str, Walk]) -> tuple[str, int]:
    """The arithmetic of one step of one optimizer; returns which."""
    from engine.experiments import descent

    st.header("One step, written out", anchor=False)
    left, right = page.stage(1, 2)
    with left:
        name = page.state.choice("opt", "Optimizer", list(walks), "Adam")
        last = walks[name].steps - 1
        step = page.state.slider("step", "Step", 0, last, 0) if last else 0
    with right:
        for axis, letter in enumerate("xy"):
            done = descent.one_step(name, settings, walks[name], step, axis)
            st.markdown(written(name, letter, settings, step, done))
        after = walks[name].points[step + 1]
        st.caption(f"torch.optim went to x = {fmt(float(after[0]), 4)}, y = {fmt(float(after[1]), 4)}.")
    return name, step


with lesson("gradients") as page:
    left, right = page.stage(1, 2)
    with left:
        settings = controls(page)
    with friendly_errors():
        walks = measure.walks(settings)
        with right:
            picture, losses = st.container(), st.container()
        name, step = one_step(page, settings, walks)
        with picture:
            draw_walks(settings, walks, name, step)
        with losses:
            rates = f"Rates: {fmt(settings.sgd_rate)} for the first two, {fmt(settings.adam_rate)} for the others."
            st.markdown(f"{ends(walks, settings.steps)} {rates}")
        log = settings.surface != "saddle"  # its losses go below 0
        frame, spec = curves({n: walk.losses.tolist() for n, walk in walks.items()}, "loss", log)
        st.header("The same walks as loss curves", anchor=False)
        st.vega_lite_chart(frame, spec, key="losses", alt="Loss of the four walks by step")
        show_code(measure.code(settings, name, step), "gradients")
    sections.draw_graph(page)
    sections.draw_nudge(page)
    sections.draw_decay(page)
    page.try_this(words.experiments())
    page.questions(words.questions())
    page.check(words.check())
