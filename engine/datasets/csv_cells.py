"""The cells of a CSV: record by record with the characters they were written in, and which of them are dangerous."""

from __future__ import annotations

import csv
import io
import re
from typing import TYPE_CHECKING

from engine.datasets.sheet import LONGEST_CELL
from engine.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

# A tab or a carriage return in front does not stop a spreadsheet; the wide signs are folded to the plain ones.
FORMULA = re.compile("[=+\\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")
NUMBER = re.compile(r"[+-]?\d[\d.,\u00a0 ]*(?:[eE][+-]?\d+)?%?")


def records(text: str, delimiter: str) -> Iterator[tuple[str, list[str]]]:
    """Each record as its own characters, line end included, and its cells; an empty line has none.

    Raises InputError when a cell is so long that a quotation mark must have been left open.
    """
    csv.field_size_limit(LONGEST_CELL)  # the process's own; csv offers no other
    taken: list[str] = []

    def lines() -> Iterator[str]:
        for line in io.StringIO(text, newline=""):
            taken.append(line)
            yield line

    number = 1
    try:
        for row in csv.reader(lines(), delimiter=delimiter or unused_sign(text)):
            yield "".join(taken), row
            taken.clear()
            number += 1
    except csv.Error as e:
        raise InputError(
            f"row {number:,} cannot be read: a cell is longer than {LONGEST_CELL:,} characters, as happens when a "
            "quotation mark is never closed; close it and try again."
        ) from e


def harmless(cell: str) -> str:
    """The cell, with an apostrophe before it if a spreadsheet would run it."""
    return f"'{cell}" if FORMULA.match(cell) else cell


def runs(cell: str) -> bool:
    """Whether a spreadsheet might run the cell as a formula; a plain number such as -5 or +3.2% it does not."""
    return bool(FORMULA.match(cell)) and not NUMBER.fullmatch(cell)


def unique(written: Sequence[str], width: int) -> tuple[str, ...]:
    """A name for each column: its header without spaces around it, numbered where it is empty or taken."""
    names: list[str] = []
    for i in range(width):
        given = " ".join(written[i].split()) if i < len(written) else ""
        names += free_names([given or f"column {i + 1}"], names)
    return tuple(names)


def free_names(wanted: Sequence[str], taken: Sequence[str]) -> list[str]:
    """The names, each numbered where a column is called so already; capitals make no difference."""
    used = {name.strip().casefold() for name in taken}
    names = []
    for name in wanted:
        fresh, count = name, 2
        while fresh.strip().casefold() in used:
            fresh, count = f"{name} ({count})", count + 1
        used.add(fresh.strip().casefold())
        names.append(fresh)
    return names


def read_record(record: str, delimiter: str) -> list[str]:
    """The cells of one record, line ends inside them or behind it included where a quotation mark is open."""
    return next(csv.reader(io.StringIO(record, newline=""), delimiter=delimiter))


def write_record(cells: Sequence[str], delimiter: str) -> str:
    """The cells as one record without its line end, in quotation marks where needed."""
    # csv.writer would leave a lone carriage return unquoted, which ends a row for some readers.
    special = re.compile(f'["\r\n{re.escape(delimiter)}]')
    return delimiter.join('"' + cell.replace('"', '""') + '"' if special.search(cell) else cell for cell in cells)


def unused_sign(text: str) -> str:
    """A sign that nothing in the text can be cut at: between the cells of a file with one column."""
    return next(sign for sign in map(chr, (31, 30, 29, 28, 1, 2, 3, 4, 5, 6, 7, 8, 14)) if sign not in text)
