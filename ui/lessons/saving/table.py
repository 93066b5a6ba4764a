"""Part one: the state_dict of the chosen model as a table, and what an optimizer adds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from ui import models
from ui.code import model_cell, show_code
from ui.lessons.saving.resuming import resumed
from ui.numbers import count, fmt
from ui.picks import number_of

if TYPE_CHECKING:
    from engine.analysis.saving import Entry
    from ui.lesson import Page
    from ui.models import LoadedModel

MOST_VALUES = 6


def entries(loaded: LoadedModel, text: str) -> list[Entry]:
    """The lines of the model's state_dict; `text` is not read."""
    from engine.analysis.saving import state_entries

    return state_entries(loaded.model)


def first_values(loaded: LoadedModel, name: str) -> list[float]:
    """The first numbers of one tensor."""
    return loaded.model.state_dict()[name].flatten()[:MOST_VALUES].tolist()


def show(page: Page) -> None:
    """The table, some values of the chosen line, totals, and AdamW's state."""
    from engine.analysis.saving import totals

    loaded = models.current()
    rows = models.infer(entries, loaded, "")
    total = totals(rows)
    left, right = page.stage(1, 2.4)
    with right:
        st.dataframe(
            {
                "name": [row.name for row in rows],
                "shape": [" × ".join(map(str, row.shape)) for row in rows],
                "type": [row.dtype for row in rows],
                "numbers": [row.numbers for row in rows],
                "bytes": [row.bytes for row in rows],
                "kind": [row.kind + (f", tied: the storage of {row.tied_to}" if row.tied_to else "") for row in rows],
            },
            hide_index=True,
            column_config={name: st.column_config.NumberColumn(format="localized") for name in ("numbers", "bytes")},
            key="state-dict",
            height=330,
            on_select=lambda: choose_row(page),
            selection_mode="single-row",
        )
    row = rows[number_of(page.state.value("row", ""), len(rows) - 1, 0)]
    with left:
        st.markdown(f"`state_dict()` of the chosen model: **{count(len(rows))}** names. Click a row.")
        values = ", ".join(fmt(value) for value in models.infer(first_values, loaded, row.name))
        st.markdown(f"**{row.name}** begins with {values}{' …' if row.numbers > MOST_VALUES else ''}")
        product = " × ".join(map(str, row.shape)) or "1"
        st.caption(f"{product} = {count(row.numbers)} numbers of {row.bytes // row.numbers} bytes: {count(row.bytes)}.")
        st.markdown(
            f"All parameters: **{count(total.parameters)}** numbers, {count(total.parameter_bytes)} bytes. "
            f"Buffers, here the masks: {count(total.buffers)} numbers, {count(total.buffer_bytes)} bytes."
        )
        st.caption("A tied weight has two names and is stored and counted once.")
    optimizer_part(total.parameters)
    show_code(code(loaded.name, row.name), "saving_table")


def choose_row(page: Page) -> None:
    """A callback: the clicked row becomes the chosen one."""
    rows = st.session_state["state-dict"].selection.rows
    if rows:
        page.state.set(row=str(rows[0]))


def optimizer_part(parameters: int) -> None:
    """A real AdamW's state after a few steps, and what this model's would take."""
    st.header("What an optimizer adds", anchor=False)
    found = resumed(5, 0.003, 1)
    weight, mean, square = found.first_memory
    st.markdown(
        f"A real AdamW after {found.optimizer_step} steps of the tiny GPT in the next part: "
        f"{count(found.parameters)} parameters, and for each **two** numbers, {count(found.memories)} in all. "
        f"The model's first weight is {fmt(weight)}; AdamW remembers `exp_avg` {fmt(mean)}, the running mean of its "
        f"gradient, and `exp_avg_sq` {fmt(square)}, that of the gradient squared. With them it keeps `step`, "
        f"{found.optimizer_step}. The files: weights {count(found.weight_bytes)} bytes, optimizer "
        f"**{count(found.optimizer_bytes)}**, random state {count(found.random_bytes)}."
    )
    st.markdown(
        f"For the model in the table that would be 2 × {count(parameters)} × 4 = **{count(8 * parameters)}** bytes "
        "more in float32. To use a model one needs only the weights; to go on training, both."
    )


def code(model: str, name: str) -> list[str]:
    """The code behind the table."""
    return [
        model_cell(model),
        "from engine.analysis.saving import state_entries, totals\n\nentries = state_entries(model)\n"
        "for entry in entries:\n    print(entry)\nprint(totals(entries))",
        f"print(model.state_dict()[{name!r}].flatten()[:{MOST_VALUES}].tolist())",
        'import io\n\nimport torch\n\nfile = io.BytesIO()  # or a path: "model.pt"\n'
        "torch.save(model.state_dict(), file)\nfile.seek(0)\n"
        "model.load_state_dict(torch.load(file, weights_only=True))",
    ]
