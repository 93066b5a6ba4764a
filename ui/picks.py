"""Reading clicks and numbers kept in the URL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

if TYPE_CHECKING:
    from collections.abc import Callable

    from ui.share import PageState


def choose(state: PageState, key: str, field: str, name: str, kind: Callable[[int], Any] = str) -> None:
    """In a callback: what was clicked in chart `key` becomes the page's value `name`.

    kind  what the number becomes: a text for a value without a control, int for a slider
    """
    picks = st.session_state[key].selection.get("pick") or []
    if picks and field in picks[0]:
        state.set(**{name: kind(int(picks[0][field]))})


def number_of(text: str, last: int, default: int) -> int:
    """A whole number from 0 to `last` that stood in the URL; the default for anything else."""
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 7 else default
    return number if number <= last else default
