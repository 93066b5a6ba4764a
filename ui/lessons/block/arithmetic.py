"""One number of a block in words: how it comes about, step by step."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ui.numbers import count, fmt

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ui.lessons.block.readings import Cell

MOST_TERMS = 25  # written out


def in_words(step: str, layer: int, cell: Cell) -> str:
    """The arithmetic of one number, as markdown; step is one of STEPS."""
    return WORDS[step](layer, cell)


def signed(values: Sequence[float]) -> str:
    """A sum written out: 0.1 − 0.02 + 3."""
    first, *rest = values
    return fmt(first) + "".join(f" {'−' if v < 0 else '+'} {fmt(abs(v))}" for v in rest)


def _in(layer: int, cell: Cell) -> str:
    t = cell.terms
    start = f"{fmt(t['token'])} from the token's vector, {fmt(t['position'])} from the position's"
    if layer == 0:
        return f"{start}. Added up, that is what flows into the first block: **{fmt(cell.value)}**."
    return (
        f"{start}, and {fmt(t['earlier'])} that the {count(2 * layer)} parts of the blocks before have added: "
        f"**{fmt(cell.value)}**."
    )


def _norm(_layer: int, cell: Cell) -> str:
    t = cell.terms
    standard = (t["x"] - t["mean"]) / t["deviation"]
    return (
        f"({fmt(t['x'])} − {bracketed(t['mean'])}) / {fmt(t['deviation'])} = {fmt(standard)}: less the mean of the "
        f"vector, divided by its standard deviation. Then times the learned scale {fmt(t['scale'])} plus the learned "
        f"shift {bracketed(t['shift'])} = **{fmt(cell.value)}**."
    )


def _attention(_layer: int, cell: Cell) -> str:
    heads = cell.many
    shown = signed(heads) if len(heads) <= MOST_TERMS else f"{count(len(heads))} numbers"
    return (
        f"Each head adds its share: {shown} = {fmt(sum(heads))}. With the bias {bracketed(cell.terms['bias'])}: "
        f"**{fmt(cell.value)}**."
    )


def _add(_layer: int, cell: Cell) -> str:
    t = cell.terms
    return f"{signed([t['stream'], t['added']])} = **{fmt(cell.value)}**: what came in, plus what was found."


def _feed_forward(_layer: int, cell: Cell) -> str:
    products = cell.many
    up = sum(p for p in products if p > 0)
    return (
        f"{count(len(products))} hidden numbers, each times a weight: the positive products add up to {fmt(up)}, the "
        f"negative ones to {fmt(sum(products) - up)}. With the bias {bracketed(cell.terms['bias'])}: "
        f"**{fmt(cell.value)}**."
    )


def bracketed(value: float) -> str:
    """A number after a sign: negative ones in brackets."""
    return f"({fmt(value)})" if value < 0 else fmt(value)


WORDS = {
    "in": _in,
    "norm1": _norm,
    "attention": _attention,
    "add1": _add,
    "norm2": _norm,
    "feed_forward": _feed_forward,
    "add2": _add,
}
