"""How numbers are written on pictures and in sentences."""

from __future__ import annotations

import math


def fmt(value: float, digits: int = 3) -> str:
    """A number with three significant digits, as pictures show it: 0.139, 12.3, 1,230, 4.6e-07, -0.0042.

    value   any number, also infinite or not a number
    digits  significant digits
    """
    if math.isnan(value):
        return "not a number"
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    if value == 0:
        return "0"
    size = math.floor(math.log10(abs(float(f"{value:.{digits - 1}e}"))))
    text = f"{value:.{digits - 1}e}" if size < -4 or size >= 9 else f"{value:,.{max(digits - 1 - size, 0)}f}"
    return text.replace("-", "−", 1) if value < 0 else text


def percent(probability: float) -> str:
    """A probability as a percentage with three significant digits: 13.9%, 0.0421%, 1.2e-06%."""
    return f"{fmt(100 * probability)}%"


def count(value: int) -> str:
    """A whole number with separators: 163,009,536."""
    return f"{value:,}"
