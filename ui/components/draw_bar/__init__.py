"""Distributions as bars from 0 to 1, and the one random number that falls on all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ui.components import load
from ui.numbers import fmt

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_HTML = """<div class="box"><div class="flag"></div><div class="bars"></div><div class="axis" aria-hidden="true">
<span>0</span><span>0.25</span><span>0.5</span><span>0.75</span><span>1</span></div></div>
<div class="tip" role="status"></div>"""
_mount = load("draw_bar", _HTML)


def draw_bar(bars: Sequence[Mapping[str, Any]], number: float, key: str) -> None:
    """Draw the bars with the number as one line through them; pointing at a piece says what it stands for.

    bars    each from `ui.figures.decoding.bar_data`
    number  the uniform random number, 0 to below 1
    key     the component's own key, unique on the page
    """
    _mount(key=key, data={"bars": [dict(bar) for bar in bars], "number": number, "shown": fmt(number, 4)})
