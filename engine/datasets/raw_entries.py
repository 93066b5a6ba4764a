"""The entries of an uploaded file as they stand there: JSON, JSON Lines or CSV, in any common encoding."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from engine.datasets.reading import Reading, read_text
from engine.datasets.sheet import read_sheet
from engine.errors import InputError

MOST_ENTRIES = 100_000


@dataclass(frozen=True)
class NotJson:
    """A line of a JSON Lines file that cannot be read, and why."""

    reason: str


@dataclass(frozen=True)
class RawEntries:
    """What a file holds, before anything is judged.

    values   one for each entry, in the file's order: mostly dicts; a NotJson for a line that is none
    form     JSON, JSON Lines or CSV
    reading  the file's encoding
    """

    values: list[Any]
    form: str
    reading: Reading


def read_raw(data: bytes, name: str = "the file", encoding: str = "") -> RawEntries:
    """The entries in these bytes.

    name      the file's name; .csv and .tsv are read as tables, everything else as JSON, then as JSON Lines
    encoding  a name of reading.ENCODINGS; empty: guess

    Raises InputError for what is none of these, for no entry, and for more than MOST_ENTRIES.
    """
    reading = read_text(data, name, encoding)
    if name.lower().endswith((".csv", ".tsv")):
        sheet = read_sheet(reading.text, header=True)
        columns = {column: sheet.column(column) for column in sheet.names}
        values: list[Any] = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
        form = "CSV"
    else:
        values, form = _from_json(reading.text.strip("\ufeff\0 \t\r\n"), name)
    if not values:
        raise InputError(f"{name} has no entries; it needs a list of objects with instruction, input and output.")
    if len(values) > MOST_ENTRIES:
        raise InputError(f"{name} has {len(values):,} entries, and {MOST_ENTRIES:,} are the most here; upload a part.")
    return RawEntries(values, form, reading)


def _from_json(text: str, name: str) -> tuple[list[Any], str]:
    try:
        value = json.loads(text)
    except RecursionError as e:
        raise InputError(f"{name} is nested too deeply; it must be a list of entries.") from e
    except ValueError as e:
        # Not splitlines: U+2028 and others that it cuts at may stand inside a text.
        lines = [_from_line(line) for line in re.split(r"[\r\n]+", text) if line.strip()]
        readable = sum(not isinstance(line, NotJson) for line in lines)
        # One broken list has lines too; only where most of them are whole objects is it JSON Lines.
        if len(lines) > 1 and readable * 2 >= len(lines):
            return lines, "JSON Lines"
        where = f"line {e.lineno:,}, {e.msg}" if isinstance(e, json.JSONDecodeError) else str(e)
        raise InputError(f"{name} is not JSON: {where}; mend it there, or save it again as JSON.") from e
    if isinstance(value, dict):
        lists = [inner for inner in value.values() if isinstance(inner, list) and inner and isinstance(inner[0], dict)]
        if len(lists) == 1 and not {"messages", "conversations"} & value.keys():
            return lists[0], "JSON"
        return [value], "JSON"
    if not isinstance(value, list):
        raise InputError(f"{name} holds one {type(value).__name__}; it must hold a list of entries.")
    return value, "JSON"


def _from_line(line: str) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError) as e:
        return NotJson(e.msg if isinstance(e, json.JSONDecodeError) else "it cannot be read")
