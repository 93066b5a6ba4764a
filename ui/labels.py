"""How pieces of text are written on pictures."""

from __future__ import annotations

import re

LONGEST_LABEL = 14
COUNTED = 4  # line ends in a row


def visible(text: str) -> str:
    """The text with its invisible parts shown: dots for spaces at the ends, signs for line ends and tabs."""
    stripped = text.strip(" ")
    lead = len(text) - len(text.lstrip(" ")) if stripped else len(text)
    tail = len(text) - len(text.rstrip(" ")) if stripped else 0
    middle = stripped.replace("\r", "␍").replace("\n", "⏎").replace("\t", "⇥")
    return "·" * lead + middle + "·" * tail


def one_line(text: str) -> str:
    """A longer text in one line, with a sign for each line end; four and more in a row are counted."""

    def sign(ends: re.Match[str]) -> str:
        return f" ⏎ × {len(ends[0])} " if len(ends[0]) >= COUNTED else f" {'⏎' * len(ends[0])} "

    return " ".join(re.sub("\n+", sign, text).split())


def short(label: str, longest: int = LONGEST_LABEL) -> str:
    """A label that fits beside a row: invisible parts shown, long ones cut."""
    text = visible(label)
    return text if len(text) <= longest else text[: longest - 1] + "…"


def quote(text: str) -> str:
    """A token or a word inside a sentence: as code that no backtick in it can end, invisible parts shown."""
    return f"`{visible(text).replace('`', 'ˋ') or '␀'}`"
