"""The section on how many dimensions are enough: what the first principal components keep, and what they cost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from engine.memory import bytes_text
from ui import models
from ui.figures.embeddings_measures import dimension_chart
from ui.lesson import friendly_errors
from ui.lessons.embeddings import tokens
from ui.numbers import count, fmt, percent

if TYPE_CHECKING:
    from engine.analysis.neighbours import DimensionCost
    from ui.lesson import Page
    from ui.models import LoadedModel

ASKED = 300  # tokens whose neighbours are looked for
K = 10


@dataclass(frozen=True)
class Measured:
    """The costs at each number of dimensions."""

    costs: list[DimensionCost]


def measure(loaded: LoadedModel, _: str) -> Measured:
    """Recall and cost on this model's table, for tokens spread evenly over those that begin a word."""
    from engine.analysis.neighbours import dimension_costs
    from engine.analysis.projection import principal_components

    table = tokens.read_table(loaded, "")
    found = principal_components(table.unit)
    begins = tokens.shown_ids(table.model, "words", len(table.names), table)
    rows = np.array(begins)[np.linspace(0, len(begins) - 1, min(ASKED, len(begins))).astype(int)]
    return Measured(dimension_costs(table.unit, found.axes, found.variances, rows, K))


@st.fragment
def draw_dimensions(page: Page) -> None:
    """The curve, and one point of it in words."""
    st.header("How many dimensions are enough?", anchor=False)
    with friendly_errors():
        loaded = models.current()
        with st.spinner("Measuring …"):
            costs = models.infer(measure, loaded, "").costs
        left, right = page.stage(1, 1.9)
        with left:
            sizes = [str(c.dimensions) for c in costs]
            chosen = page.state.choice("keep", "Keep the first principal components", sizes, sizes[len(sizes) // 2])
            one, whole = costs[sizes.index(chosen)], costs[-1]
            st.markdown(
                f"With **{one.dimensions}** of {whole.dimensions} numbers a token:\n\n"
                f"- **{percent(one.recall)}** of the {K} nearest neighbours are still found (recall)\n"
                f"- {percent(one.variance)} of the variance is kept\n"
                f"- the table takes {bytes_text(one.bytes)} instead of {bytes_text(whole.bytes)}\n"
                f"- one search through all tokens takes {fmt(1e6 * one.seconds)} µs instead of "
                f"{fmt(1e6 * whole.seconds)} µs"
            )
        with right:
            frame, spec = dimension_chart(costs, one.dimensions)
            alt = "Neighbours found and variance kept against the number of dimensions"
            st.vega_lite_chart(frame, spec, key="dimensions", alt=alt)
            st.caption(
                f"Measured here: {count(ASKED)} tokens that begin a word, each searched among all "
                f"{count(whole.bytes // 4 // whole.dimensions)}, by cosine; time is the shortest of 7 searches on this "
                "server. Principal components are the directions in which the vectors differ most, the widest first: "
                "no others keep more variance. That does not make them the best for neighbours."
            )
