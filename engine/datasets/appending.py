"""Columns added to a CSV that otherwise stays as it came: encoding, byte order mark, line ends, quotation marks.

Each record is kept as its own characters, and the new cells are written behind it. Only where that would not read back
as the same cells (a quotation mark that nobody closed, a row that is too short) is the record written anew.

Spreadsheets run a cell that starts with = + - @ as a formula. Cells that are added never do; those that were in the
file before are counted, and made harmless only when asked to.
"""

from __future__ import annotations

import codecs
import io
from dataclasses import dataclass
from itertools import islice
from typing import IO, TYPE_CHECKING

from engine.datasets.csv_cells import (
    free_names,
    harmless,
    read_record,
    records,
    runs,
    unique,
    unused_sign,
    write_record,
)
from engine.datasets.reading import ENCODINGS, check_size, read_text
from engine.datasets.sheet import DELIMITERS, TEXT_NAMES, guess_delimiter, looks_like_header
from engine.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

MOST_COLUMNS = 500
ROWS_AT_ONCE = 1000
LOOKED_AT = 500  # rows that guesses look at
SHOWN = 20  # rows that are named where there may be thousands
SINGLE = ""  # the "delimiter" of a file with one column only


@dataclass(frozen=True)
class Plan:
    """A CSV that has been looked through once, and what is going to be done with it.

    text       the decoded file without byte order mark
    mark       the byte order mark's bytes, empty without one
    codec      Python's name of the encoding, byte order included
    exact      False where some bytes were no characters: those come back as U+FFFD
    delimiter  a key of DELIMITERS, or SINGLE
    header     whether the first row names the columns
    names      one for each column, unique; numbered where there is no header
    width      cells of the longest row; added cells stand behind it
    rows       below the header, empty lines not counted
    column     the place of the column with the texts
    empty      how many rows have nothing in it
    formulas   how many cells a spreadsheet would run
    where      the first of their rows, numbered as a spreadsheet does
    """

    text: str
    mark: bytes
    codec: str
    encoding: str
    exact: bool
    delimiter: str
    header: bool
    names: tuple[str, ...]
    width: int
    rows: int
    column: int
    empty: int
    formulas: int
    where: tuple[int, ...]

    def sample(self, count: int = 5) -> list[list[str]]:
        """The first rows below the header."""
        rows = (row for _, row in records(self.text, self.delimiter) if row)
        return list(islice(rows, int(self.header), count + int(self.header)))


def look(
    data: bytes,
    name: str = "the file",
    encoding: str = "",
    delimiter: str | None = None,
    header: bool | None = None,
    column: str = "",
) -> Plan:
    """Read through a CSV once; what is not given is guessed.

    column  the name of the column with the texts

    Raises InputError for what is no CSV, too large, too wide, empty, or has no such column.
    """
    check_size(name, len(data))
    reading = read_text(data, name, encoding)
    mark, codec = _mark(data, reading.encoding)
    if delimiter is None:
        delimiter = _guess(reading.text)
    if delimiter and delimiter not in DELIMITERS:
        raise InputError(f"{delimiter!r} cannot stand between cells; choose {', '.join(DELIMITERS.values())}.")
    first = list(islice((row for _, row in records(reading.text, delimiter) if row), LOOKED_AT))
    if header is None:
        header = looks_like_header(first)
    width, rows = 0, -int(header)
    for _, row in records(reading.text, delimiter):
        width, rows = max(width, len(row)), rows + bool(row)
    if width > MOST_COLUMNS:
        raise InputError(f"a row has {width:,} cells, and {MOST_COLUMNS} are the most; check what stands between them.")
    if rows < 1:
        raise InputError(f"{name} has no rows below its header; give it at least one text.")
    names = unique(first[0] if header else [], width)
    place = _place(column, names, first[int(header) :], name)
    empty, formulas, where = _count(reading.text, delimiter, header, place)
    return Plan(
        reading.text,
        mark,
        codec,
        reading.encoding,
        mark + reading.text.encode(codec) == data,
        delimiter,
        header,
        names,
        width,
        rows,
        place,
        empty,
        formulas,
        tuple(where),
    )


def append(
    plan: Plan,
    added: Sequence[str],
    cells: Callable[[list[str]], list[list[str]]],
    out: IO[bytes],
    neutralise: bool = False,
    utf8: bool = False,
) -> Iterator[int]:
    """Write the file with more columns, a thousand rows at a time; yields how many rows are done.

    added       names of the new columns, changed where a column is called so already
    cells       makes the new cells of each of several texts; it is not asked about empty ones, whose cells are empty
    neutralise  put an apostrophe before cells that a spreadsheet would run, the old ones too
    utf8        write UTF-8 with a byte order mark whatever the encoding was

    Raises InputError where a new cell has a character that the file's encoding lacks.
    """
    codec, mark = ("utf-8", codecs.BOM_UTF8) if utf8 else (plan.codec, plan.mark)
    out.write(mark)
    names = free_names(added, plan.names)
    lines = records(plan.text, plan.delimiter)
    waiting: list[tuple[str, list[str]]] = []
    done, is_header = 0, plan.header

    def flush() -> None:
        texts = [row[plan.column] if plan.column < len(row) else "" for _, row in waiting]
        full = [i for i, text in enumerate(texts) if texts[i].strip() and waiting[i][1]]
        made = dict(zip(full, cells([texts[i] for i in full]) if full else [], strict=True))
        nothing = [""] * len(names)
        written = "".join(
            _record(raw, row, made.get(i, nothing), plan, neutralise) for i, (raw, row) in enumerate(waiting)
        )
        out.write(_encode(written, codec, plan))
        waiting.clear()

    for raw, row in lines:
        if row and is_header:
            out.write(_encode(_record(raw, row, names, plan, neutralise), codec, plan))
            is_header = False
            continue
        waiting.append((raw, row))
        done += bool(row)
        if len(waiting) == ROWS_AT_ONCE:
            flush()
            yield done
    flush()
    yield done


def _record(raw: str, row: list[str], new: Sequence[str], plan: Plan, neutralise: bool) -> str:
    """A record with more cells behind it, in the record's own characters if they then still read as the same."""
    if not row:
        return raw
    more = [""] * (plan.width - len(row)) + [harmless(cell) for cell in new]
    body = raw.rstrip("\r\n")
    changes = neutralise and any(map(runs, row))
    if plan.delimiter and not changes:
        kept = body + plan.delimiter + write_record(more, plan.delimiter)
        if read_record(kept, plan.delimiter) == [*row, *more]:
            return kept + raw[len(body) :]
    cells = [harmless(cell) if runs(cell) else cell for cell in row] if neutralise else row
    # Behind a quotation mark left open, the line end is part of the last cell, and of the file.
    end = raw[len(body) :] if read_record(body, plan.delimiter or unused_sign(raw)) == row else ""
    return write_record([*cells, *more], plan.delimiter or ",") + end


def _encode(text: str, codec: str, plan: Plan) -> bytes:
    try:
        return text.encode(codec)
    except UnicodeEncodeError as e:
        raise InputError(
            f"the name of a class has the character {text[e.start]!r}, which {ENCODINGS[plan.encoding]} lacks; have "
            "the file written as UTF-8."
        ) from e


def _mark(data: bytes, encoding: str) -> tuple[bytes, str]:
    """The byte order mark, and the codec that writes the rest."""
    if encoding == "utf-16" and data.startswith(codecs.BOM_UTF16_BE):
        return codecs.BOM_UTF16_BE, "utf-16-be"
    if encoding == "utf-16":
        return (codecs.BOM_UTF16_LE if data.startswith(codecs.BOM_UTF16_LE) else b""), "utf-16-le"
    if encoding in ("utf-8", "utf-8-sig"):
        return (codecs.BOM_UTF8 if data.startswith(codecs.BOM_UTF8) else b""), "utf-8"
    known = {"utf-16-le": codecs.BOM_UTF16_LE, "utf-16-be": codecs.BOM_UTF16_BE}.get(encoding, b"")
    return (known if known and data.startswith(known) else b""), encoding


def _guess(text: str) -> str:
    """The delimiter; SINGLE where the first line, a header say, has none: commas below it belong to the texts."""
    first = next((line for line in io.StringIO(text[:200_000], newline="") if line.strip()), "")
    if not any(sign in first for sign in DELIMITERS):
        return SINGLE
    return guess_delimiter(text)


def _place(column: str, names: Sequence[str], rows: Sequence[list[str]], file: str) -> int:
    """Where the texts are: the column called so, else one with a familiar name, else that with the longest cells."""
    if column:
        if column not in names:
            raise InputError(f"{file} has no column {column!r}; it has {', '.join(names[:20])}.")
        return names.index(column)
    familiar = [i for i, name in enumerate(names) if name.lower().replace(" ", "_") in TEXT_NAMES]

    def length(i: int) -> int:
        return sum(len(row[i]) for row in rows if i < len(row))

    return max(familiar or range(len(names)), key=length)


def _count(text: str, delimiter: str, header: bool, place: int) -> tuple[int, int, list[int]]:
    """Rows without a text; cells that a spreadsheet would run, and the first of their rows."""
    empty, formulas = 0, 0
    where: list[int] = []
    for number, (_, row) in enumerate(records(text, delimiter), 1):
        if not row:
            continue
        found = sum(map(runs, row))
        formulas += found
        if found and len(where) < SHOWN:
            where.append(number)
        if not header:
            empty += not (place < len(row) and row[place].strip())
        header = False
    return empty, formulas, where
