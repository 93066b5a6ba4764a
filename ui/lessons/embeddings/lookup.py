"""The section on the table itself: one row, fetched in two ways that give the same numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from ui.figures.matrix import heat_map, picked_cell
from ui.labels import quote
from ui.numbers import count, fmt

if TYPE_CHECKING:
    from ui.lesson import Page
    from ui.lessons.embeddings.tokens import Floats, TokenTable

ROWS, COLUMNS = 7, 8
PARTS = 5  # products written out


@st.cache_resource(max_entries=64, show_spinner=False)
def both_ways(model: str, token: int, _vectors: Floats) -> tuple[Floats, Floats]:
    """The token's vector (D,) from nn.Embedding, and from a one-hot row times the table."""
    import torch

    weight = torch.from_numpy(_vectors)
    layer = torch.nn.Embedding.from_pretrained(weight)
    one_hot = torch.nn.functional.one_hot(torch.tensor([token]), len(weight)).float()
    return layer(torch.tensor([token]))[0].numpy(), (one_hot @ weight)[0].numpy()


def draw_lookup(page: Page, table: TokenTable, token: int) -> None:
    """The chosen token's row among its neighbours in the table, and the arithmetic of one number of it."""
    size, width = table.vectors.shape
    looked_up, multiplied = both_ways(table.model, token, table.vectors)
    name = quote(table.names[token])
    st.header("The table behind it: a row for each token", anchor=False)
    st.markdown(
        f"text {name} → token ID **{token}** → row {token} of a table of {count(size)} rows and {width} columns: "
        f"the **embedding vector** of the token, {width} numbers. The model works with nothing else of the word. "
        f"Before training they were random; every number here was moved to its place by backpropagation."
    )
    kept = page.state.value("column", "0")
    column = int(kept) if kept.isascii() and kept.isdigit() and len(kept) < 6 else 0
    column = min(column, width - 1)
    first = min(max(token - ROWS // 2, 0), max(size - ROWS, 0))
    start = min(column // COLUMNS * COLUMNS, max(width - COLUMNS, 0))
    rows, columns = range(first, min(first + ROWS, size)), range(start, min(start + COLUMNS, width))
    left, right = st.columns([1.5, 1], gap="large")
    with left:
        frame, spec = heat_map(
            table.vectors[first : rows.stop, start : columns.stop],
            rows=[f"{i} {table.names[i]}" for i in rows],
            columns=[str(j) for j in columns],
            value_name="number",
            row_title="ID and token",
            column_title="column of the table",
            signed=True,
            chosen=(token - first, column - start),
        )

        if len(spec["layer"]) > 1:  # on a phone the numbers would cover one another
            spec["layer"][1]["mark"]["opacity"] = {"expr": "width < 420 ? 0 : 1"}

        def pick() -> None:
            cell = picked_cell(st.session_state["table"])
            if cell is not None:
                page.state.set(column=str(start + cell[1]), find=f"#{first + cell[0]}")

        st.vega_lite_chart(
            frame, spec, key="table", on_select=pick, selection_mode="pick", alt="Some rows of the embedding table"
        )
        st.caption(
            f"Rows {first} to {rows.stop - 1}, columns {start} to {columns.stop - 1} of {width}. Click a number. "
            "IDs that stand side by side have nothing to do with one another."
        )
    with right:
        st.markdown(f"**Number {column} of {name}, in two ways**")
        st.markdown(lookup_text(table.vectors, token, column, looked_up, multiplied))
    st.caption(
        f"All {width} numbers: " + ", ".join(fmt(float(v)) for v in looked_up[:12]) + (", …" if width > 12 else "")
    )


def lookup_text(vectors: Floats, token: int, column: int, looked_up: Floats, multiplied: Floats) -> str:
    """The two ways to one number, and what each costs."""
    size, width = vectors.shape
    near = sorted({*range(max(0, min(token - 1, size - PARTS)), min(size, token + 2)), token})
    parts = " + ".join(
        f"**1 × {exact(vectors[i, column])}**" if i == token else f"0 × {fmt(float(vectors[i, column]))}" for i in near
    )
    same = np.array_equal(looked_up, multiplied)
    verdict = (
        f"All {width} numbers are **equal to the last digit**."
        if same
        else f"The largest difference is {fmt(float(np.abs(looked_up - multiplied).max()))}."
    )
    return (
        f"**Look it up**: `nn.Embedding` reads row {token} and finds **{exact(looked_up[column])}**.\n\n"
        f"**Multiply**: a *one-hot* row has {count(size)} places, a 1 at place {token} and 0 elsewhere. Times column "
        f"{column} of the table:\n\n… + {parts} + … = **{exact(multiplied[column])}**\n\n"
        f"{verdict} The product takes {count(size)} × {width} = {count(size * width)} multiplications, the lookup "
        f"reads {width} numbers. So an embedding layer *is* a linear layer without bias, done the quick way; which is "
        "why backpropagation can train it like any other."
    )


def exact(value: np.float32) -> str:
    """A number with all digits of its single precision."""
    return str(value).replace("-", "−")
