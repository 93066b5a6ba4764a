"""An unguessable key that the browser keeps, so that a visitor's runs stay theirs without a login."""

from __future__ import annotations

from ui.components import load

COOKIE = "glassbox_owner"
_mount = load("owner", "<span></span>")


def browser_key() -> str | None:
    """The key, made by the browser on the first visit and kept in a cookie; None until it has answered."""
    key = _mount(key="owner", data={"cookie": COOKIE}, default={"key": None}, height=1, on_key_change=lambda: None).key
    return key if isinstance(key, str) else None
