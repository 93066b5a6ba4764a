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
EXAMPLE = (5, 0.003, 1)  # saved after so many steps, learning rate, seed


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
    place = number_of(page.state.value("row", ""), len(rows) - 1, 0)
    row = rows[place]
    left, right = page.stage(1, 2.4)
    with right:
        st.dataframe(
            {
                "name": [row.name for row in rows],
                "shape": [" × ".join(map(count, row.shape)) for row in rows],
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
            selection_default={"selection": {"rows": [place]}},
        )
    with left:
        st.markdown(f"`state_dict()` of the chosen model: **{count(len(rows))}** names. Click a row.")
        values = ", ".join(fmt(value) for value in models.infer(first_values, loaded, row.name))
        st.markdown(f"**{row.name}** begins with {values}{' …' if row.numbers > MOST_VALUES else ''}")
        product = " × ".join(map(count, row.shape)) or "1"
        st.caption(
            f"{product} = {count(row.numbers)} numbers of {row.bytes // row.numbers} bytes: {count(row.bytes)} bytes."
        )
        st.markdown(
            f"All **parameters**: {count(total.parameters)} numbers, {count(total.parameter_bytes)} bytes. "
            f"**Buffers**, which training does not change, here the causal masks: {count(total.buffers)} numbers, "
            f"{count(total.buffer_bytes)} bytes."
        )
        for one in rows:
            if one.tied_to:
                st.caption(f"`{one.name}` is `{one.tied_to}` under a second name (tied): stored and counted once.")
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
    found = resumed(*EXAMPLE)
    weight, mean, square = found.first_memory
    st.markdown(
        f"A small example: the tiny GPT of *Stop and go on*, saved after {found.optimizer_step} steps with AdamW.\n\n"
        "| file | what is in it | bytes |\n|:--|:--|--:|\n"
        f"| weights | {count(found.parameters)} parameters, and the masks; the first weight is {fmt(weight)} | "
        f"{count(found.weight_bytes)} |\n"
        f"| optimizer | **two** numbers for each parameter, {count(found.memories)} in all, and the count of steps. "
        f"For the first weight: `exp_avg` {fmt(mean)}, the running mean of its gradient, and `exp_avg_sq` "
        f"{fmt(square)}, that of the gradient squared | **{count(found.optimizer_bytes)}** |\n"
        "| random state | how far the random numbers are that draw batches and dropout | "
        f"{count(found.random_bytes)} |\n"
    )
    st.markdown(
        f"For the model in the first table the optimizer would add 2 × {count(parameters)} × 4 = "
        f"**{count(8 * parameters)}** bytes in float32. To use a model one needs only the weights; to go on training, "
        "all three."
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
        f"from engine.experiments.resuming import ResumeSettings, resume\n\nfound = resume(ResumeSettings{EXAMPLE})\n"
        "print(found.weight_bytes, found.optimizer_bytes, found.random_bytes, found.first_memory)",
    ]
