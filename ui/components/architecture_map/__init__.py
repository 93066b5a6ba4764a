"""A GPT as boxes and arrows: parameters in every box, the shape at every arrow, each box to be clicked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from ui.components import load

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

_mount = load("architecture_map", '<div class="map"></div>')


def architecture_map(
    columns: Sequence[Mapping[str, Any]], chosen: str, names: Sequence[str], key: str, on_choose: Callable[[str], None]
) -> None:
    """Draw the map.

    columns    from `ui.figures.architecture.map_columns`
    chosen     name of the chosen box; names are all there are
    key        the component's own key, unique on the page
    on_choose  called with a box's name when it is chosen, before the page runs again
    """

    def picked() -> None:
        name = (st.session_state.get(key) or {}).get("chosen")
        if isinstance(name, str) and name in names:
            on_choose(name)

    _mount(key=key, data={"columns": list(columns), "chosen": chosen}, on_chosen_change=picked)
