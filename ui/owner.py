"""Whose runs a page shows: those of the logged-in user, or of the browser that keeps a key."""

from __future__ import annotations

import re

import streamlit as st

from engine.jobs.spec import owner_of
from ui.components.owner import COOKIE, browser_key
from ui.share import WAITING

KEY = "_owner_key"


def owner() -> str | None:
    """What stands for this visitor in the jobs on disk; None for the moment in which a new browser makes its key."""
    known = known_owner()
    if known is None and is_key(key := browser_key() or ""):  # a new browser, or a cookie that was tampered with
        st.session_state[KEY] = key
        known = known_owner()
    st.session_state[WAITING] = known is None
    return known


def known_owner() -> str | None:
    """The same without asking the browser for a key: None for one that has none yet, and so no runs either."""
    if user := login():
        return owner_of(f"user {user}")
    if KEY not in st.session_state and is_key(key := str(st.context.cookies.get(COOKIE, ""))):
        st.session_state[KEY] = key
    return owner_of(f"browser {st.session_state[KEY]}") if KEY in st.session_state else None


def is_key(text: str) -> bool:
    """Whether a browser's key looks like this."""
    return re.fullmatch(r"[0-9a-f]{64}", text) is not None


def login() -> str:
    """The logged-in user's unchanging name, where a login is configured and used; else empty."""
    user = st.user.to_dict()
    if not user.get("is_logged_in"):
        return ""
    return f"{user.get('iss', '')} {user.get('sub') or user.get('email') or ''}".strip()
