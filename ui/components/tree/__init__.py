"""A tree of continuations: click a token and see what could follow it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from ui.components import load

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

_mount = load("tree", '<div class="scroll"><div class="field"><svg aria-hidden="true"></svg></div></div>')


def tree(nodes: Sequence[Mapping[str, Any]], root: str, key: str, on_choose: Callable[[tuple[int, ...]], None]) -> None:
    """Draw the tree; a click or Enter on a token chooses it.

    nodes      from `ui.figures.alternatives.tree_nodes`
    root       what stands at the root: the end of the text so far
    key        the component's own key, unique on the page
    on_choose  called with the path of the chosen token, before the page runs again
    """

    def picked() -> None:
        place = (st.session_state.get(key) or {}).get("node")
        if isinstance(place, int) and 0 < place < len(nodes) and not nodes[place]["others"]:
            on_choose(tuple(nodes[place]["path"]))

    _mount(key=key, data={"nodes": [dict(node) for node in nodes], "root": root}, on_node_change=picked)
