"""Matrices side by side: point at a cell of the result and see which numbers make it, and how."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from ui.components import load
from ui.figures.matrices import Product, matrix_data

if TYPE_CHECKING:
    from collections.abc import Callable

_mount = load("matrices", '<div class="line"></div><div class="sum" role="status" aria-live="polite"></div>')


def matrices(
    product: Product,
    key: str,
    label: str,
    chosen: tuple[int, int],
    on_choose: Callable[[int, int], None],
) -> None:
    """Draw operands and result, and the arithmetic of the cell under the pointer or else of the chosen one.

    key        the component's own key, unique on the page
    label      what the result is, for screen readers
    chosen     (row, column) of the result; give it from the page's state so that it is in the URL
    on_choose  called with row and column when a cell is clicked or Enter is pressed on it
    """
    rows, columns = len(product.result.rows), len(product.result.columns)

    def picked() -> None:
        cell = (st.session_state.get(key) or {}).get("cell")
        if isinstance(cell, list) and len(cell) == 2 and all(isinstance(n, int) for n in cell):
            row, column = cell
            if 0 <= row < rows and 0 <= column < columns:
                on_choose(row, column)

    _mount(
        key=key,
        data={
            "operands": [matrix_data(operand) for operand in product.operands],
            "result": matrix_data(product.result),
            "explain": product.explain,
            "chosen": list(chosen),
            "label": label,
        },
        on_cell_change=picked,
    )
