"""What may be wrong with uploaded instructions, entry by entry: findings with numbers, and a repair for each.

The doctor changes nothing; see instruction_repairs.py for what a repair does.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.datasets.finding import Finding, Fix, some
from engine.datasets.instruction_repairs import (
    BUTTONS,
    PROBLEMS,
    Room,
    Settled,
    later_alike,
    repeats,
    settle,
    token_counts,
)
from engine.datasets.instructions import find_style
from engine.datasets.raw_entries import NotJson, RawEntries
from engine.datasets.reading import ENCODINGS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

NUMBERS_IN_TITLE = 3


def examine(raw: RawEntries, repairs: Sequence[str] = (), room: Room | None = None) -> list[Finding]:
    """What is to be said about a file after the repairs made so far: findings with the numbers of their entries."""
    settled, chosen = settle(raw, repairs, room), room or Room()
    return examine_texts(raw, settled) + examine_lengths(settled, token_counts(settled.entries, chosen), chosen)


def examine_texts(raw: RawEntries, settled: Settled) -> list[Finding]:
    """The findings that no model has a part in."""
    found = [_problem(raw, name, settled.waiting[name]) for name in PROBLEMS if name in settled.waiting]
    found += _encoding(raw)
    entries = settled.entries
    if not entries:
        return found
    numbers = np.array(settled.numbers)
    again = repeats(entries)
    found += _finding(
        "duplicates",
        numbers[again],
        "repeats an earlier one word for word",
        "repeat an earlier one word for word",
        "Learned from twice they count twice; with one in training and one in the test, the answer is known before.",
    )
    found += _finding(
        "alike",
        numbers[later_alike(entries) & ~again],
        "is nearly the same as an earlier one",
        "are nearly the same as an earlier one",
        "Only a few letters or digits differ. In tasks such as sums that may be meant.",
    )
    return found


def examine_lengths(settled: Settled, counts: NDArray[np.int64], room: Room) -> list[Finding]:
    """The entries that are too long for a model; counts are their token_counts."""
    return _finding(
        "long",
        np.array(settled.numbers)[counts > room.limit],
        f"is longer than the {room.limit:,} tokens that fit",
        f"are longer than the {room.limit:,} tokens that fit",
        f"Prompt and answer in {find_style(room.style).name} style, in the {room.tokenizer} tokenizer. "
        "allowed_max_length cuts them there: the end of the answer, or all of it, is lost.",
    )


def _finding(kind: str, numbers: Any, one: str, many: str, why: str) -> list[Finding]:
    rows = [int(number) for number in numbers]
    if not rows:
        return []
    title = _title(rows, one, many)
    return [Finding(kind, "should", title, why, rows, [Fix(BUTTONS[kind], {"repair": kind})])]


def _title(rows: list[int], one: str, many: str) -> str:
    if len(rows) == 1:
        return f"Entry {rows[0]:,} {one}."
    shown = ", ".join(f"{n:,}" for n in rows[:NUMBERS_IN_TITLE]) + (", …" if len(rows) > NUMBERS_IN_TITLE else "")
    return f"{some(len(rows), 'entry', 'entries')} {many}: number {shown}" + "." * (len(rows) <= NUMBERS_IN_TITLE)


def _problem(raw: RawEntries, name: str, rows: list[int]) -> Finding:
    one, button, why = PROBLEMS[name]
    many = one.replace("is ", "are ", 1) if one.startswith("is ") else one
    for singular, plural in (("uses", "use"), ("has", "have"), ("lacks", "lack"), ("holds", "hold")):
        many = many.replace(singular, plural, 1)
    if name == "renamed":
        names = Counter(str(key) for n in rows for key in raw.values[n - 1])
        listed = ", ".join(f"“{key[:30]}”" for key, _ in names.most_common(4))
        why = f"Found: {listed}. Of a conversation the first question and the first answer are read, nothing else."
    first = raw.values[rows[0] - 1]
    if isinstance(first, NotJson):
        why = f"{why} Entry {rows[0]:,}: {first.reason}."
    return Finding(name, "must", _title(rows, one, many), why, rows, [Fix(button, {"repair": name})])


def _encoding(raw: RawEntries) -> list[Finding]:
    if raw.reading.sure:
        return []
    odd = [n for n, value in enumerate(raw.values, 1) if not str(value).isascii()]
    return [
        Finding(
            "encoding",
            "note",
            f"The file does not say its encoding; it was read as {ENCODINGS[raw.reading.encoding]}.",
            "It is not UTF-8. Look at the accents in these entries: if they are right, the guess was.",
            odd,
            [
                Fix(f"Read as {ENCODINGS[name]}", {"encoding": name})
                for name in ("cp1252", "latin-1")
                if name != raw.reading.encoding
            ][:1],
        )
    ]
