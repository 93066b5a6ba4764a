"""How numbers are written on pictures and in sentences."""

from __future__ import annotations

import math

RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def fmt(value: float, digits: int = 3) -> str:
    """A number with three significant digits, as pictures show it: 0.139, 12.3, 1,230, 4.60·10⁻⁷, −0.00420.

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
    if -4 <= size < 9:
        return f"{value:,.{max(digits - 1 - size, 0)}f}".replace("-", "−")
    factor = f"{value:.{digits - 1}e}".partition("e")[0].replace("-", "−")
    return f"{factor}·10{str(size).translate(RAISED)}"


def percent(probability: float) -> str:
    """A probability as a percentage with three significant digits: 13.9%, 0.0421%, 1.20·10⁻⁶%."""
    return f"{fmt(100 * probability)}%"


def count(value: int) -> str:
    """A whole number with separators: 163,009,536."""
    return f"{value:,}"
