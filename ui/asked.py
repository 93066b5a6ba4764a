"""What a button asked for, kept until a run of the page does it.

A button's own value is true in one run only. When that run has to start over, at app.py (ui.lesson.through_the_router;
with AppTest every run does) or because a new browser makes its key (ui.owner), the value is gone and nothing happens.
So what takes too long for a callback is asked for in a callback and done by the run that gets that far.
"""

from __future__ import annotations

from typing import Any

import streamlit as st

PREFIX = "_asked-"


def ask(name: str, what: Any = True) -> None:
    """A callback: `what` is wanted now, under a name that no other button of the app uses."""
    st.session_state[PREFIX + name] = what


def take(name: str) -> Any:
    """What is wanted, once: whoever takes it does it. None when nothing is."""
    return st.session_state.pop(PREFIX + name, None)


def latest(name: str) -> Any:
    """What was wanted last, without taking it: for an answer that is shown as long as the question stays the same."""
    return st.session_state.get(PREFIX + name)
