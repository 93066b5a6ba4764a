"""Attention of one head as lines from each token to the tokens that it looks at."""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING

import streamlit as st

from ui.components import load
from ui.components.token_strip import visible
from ui.palette import token_hue

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy as np
    from numpy.typing import NDArray

_HTML = """<div class="frame"><div class="heads"><span>this token …</span><span>… looks at</span></div>
<div class="box"><svg aria-hidden="true"></svg><div class="side from" role="listbox"></div>
<div class="side to"></div></div></div><div class="tip" role="status"></div>"""
_mount = load("attention_lines", _HTML)


def attention_lines(
    weights: NDArray[np.float32],
    tokens: Sequence[str],
    key: str,
    chosen: int,
    on_choose: Callable[[int], None],
) -> None:
    """Draw the lines; hovering or focusing a token shows its own lines with their numbers.

    weights    (T, T) attention weights: row i says where token i looks, 0 to 1
    tokens     T texts
    key        the component's own key, unique on the page
    chosen     the token whose lines stand out
    on_choose  called with the index of a token when it is chosen, before the page runs again
    """

    def picked() -> None:
        index = (st.session_state.get(key) or {}).get("chosen")
        if isinstance(index, int) and 0 <= index < len(tokens):
            on_choose(index)

    _mount(
        key=key,
        data={
            "weights": b64encode(weights.astype("<f4").tobytes()).decode(),
            "tokens": [{"text": visible(text), "hue": token_hue(i)} for i, text in enumerate(tokens)],
            "chosen": chosen,
        },
        on_chosen_change=picked,
    )
