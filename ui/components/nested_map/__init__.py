"""Boxes in boxes: kinds of systems, the wider around the narrower, with examples to click."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from ui.components import load

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ui.lessons.what_is_an_llm.facts import Ring

_mount = load("nested_map", '<div class="map"></div>')


def nested_map(
    rings: Sequence[Ring], chosen: str, key: str, on_choose: Callable[[str], None], outlined: Sequence[str] = ()
) -> None:
    """Draw the boxes, the first one outermost.

    chosen     the name of the chosen box or example
    key        the component's own key, unique on the page
    on_choose  called with the name of a box or an example when it is clicked, before the page runs again
    outlined   names of examples with a dashed outline
    """
    names = {name for ring in rings for name in (ring.name, *(example.name for example in ring.examples))}

    def clicked() -> None:
        name = (st.session_state.get(key) or {}).get("chosen")
        if name in names:
            on_choose(name)

    boxes = [
        {
            "name": ring.name,
            "label": ring.label,
            "examples": [
                {"name": one.name, "label": one.label, "outlined": one.name in outlined} for one in ring.examples
            ],
        }
        for ring in rings
    ]
    _mount(key=key, data={"rings": boxes, "chosen": chosen}, on_chosen_change=clicked)
