"""From text to a table: the sign between cells, the header, and which columns hold text, label and group."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING

import pandas as pd

from engine.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

DELIMITERS = {",": "comma", ";": "semicolon", "|": "pipe", "\t": "tab"}
MOST_ROWS = 200_000
MOST_COLUMNS = 500
LONGEST_CELL = 1_000_000  # characters; a longer one is a quotation mark that nobody closed
LOOKED_AT = 200  # rows that a guess looks at

TEXT_NAMES = {"text", "message", "sms", "body", "content", "review", "comment", "sentence", "tweet", "title", "v2"}
LABEL_NAMES = {"label", "class", "category", "target", "sentiment", "type", "intent", "topic", "tag", "y", "v1"}
GROUP_NAMES = {"group", "user", "author", "sender", "customer", "patient", "thread", "conversation", "session"}
GROUP_NAMES |= {f"{name}_id" for name in GROUP_NAMES} | {"source", "document"}


@dataclass(frozen=True)
class Sheet:
    """A file's cells as they came.

    names      one for each column, unique; without a header "column 1", "column 2", …
    written    the header's cells as they stand in the file; empty without a header
    cells      the rows below the header, each a list of strings of its own length
    rows       the number of each in the file, 1-based and counting the header, as a spreadsheet counts
    delimiter  a key of DELIMITERS
    header     whether the first row is one
    """

    names: tuple[str, ...]
    written: tuple[str, ...]
    cells: tuple[list[str], ...]
    rows: tuple[int, ...]
    delimiter: str
    header: bool

    @property
    def surplus(self) -> list[int]:
        """Numbers of the rows that have more cells than there are columns."""
        return [number for number, row in zip(self.rows, self.cells, strict=True) if len(row) > len(self.names)]

    def column(self, name: str) -> list[str]:
        """One column's cells, empty where a row is too short."""
        place = self.names.index(name)
        return [row[place] if place < len(row) else "" for row in self.cells]


@dataclass(frozen=True)
class Columns:
    """Which columns are used; group is empty when none is."""

    text: str
    label: str
    group: str = ""


def read_sheet(text: str, delimiter: str = "", header: bool | None = None, quotes: bool = True) -> Sheet:
    """The cells of a CSV.

    delimiter  a key of DELIMITERS; empty: the one that gives the most even table
    header     whether the first row names the columns; None: judged by what it holds
    quotes     False: quotation marks are ordinary signs, as in some tab-separated files

    Raises InputError when there are too many rows or columns, no row, or a quotation mark is never closed.
    """
    delimiter = delimiter or guess_delimiter(text, quotes)
    if delimiter not in DELIMITERS:
        raise InputError(f"{delimiter!r} cannot stand between cells; choose {', '.join(DELIMITERS.values())}.")
    every = _cells(text, delimiter, quotes, MOST_ROWS + 2)
    if len(every) > MOST_ROWS + 1:
        raise InputError(f"the file has more than {MOST_ROWS:,} rows, the most here; upload a part of it.")
    # Lines with nothing on them stand between rows and are none.
    rows = [number for number, row in enumerate(every, 1) if row]
    cells = [row for row in every if row]
    if not cells:
        raise InputError("the file has no rows; choose one with a text and a label in each.")
    width = _width(cells)
    if max(map(len, cells)) > MOST_COLUMNS:
        raise InputError(f"a row has more than {MOST_COLUMNS} cells; check what stands between them.")
    has_header = looks_like_header(cells) if header is None else header
    written = tuple(cells[0]) if has_header else ()
    names = _names(written, max(width, len(written)))
    first = int(has_header)
    return Sheet(names, written, tuple(cells[first:]), tuple(rows[first:]), delimiter, has_header)


def _cells(text: str, delimiter: str, quotes: bool, most: int) -> list[list[str]]:
    # The limit is the process's own and csv offers no other; nobody else here reads CSV with it.
    csv.field_size_limit(LONGEST_CELL)
    reader = csv.reader(
        io.StringIO(text, newline=""), delimiter=delimiter, quoting=csv.QUOTE_MINIMAL if quotes else csv.QUOTE_NONE
    )
    rows: list[list[str]] = []
    try:
        for row in islice(reader, most):
            rows.append(row)
    except csv.Error as e:
        raise InputError(
            f"row {len(rows) + 1:,} cannot be read: a cell is longer than {LONGEST_CELL:,} characters, as happens "
            "when a quotation mark is never closed; close it, or read quotation marks as ordinary signs."
        ) from e
    return rows


def guess_delimiter(text: str, quotes: bool = True) -> str:
    """The sign that cuts the first rows into the same number of cells most often, at least two.

    Of equals the sign that texts hold more rarely: a tab before a comma.
    """
    start = text[:200_000]
    best, score = ",", (0.0, 0)
    for delimiter in reversed(DELIMITERS):
        try:
            rows = [row for row in _cells(start, delimiter, quotes, LOOKED_AT) if row]
        except InputError:
            continue
        width, even = Counter(map(len, rows)).most_common(1)[0] if rows else (1, 0)
        found = (even / len(rows), width) if rows and width > 1 else (0.0, 0)
        if found[0] > score[0] + 0.05 or (found[0] > score[0] - 0.05 and found[1] > score[1]):
            best, score = delimiter, found
    return best


def _width(cells: Sequence[list[str]]) -> int:
    """The usual number of cells in a row."""
    return Counter(map(len, cells)).most_common(1)[0][0]


def looks_like_header(cells: Sequence[list[str]]) -> bool:
    """Whether the first row names the columns: by familiar names, else because its cells do not come again.

    A label or a number in the first row, or a cell as long as a sentence, says that it is data.
    """
    first = [cell.strip().lower() for cell in cells[0]]
    if any(name in TEXT_NAMES | LABEL_NAMES | GROUP_NAMES for name in first):
        return True
    if len(cells) < 2 or any(len(name) > 40 or re.fullmatch(r"[-+]?[\d.,]+", name) for name in first):
        return False
    below = cells[1 : LOOKED_AT + 1]
    again = any(
        name and any(name == row[i].strip().lower() for row in below if i < len(row)) for i, name in enumerate(first)
    )
    return not again


def _names(written: Sequence[str], width: int) -> tuple[str, ...]:
    """A name for each column: its header without spaces around it, numbered where it is empty or taken."""
    names: list[str] = []
    for i in range(width):
        name = " ".join(written[i].split()) if i < len(written) else ""
        name = name or f"column {i + 1}"
        taken, count = name, 2
        while taken in names:
            taken, count = f"{name} ({count})", count + 1
        names.append(taken)
    return tuple(names)


def guess_columns(sheet: Sheet) -> Columns:
    """Which columns hold the text, the label and, where a column's name says so, the group.

    By their names; without a familiar one the text is the column with the longest cells, the label one of the
    others with the fewest different ones, at least two.

    Raises InputError when there is only one column.
    """
    if len(sheet.names) < 2:
        raise InputError(
            "the file has only one column; each row needs a text and a label. If something else than a comma, "
            "semicolon, tab or pipe stands between them, save the file with one of these."
        )
    sample = {name: [cell.strip() for cell in sheet.column(name)[:2000]] for name in sheet.names}
    by_name = {name: name.strip().lower().replace(" ", "_") for name in sheet.names}
    length = {name: sum(map(len, cells)) / max(len(cells), 1) for name, cells in sample.items()}
    different = {name: len({cell.lower() for cell in cells if cell}) for name, cells in sample.items()}
    texts = [name for name in sheet.names if by_name[name] in TEXT_NAMES]
    text = max(texts or sheet.names, key=lambda name: length[name])
    rest = [name for name in sheet.names if name != text]
    labels = [name for name in rest if by_name[name] in LABEL_NAMES and different[name] > 1]
    several = [name for name in labels or rest if different[name] > 1] or rest
    label = min(several, key=lambda name: (different[name], sheet.names.index(name)))
    groups = [name for name in rest if name != label and by_name[name] in GROUP_NAMES and different[name] > 1]
    return Columns(text, label, groups[0] if groups else "")


def settle_surplus(sheet: Sheet, how: str, text: str) -> Sheet:
    """The sheet without rows that have more cells than there are columns.

    how   join: the surplus came from delimiters inside the text, so the text's cells are put together again;
          drop: these rows are left out; empty: as they are, and what is too much is not read
    text  the name of the column with the text
    """
    width, place = len(sheet.names), sheet.names.index(text)

    def joined(row: list[str]) -> list[str]:
        end = place + 1 + len(row) - width
        return [*row[:place], sheet.delimiter.join(row[place:end]), *row[end:]] if len(row) > width else row

    if how == "join":
        return replace(sheet, cells=tuple(map(joined, sheet.cells)))
    if how == "drop":
        kept = [i for i, row in enumerate(sheet.cells) if len(row) <= width]
        return replace(sheet, cells=tuple(sheet.cells[i] for i in kept), rows=tuple(sheet.rows[i] for i in kept))
    return sheet


def take_columns(sheet: Sheet, columns: Columns) -> pd.DataFrame:
    """The rows as a classifier needs them: row (its number in the file), text, label, and group if there is one.

    Raises InputError for a column that is not there, and when text and label are the same.
    """
    for name in (columns.text, columns.label, columns.group):
        if name and name not in sheet.names:
            raise InputError(f"there is no column {name!r}; the file has {', '.join(sheet.names[:20])}.")
    if columns.text == columns.label:
        raise InputError("text and label are the same column; choose two different ones.")
    data = {"row": list(sheet.rows), "text": sheet.column(columns.text), "label": sheet.column(columns.label)}
    if columns.group:
        data["group"] = sheet.column(columns.group)
    return pd.DataFrame(data).astype({name: "str" for name in data if name != "row"})
