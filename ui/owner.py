"""Whose runs a page shows: those of the logged-in user, or of the browser that keeps a key."""

from __future__ import annotations

import re

import streamlit as st

from engine.jobs.spec import owner_of
from ui.components.owner import COOKIE, browser_key

KEY = "_owner_key"


def owner() -> str | None:
    """What stands for this visitor in the jobs on disk; None for the moment in which a new browser makes its key."""
    user = login()
    if user:
        return owner_of(f"user {user}")
    if KEY not in st.session_state:
        key = str(st.context.cookies.get(COOKIE, ""))
        if not re.fullmatch(r"[0-9a-f]{64}", key):
            key = browser_key() or ""  # a new browser, or a cookie that somebody tampered with
        if not re.fullmatch(r"[0-9a-f]{64}", key):
            return None
        st.session_state[KEY] = key
    return owner_of(f"browser {st.session_state[KEY]}")


def login() -> str:
    """The logged-in user's unchanging name, where a login is configured and used; else empty."""
    user = st.user.to_dict()
    if not user.get("is_logged_in"):
        return ""
    return f"{user.get('iss', '')} {user.get('sub') or user.get('email') or ''}".strip()
