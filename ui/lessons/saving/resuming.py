"""Part two: a training that was stopped, gone on with in three ways."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from ui.code import show_code
from ui.figures.saving import RUNS, resumed_curves
from ui.numbers import count, fmt

if TYPE_CHECKING:
    from engine.experiments.resuming import Resumed
    from ui.lesson import Page

RATES = ["0.001", "0.003", "0.01", "0.03"]


@st.cache_resource(max_entries=64, show_spinner="Training four times …")
def resumed(saved_at: int, learning_rate: float, seed: int) -> Resumed:
    """The experiment."""
    from engine.experiments.resuming import ResumeSettings, resume

    return resume(ResumeSettings(saved_at, learning_rate, seed))


def show(page: Page) -> None:
    """Four curves and their distances."""
    state = page.state
    left, right = page.stage(1, 3)
    with left:
        saved_at = state.slider("saved_at", "Saved and stopped after step", 5, 50, 30)
        rate = state.choice("rate", "Learning rate", RATES, "0.003")
        seed = state.number("seed", "Seed", 0, 99_999, 1)
        near = state.toggle("near", "Only around the stop", False)
        st.caption(
            "A tiny GPT with dropout learns our own messages, character by character, with AdamW. The loss is "
            "measured on held-out text, so the order of the batches alone makes no jump."
        )
    found = resumed(saved_at, float(rate), seed)
    rest = found.whole[saved_at:]
    others = (found.exact, found.new_optimizer, found.weights_only)
    with right:
        frame, spec = resumed_curves(found.whole, others, saved_at, near)
        st.vega_lite_chart(frame, spec, key="resumed", alt="Loss after each step of four trainings")
        st.markdown(
            f"**Everything restored:** largest difference from the training that never stopped: "
            f"**{fmt(float(np.abs(found.exact - rest).max()))}**."
        )
    st.header(f"The first step after step {saved_at}", anchor=False)
    rows = [
        "| gone on with | loss after it | minus never stopped | largest difference | difference at the end |",
        "|---|---|---|---|---|",
    ]
    for name, curve in zip(RUNS[1:], others, strict=True):
        gap = curve - rest
        far, end = float(np.abs(gap).max()), float(gap[-1])
        one = f"{fmt(float(curve[1]), 4)} − {fmt(float(rest[1]), 4)} = **{fmt(float(gap[1]))}**"
        rows.append(f"| {name} | {fmt(float(curve[1]), 4)} | {one} | {fmt(far)} | {fmt(end)} |")
    st.markdown("\n".join(rows))
    st.markdown(
        "All start from the same weights. A new AdamW has forgotten how large each weight's gradients usually are: "
        "its first step moves nearly **every** weight by the whole learning rate, up or down, however small its "
        "gradient. “New optimizer” gets the same batches and the same dropout as the training that never stopped, so "
        "its difference is the optimizer's alone; “weights only” begins the batches again as well. On so short a "
        "training the difference may have gone, or even be an advantage, at the end: a positive number is a "
        "higher, worse loss."
    )
    st.caption(f"{count(found.parameters)} parameters; saved to bytes with torch.save, read with weights_only=True.")
    show_code(code(saved_at, float(rate), seed), "saving_resuming")


def code(saved_at: int, learning_rate: float, seed: int) -> list[str]:
    """The code behind the curves."""
    return [
        "from engine.experiments.resuming import ResumeSettings, resume\n\n"
        f"found = resume(ResumeSettings(saved_at={saved_at}, learning_rate={learning_rate}, seed={seed}))\n"
        f"rest = found.whole[{saved_at}:]",
        "print(abs(found.exact - rest).max())\nprint((found.new_optimizer - rest).tolist())\n"
        "print((found.weights_only - rest).tolist())",
    ]
