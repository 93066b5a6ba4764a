"""The keys of presentation mode, for the whole page: a presenter's remote sends Page Up and Page Down."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import streamlit as st

from ui.components import load

if TYPE_CHECKING:
    from collections.abc import Callable

Press = Literal["previous", "next", "leave"]
_mount = load("keys", "<span></span>")


def presentation_keys(on_leave: Callable[[], None]) -> Press | None:
    """Listen; returns "previous" or "next" in the run after such a key, and calls on_leave for Escape.

    Keys that a control uses itself (a text field, a slider, a matrix) stay with it.
    """

    def pressed() -> None:
        if (st.session_state.get("keys") or {}).get("press") == "leave":
            on_leave()

    press = _mount(key="keys", data={}, height=1, on_press_change=pressed).press
    return press if press in ("previous", "next") else None
