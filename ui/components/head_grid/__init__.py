"""All heads of a model as thumbnails of their attention, a row for each layer, to click or walk by arrow keys."""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from ui.components import load
from ui.numbers import fmt

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

_mount = load("head_grid", '<div class="grid" role="grid"></div><div class="tip" role="status"></div>')


def head_grid(
    weights: NDArray[np.float32],
    scores: NDArray[np.float32],
    score_name: str,
    key: str,
    chosen: tuple[int, int],
    off: set[tuple[int, int]],
    on_choose: Callable[[int, int], None],
) -> None:
    """Draw the thumbnails.

    weights     (L, H, T, T) attention weights, 0 to 1
    scores      (L, H) one number for each head, a bar beneath it; the longest is the highest
    score_name  what the numbers are, for the tooltip
    key         the component's own key, unique on the page
    chosen      (layer, head), from 0
    off         heads that are switched off, crossed out
    on_choose   called with (layer, head) when one is chosen, before the page runs again
    """
    layers, heads, tokens, _ = weights.shape

    def picked() -> None:
        index = (st.session_state.get(key) or {}).get("chosen")
        if isinstance(index, int) and 0 <= index < layers * heads:
            on_choose(index // heads, index % heads)

    _mount(
        key=key,
        data={
            # Colours on a screen have 256 steps, so a byte for each weight loses nothing that can be seen.
            "pixels": b64encode(np.rint(weights * 255).astype(np.uint8).tobytes()).decode(),
            "layers": layers,
            "heads": heads,
            "tokens": tokens,
            "chosen": chosen[0] * heads + chosen[1],
            "off": [layer * heads + head for layer, head in sorted(off)],
            "bars": bar_lengths(scores).ravel().tolist(),
            "about": [f"{score_name} {fmt(float(s))}" for s in scores.ravel()],
        },
        on_chosen_change=picked,
    )


def bar_lengths(scores: NDArray[np.float32]) -> NDArray[np.float32]:
    """Scores, none of them negative, as lengths from 0 to 1."""
    longest = scores.max()
    return scores / longest if longest > 0 else np.zeros_like(scores)
