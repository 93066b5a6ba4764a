"""A button that copies the page's address."""

from __future__ import annotations

from ui.components import load

_mount = load("copy_link", '<button type="button"></button><span role="status"></span>')


def copy_link(note: str = "") -> None:
    """Draw the button.

    note  what the copied link leaves out, shown after copying; empty when it leaves out nothing
    """
    _mount(key="copy_link", data={"note": note}, width="content")
