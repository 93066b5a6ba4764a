"""The parts of the lesson on gradients below its first picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from ui import models
from ui.code import show_code
from ui.figures.gradients import curves
from ui.figures.slopes import decay_bars, graph, nearest, nudge_lines
from ui.lesson import friendly_errors
from ui.lessons.gradients import measure
from ui.lessons.gradients.formulas import brackets
from ui.lessons.gradients.words import START
from ui.numbers import count, fmt
from ui.picks import choose

if TYPE_CHECKING:
    from engine.analysis.nudge import Nudge
    from ui.lesson import Page

INPUTS = (("w", "", 0.5), ("input", " x", 1.5), ("b", "", -1.0))


def draw_graph(page: Page) -> None:
    """Backpropagation on a graph of seven numbers."""
    from engine.experiments.backprop import backpropagate

    st.header("Where slopes come from: backpropagation", anchor=False)
    left, right = page.stage(1, 2.3)
    with left:
        w, x, b = (page.state.slider(n, f"{n}{of}", -3.0, 3.0, d, 0.1) for n, of, d in INPUTS)
        st.caption(
            "A model of two weights, w and b. σ, the sigmoid, squeezes any number between 0 and 1: σ(z) = 1 / (1 + "
            "e to the power of −z). So p is a probability, the one that the model gives to the truth."
        )
    found = backpropagate(w, x, b)
    with right:
        frame, spec = graph(found.values, found.slopes, found.gradients)
        st.vega_lite_chart(frame, spec, key="graph", alt="A computation graph with values, slopes and gradients")
        s, g = found.slopes, found.gradients
        chain = [s["p", "loss"], s["z", "p"], s["wx", "z"], s["w", "wx"]]
        st.markdown(
            "At each node stand its value and the slope of the loss there. Forward, from left to right, each node "
            "computes its value. Backward, from right to left, the **slopes** on the arrows are multiplied (the chain "
            f"rule). The slope of the loss at w: {' × '.join(brackets(v) for v in chain)} = **{fmt(g['w'])}**: make w "
            f"larger by 0.01, and the loss changes by about {fmt(0.01 * g['w'])}."
        )


@st.fragment
def draw_nudge(page: Page) -> None:
    """One real weight nudged."""
    st.header("One real weight, nudged", anchor=False)
    loaded = models.current()
    left, right = page.stage(1, 2.3)
    with left:
        text = page.state.text("text", "Text", START, area=True, height=96)
        names = models.infer(measure.names, loaded, "")
        name = page.state.select("matrix", "Weight matrix", names, default_matrix(names))
        own = page.state.toggle("own", "Choose the weight in it", False)
        rows, columns = loaded.model.get_parameter(name).shape
        cell = None
        if own:
            row = page.state.number("row", "Row", 0, rows - 1, 0)
            cell = row, page.state.number("column", "Column", 0, columns - 1, 0)
        else:
            st.caption(f"Of its {count(rows * columns)} weights the one with the steepest slope is taken.")
        exponent = page.state.slider("nudge", "Nudge, power of ten", -8.0, 1.0, -2.0, 0.5)
    with right, friendly_errors():
        with st.spinner("Measuring the loss again and again …"):
            found = models.infer(measure.nudge, loaded, text, name=name, cell=cell)
        at = nearest(found.sizes.tolist(), 10**exponent)
        _nudged(page, found, at)
        cell = found.row, found.column
        show_code(measure.nudge_code(loaded.name, text, name, cell), "gradients_weight", "Show the code of the nudges")


def default_matrix(names: list[str]) -> str:
    """The last block's second feed-forward matrix."""
    return [name for name in names if name.endswith("ff.layers.2.weight")][-1]


def _nudged(page: Page, found: Nudge, at: int) -> None:
    """The picture of all nudges, and the arithmetic of one."""
    changes = found.losses - found.loss
    frame, spec = nudge_lines(found.sizes, changes, found.gradient, found.rounding, at)
    alt = "Change of the loss against the nudge, promised and measured"
    st.vega_lite_chart(
        frame,
        spec,
        key="nudges",
        on_select=lambda: choose(page.state, "nudges", "place", "nudge", measure.EXPONENTS.__getitem__),
        selection_mode="pick",
        alt=alt,
    )
    size, promised, change = float(found.sizes[at]), found.gradient * float(found.sizes[at]), float(changes[at])
    share = f"{fmt(change / promised)} times as much as promised" if promised else "nothing was promised"
    st.markdown(
        f"Weight at row {count(found.row)}, column {count(found.column)}: {fmt(found.weight, 4)}, gradient "
        f"{fmt(found.gradient, 4)}. Nudged by {fmt(size)}: the loss goes from {found.loss:.7f} to "
        f"{found.losses[at]:.7f}, a change of **{fmt(change)}**. The gradient promised {brackets(found.gradient)} × "
        f"{fmt(size)} = **{fmt(promised)}**: {share}."
    )
    st.caption(
        f"Dashed: {fmt(found.rounding)}, the distance of neighbouring numbers in single precision at this loss; below "
        "it a change is rounding, and a change of exactly 0 is drawn at the lower edge. To the right the promise "
        "fails for another reason: the slope itself changes on the way. Where points and line agree, the loss is as "
        "good as straight."
    )


@st.fragment
def draw_decay(page: Page) -> None:
    """Weight decay, in the gradient and of the weight."""
    st.header("Weight decay: Adam against AdamW", anchor=False)
    st.markdown(
        "Weight decay pulls every weight towards 0, so that only those that earn it stay large. A linear model with "
        "eight features is trained; features differ in size a hundredfold, and so do the gradients of their weights. "
        "Every true weight is 1, every weight starts at 2."
    )
    left, right = page.stage(1, 2.3)
    with left:
        amount = page.state.slider("lambda", "Weight decay", 0.0, 1.0, 0.2, 0.05)
        seed = page.state.number("seed", "Seed of the data", 0, 99_999, 1)
    with right, friendly_errors():
        found = measure.decay(amount, seed)
        one, two = st.columns(2)
        with one:
            frame, spec = curves({k: v.tolist() for k, v in found.lengths.items()}, "length of all weights together")
            st.vega_lite_chart(frame, spec, key="decay-lengths", alt="Length of the weights over the training")
        with two:
            frame, spec = decay_bars(found.scales, found.weights)
            st.vega_lite_chart(frame, spec, key="decay-weights", alt="Weights at the end by size of feature")
    ends = "; ".join(f"{kind}: {fmt(float(found.lengths[kind][-1]))}" for kind in found.lengths)
    plain, l2, decoupled = found.weights.values()
    st.markdown(
        f"Length at the end: {ends}. What decay left of each weight, smallest and largest feature: in the gradient "
        f"{_kept(l2[0], plain[0])} and {_kept(l2[-1], plain[-1])}, of the weight {_kept(decoupled[0], plain[0])} and "
        f"{_kept(decoupled[-1], plain[-1])} of what Adam without decay has. Decay that is put into the gradient is "
        "divided by Adam's √v as everything else is: where gradients are large, little of it is left. AdamW takes the "
        "same share from every weight at every step; what is left in the end depends on how hard the data pull back."
    )
    show_code(measure.decay_code(amount, seed), "gradients_decay", "Show the code of weight decay")


def _kept(after: float, before: float) -> str:
    return fmt(after / before) if before else "nothing"
