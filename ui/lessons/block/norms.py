"""Norm before against norm after: two small GPTs, trained on the page."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import streamlit as st

from ui.code import show_code
from ui.figures.block_parts import two_curves
from ui.lesson import friendly_errors
from ui.lessons.block import code
from ui.models import GATE
from ui.numbers import fmt

if TYPE_CHECKING:
    from engine.experiments.norm_placement import NormPoint
    from ui.lesson import Page

PRE, POST = "norm before (GPT-2)", "norm after (first transformer)"


@st.cache_resource(max_entries=32, show_spinner=False)
def kept(settings: str) -> list[NormPoint]:
    """The place where the curves of these settings are kept, empty at first."""
    return []


def trained(n_layers: int, learning_rate: float, steps: int, seed: int) -> list[NormPoint]:
    """Both curves; the first time they are trained, with a progress bar."""
    from engine.experiments.norm_placement import NormSettings, train_both

    settings = NormSettings(n_layers, learning_rate, steps, seed)
    done = kept(repr(settings))
    if done:
        return done
    bar, points = st.progress(0.0, "Training both …"), []
    with GATE:
        for point in train_both(settings):
            points.append(point)
            bar.progress((point.step + 1) / steps, f"Training both: step {point.step + 1} of {steps}")
    bar.empty()
    done[:] = points
    return points


@st.fragment
def draw_norms(page: Page) -> None:
    """The controls, and the two curves once asked for; a new setting trains again without running the page again."""
    st.header("Norm before, norm after", anchor=False)
    st.markdown(
        "GPT-2 normalises what each part reads, x + f(norm(x)), so the stream itself stays as it is. The first "
        "transformer normalised the sum, norm(x + f(x)), after every addition. f is attention or the feed-forward."
    )
    left, right = page.stage(1, 2.3)
    with left:
        layers = page.state.slider("blocks", "Blocks in each model", 1, 12, 6)
        exponent = page.state.slider("rate", "Learning rate, power of ten", -4.0, -1.0, -2.5, 0.25)
        steps = page.state.slider("steps", "Steps", 20, 200, 80, 20)
        seed = page.state.number("seed", "Seed", 0, 99_999, 1)
    with right, friendly_errors():
        if page.state.value("trained", "", ["", "1"]) != "1":
            st.info(
                "Two small GPTs (32 wide, 2 heads) will be trained here on our own shipped messages, character by "
                "character, with the same first weights and the same batches. Guess first: which learns faster, and "
                "what happens with more blocks?"
            )
            st.button("Train both", type="primary", key="train-both", on_click=page.state.set, kwargs={"trained": "1"})
            return
        points = trained(layers, 10**exponent, steps, seed)
        losses = {PRE: [p.pre_loss for p in points], POST: [p.post_loss for p in points]}
        frame, spec = two_curves([p.step for p in points], losses, "loss, nats a character")
        st.vega_lite_chart(frame, spec, key="norm-curves", alt="Loss of the pre-norm and the post-norm model")
        st.markdown(f"Learning rate {fmt(10**exponent)}. {verdict(points)}")
    show_code(code.norm_cells(layers, 10**exponent, steps, seed), "block_norms", "Show the code of this training")


def verdict(points: list[NormPoint]) -> str:
    """What the two curves say, as numbers: the mean of the last five points."""
    ends = []
    for name in ("pre_loss", "post_loss"):
        tail = [getattr(p, name) for p in points[-5:]]
        ends.append(math.nan if any(map(math.isnan, tail)) else sum(tail) / len(tail))
    first = points[0]
    said = f"At the end (mean of the last points): **{fmt(ends[0])}** with the norm before, **{fmt(ends[1])}** after."
    return (
        f"{said} Size of all gradients at the first step: {fmt(first.pre_gradient)} against {fmt(first.post_gradient)}."
    )
