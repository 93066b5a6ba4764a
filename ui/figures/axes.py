"""Log axes with ticks at powers of ten, for figures of several lessons."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

from ui.numbers import RAISED

if TYPE_CHECKING:
    from collections.abc import Iterable

MOST_TICKS = 7


def log_axis(values: Iterable[float]) -> dict[str, Any]:
    """A log axis for these numbers: lines and labels at powers of ten only, written as 0.01 or as 10⁻¹².

    values  those that are not above 0 have no place on the axis; within less than two powers of ten Vega's own
            ticks say more
    """
    exponents = [math.log10(value) for value in values if 0 < value < math.inf]
    low, high = math.floor(min(exponents, default=0)), math.ceil(max(exponents, default=0))
    if high - low < 2:
        return {"tickCount": 6, "format": "~r"}
    step = math.ceil((high - low) / MOST_TICKS)
    shown = range(math.ceil(low / step) * step, high + 1, step)
    write = plain if low >= -4 and high <= 5 else raised
    labels = {str(e): write(e) for e in shown}
    return {
        "values": [10.0**e for e in shown],
        "labelExpr": f"({json.dumps(labels, ensure_ascii=False)})[round(log(datum.value) / LN10)]",
    }


def plain(exponent: int) -> str:
    """A power of ten with all its digits: 0.01, 1, 1,000."""
    return f"{10.0**exponent:,.{max(-exponent, 0)}f}"


def raised(exponent: int) -> str:
    """A power of ten, short: 10⁻¹², 1, 10."""
    return {0: "1", 1: "10"}.get(exponent, "10" + str(exponent).translate(RAISED))
