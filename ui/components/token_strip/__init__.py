"""A text as its tokens: coloured chips in reading order, with ids and bytes, to hover, focus and click."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from ui.components import load
from ui.labels import visible
from ui.palette import token_hue

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

MOST_CHIPS = 2_000
_mount = load(
    "token_strip",
    '<div class="chips" role="listbox"></div><div class="legend" hidden></div><div class="tip" role="status"></div>',
)


@dataclass(frozen=True)
class Chip:
    """One token: its text as shown, its id, its bytes, and an optional number or word beneath it.

    shade  0 to 1: its place on the sequential scale, instead of a colour of its own
    """

    text: str
    id: int | None = None
    raw: bytes | None = None
    note: str = ""
    hue: str | None = None
    shade: float | None = None


def token_strip(
    chips: Sequence[Chip],
    key: str,
    label: str = "Tokens",
    selected: int | None = None,
    on_select: Callable[[int], None] | None = None,
    legend: tuple[str, str, str] | None = None,
) -> int | None:
    """Draw the strip and return the index of the chosen chip, None for none.

    chips      the tokens in order; after 2,000 the strip says how many more there are
    key        the component's own key, unique on the page
    label      what the strip is, for screen readers
    selected   the chosen index; give it from the page's state so that it is in the URL
    on_select  called with the index when a chip is chosen, before the page runs again
    legend     what shades mean, and the numbers at both ends of the scale
    """
    shown = chips[:MOST_CHIPS]
    if selected is not None and not 0 <= selected < len(shown):
        selected = None

    def chosen() -> None:
        index = (st.session_state.get(key) or {}).get("chosen")
        if on_select is not None and isinstance(index, int) and 0 <= index < len(shown):
            on_select(index)

    result = _mount(
        key=key,
        data={
            "chips": [chip_data(i, chip) for i, chip in enumerate(shown)],
            "selected": selected,
            "label": label,
            "more": len(chips) - len(shown),
            "selectable": on_select is not None,
            "legend": legend,
        },
        on_chosen_change=chosen,
    )
    index = result.chosen
    return index if isinstance(index, int) and 0 <= index < len(shown) else selected


def chip_data(index: int, chip: Chip) -> dict[str, object]:
    """What the browser needs to draw one chip and its tooltip."""
    about = [f"token {index}"]
    if chip.id is not None:
        about.append(f"id {chip.id}")
    if chip.raw is not None:
        about.append(
            "bytes " + " ".join(f"{byte:02X}" for byte in chip.raw[:32]) + (" …" if len(chip.raw) > 32 else "")
        )
    return {
        "text": visible(chip.text),
        "about": "  ·  ".join(about),
        "note": chip.note,
        "hue": chip.hue or token_hue(index),
        "shade": chip.shade,
    }
