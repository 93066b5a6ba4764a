"""Part three: layer norm against batch norm, and what a batch of one does to each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from engine.experiments.normalisation import AXES, EPS, FEATURES, MOST_EXAMPLES, Normalised, draw_batch, normalise
from ui.code import show_code
from ui.figures.layer_norm import number_table
from ui.numbers import fmt
from ui.picks import number_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ui.lesson import Page

    Floats = NDArray[np.float64]

KINDS = {"layer": "Layer norm", "batch": "Batch norm"}
COLUMNS = [str(j) for j in range(FEATURES)]


def show(page: Page) -> None:
    """A batch before and after, and one example in smaller and larger batches."""
    state = page.state
    left, right = page.stage(1, 3)
    with left:
        kind = state.choice("kind", "Norm", list(KINDS), "layer", labels=KINDS)
        examples = state.slider("examples", "Examples in the batch", 1, MOST_EXAMPLES, 4)
        seed = state.number("table_seed", "Seed", 0, 99_999, 123)
        st.caption(
            "A row is one vector (in a GPT: of one token), a column is one place in it, here called a feature. The "
            "numbers are random; each feature has a middle of its own. Click a cell."
        )
    batch = draw_batch(examples, seed)
    result, axis = normalise(batch, kind), AXES[kind]
    place = number_of(state.value("cell", ""), MOST_EXAMPLES * FEATURES - 1, 0)
    cell = min(place // FEATURES, examples - 1), place % FEATURES
    rows = [f"example {i}" for i in range(examples)]

    def take(chart: str) -> None:
        picks = st.session_state[chart].selection.get("pick") or []
        if picks:
            state.set(cell=str(int(picks[0]["row"]) * FEATURES + int(picks[0]["column"])))

    with right:
        for column, name, values in zip(st.columns(2), ("before", "after"), (batch, result.out), strict=True):
            with column:
                st.markdown(f"**{name.capitalize()}**")
                frame, spec = number_table(values, rows, COLUMNS, cell, axis)
                st.vega_lite_chart(
                    frame,
                    spec,
                    key=f"table-{name}",
                    on_select=lambda chart=f"table-{name}": take(chart),
                    selection_mode="pick",
                    alt=f"The batch {name} {KINDS[kind].lower()}, examples in rows, features in columns",
                )
        st.markdown(sentence(batch, result, kind, cell))
    st.header("The same example in a larger batch", anchor=False)
    left, right = page.stage(1, 3)
    with left:
        st.markdown(
            "Example 0 never changes. What becomes of it when others stand beside it in the batch? Layer norm does "
            "not look at them. Batch norm does, and with **a batch of one** each number is its own mean: everything "
            "becomes 0. PyTorch's BatchNorm refuses such a batch in training. A GPT that writes one text has a batch "
            "of one."
        )
    with right:
        sizes = [1, 2, 4, 8]
        same = np.stack([normalise(draw_batch(n, seed), kind).out[0] for n in sizes])
        labels = ["alone", *(f"batch of {n}" for n in sizes[1:])]
        frame, spec = number_table(same, labels, COLUMNS, (-1, -1), axis)
        del spec["layer"][0]["params"]
        alt = f"Example 0 after {KINDS[kind].lower()}, in batches of 1, 2, 4 and 8"
        st.vega_lite_chart(frame, spec, key="same", alt=alt)
        st.caption(f"Example 0 after {KINDS[kind].lower()}, in batches of different sizes.")
    show_code(code(examples, seed, kind), "layer_norm_axes")


def sentence(batch: Floats, result: Normalised, kind: str, cell: tuple[int, int]) -> str:
    """Which numbers share the chosen cell's mean, and what becomes of it."""
    i, j = cell
    axis, along = AXES[kind], i if kind == "layer" else j
    mates = batch.shape[axis]
    which = f"the {FEATURES} features of example {i}" if kind == "layer" else f"feature {j} of the whole batch"
    mean, variance = float(result.mean.squeeze(axis)[along]), float(result.variance.squeeze(axis)[along])
    minus = f"− {fmt(mean)}" if mean >= 0 else f"+ {fmt(-mean)}"
    return (
        f"Framed: {which} share **one mean, {fmt(mean)}**, and one variance, {fmt(variance)} "
        f"({'one number' if mates == 1 else f'{mates} numbers'}). The chosen cell becomes "
        f"({fmt(float(batch[cell]))} {minus}) / √({fmt(variance)} + {EPS:.5f}) = **{fmt(float(result.out[cell]))}**."
        + (" A single number has no spread, so nothing of it is left." if mates == 1 else "")
    )


def code(examples: int, seed: int, kind: str) -> list[str]:
    """The code behind the tables."""
    theirs = {
        "layer": f"torch.nn.functional.layer_norm(x, ({FEATURES},))",
        "batch": "torch.nn.functional.batch_norm(x, None, None, training=True)  # refuses a batch of one",
    }[kind]
    check = f"import torch\n\nx = torch.tensor(batch)\nprint({theirs.split('  #')[0]})"
    if kind == "batch" and examples == 1:
        check = "# torch.nn.functional.batch_norm would raise an error here: a batch of one has no spread."
    return [
        "from engine.experiments.normalisation import draw_batch, normalise\n\n"
        f"batch = draw_batch({examples}, seed={seed})\nresult = normalise(batch, {kind!r})\n"
        "print(batch)\nprint(result.mean, result.variance)\nprint(result.out)",
        check,
    ]
