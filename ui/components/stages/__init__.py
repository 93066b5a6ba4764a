"""Probabilities of the next token, stage by stage: a row per token, a column per stage, the rest of all below."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from ui.components import load

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_mount = load("stages", '<div class="scroll"><table></table></div>')


def stages(table: Mapping[str, Any], key: str, on_choose: Callable[[int], None]) -> None:
    """Draw the table; a click or Enter on a token chooses it.

    table      from `ui.figures.decoding.stage_table`
    key        the component's own key, unique on the page
    on_choose  called with the chosen token's ID, before the page runs again
    """
    known = {row["id"] for row in table["rows"]}

    def picked() -> None:
        token = (st.session_state.get(key) or {}).get("token")
        if isinstance(token, int) and token in known:
            on_choose(token)

    _mount(key=key, data=dict(table), on_token_change=picked)
