"""Part four: the variance divided by n or by n - 1, on samples whose true variance is known."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from engine.experiments.variance import LARGEST, SAMPLES, TRUE_VARIANCE, VarianceRun, estimate_variance
from ui import models
from ui.code import show_code
from ui.figures.variance import averages, estimates
from ui.numbers import count, fmt, percent

if TYPE_CHECKING:
    from ui.lesson import Page


@st.cache_resource(max_entries=64, show_spinner=False)
def run(n: int, seed: int) -> VarianceRun:
    """The experiment for these settings."""
    return estimate_variance(n, seed)


def show(page: Page) -> None:
    """Average estimates against n, single estimates at one n, and what it means for layer norm."""
    state = page.state
    left, right = page.stage(1, 3)
    with left:
        n = state.slider("n", "n, numbers in a sample", 2, LARGEST, 5)
        seed = state.number("variance_seed", "Seed", 0, 99_999, 123)
        st.caption(
            f"{count(SAMPLES)} samples of n random numbers whose true variance is {fmt(TRUE_VARIANCE)}. From each "
            "the variance, the mean squared distance from the mean, is estimated in both ways."
        )
    found = run(n, seed)
    with right:
        one, two = st.columns(2)
        with one:
            st.markdown("**On average:** which one hits the truth?")
            frame, spec = averages(found.n, found.biased, found.unbiased, TRUE_VARIANCE, n)
            st.vega_lite_chart(frame, spec, key="averages", alt="Average estimate of the variance against n")
        with two:
            st.markdown(f"**One by one:** the estimates from samples of {count(n)}")
            frame, spec = estimates(found.biased_each, found.unbiased_each, TRUE_VARIANCE)
            st.vega_lite_chart(frame, spec, key="estimates", alt="How often each estimate occurs")
        st.caption(
            "Dotted: the true variance; purple: the chosen n. Single estimates from few numbers are far off either "
            "way; unbiased only means right *on average*. The right picture leaves out the highest 0.5% of the "
            "estimates."
        )
    st.header("The arithmetic at this n", anchor=False)
    st.markdown(arithmetic(found, n))
    width = models.configs()[models.current_name()].emb_dim
    factor = ((width - 1) / width) ** 0.5
    st.markdown(
        f"**Why it hardly matters for a GPT.** The model in the sidebar normalises vectors of n = {width} numbers. "
        f"With n − 1 instead of n each normalised number would be multiplied by √({width - 1}/{width}) = "
        f"{fmt(factor, 5)}, so it would change by {percent(1 - factor)}. For GPT-2 small, n = 768, the variance "
        f"differs by a factor of 767/768 = {fmt(767 / 768, 5)}. GPT-2 was trained with n, so "
        "its weights expect n; `unbiased=False` in the code says so. And layer norm estimates nothing here: it only "
        "wants *these* numbers to have variance 1, and with n they have."
    )
    show_code(code(n, seed), "layer_norm_variance")


def arithmetic(found: VarianceRun, n: int) -> str:
    """The two averages, and the factor between them."""
    biased, unbiased = float(found.biased[n - 2]), float(found.unbiased[n - 2])
    return (
        f"| way | average of {count(SAMPLES)} estimates | expected |\n| --- | --- | --- |\n"
        f"| divided by n (biased) | **{fmt(biased, 4)}** | (n − 1)/n = {count(n - 1)}/{count(n)} = "
        f"{fmt((n - 1) / n, 4)} |\n"
        f"| divided by n − 1 (unbiased) | **{fmt(unbiased, 4)}** | {fmt(TRUE_VARIANCE, 4)} |\n\n"
        "The distances are measured from the sample's own mean. That mean was made from the same numbers and lies "
        "closer to them than the true one, so the squares come out too small, by exactly this factor on average. "
        f"Dividing by n − 1 makes up for it: {fmt(biased, 4)} × {count(n)}/{count(n - 1)} = {fmt(unbiased, 4)}."
    )


def code(n: int, seed: int) -> list[str]:
    """The code behind the pictures."""
    return [
        "from engine.experiments.variance import estimate_variance\n\n"
        f"found = estimate_variance({n}, seed={seed})\n"
        f"print(found.biased[{n - 2}], found.unbiased[{n - 2}])",
        "import torch\n\nx = torch.tensor([1.0, 3.0])\n"
        "print(x.var(unbiased=False), x.var(unbiased=True))  # divided by 2, divided by 1",
    ]
