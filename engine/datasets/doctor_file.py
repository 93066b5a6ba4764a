"""What may be wrong with a file before its rows are looked at: encoding, header, misplaced cells."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from engine.datasets.finding import Finding, Fix, some
from engine.datasets.reading import ENCODINGS, Reading

if TYPE_CHECKING:
    from engine.datasets.sheet import Columns, Sheet


def examine_file(reading: Reading, sheet: Sheet, columns: Columns, settled: str = "") -> list[Finding]:
    """What is to be said about the file itself: encoding, header, cells in rows.

    settled  what was done about rows with too many cells, "join", "drop" or empty
    """
    found = [*_encoding(reading, sheet), *_header(sheet)]
    if sheet.surplus and not settled:
        inside = f"joins them with the {columns.text} again" if columns.text else ""
        found.append(
            Finding(
                "surplus",
                "should",
                f"{some(len(sheet.surplus), 'row has', 'rows have')} more cells than there are columns.",
                f"Mostly a text that holds the sign between cells and no quotation marks around it. Until it is "
                f"settled, what is too much is not read. Joining {inside}.",
                sheet.surplus,
                [Fix("Join them to the text", {"surplus": "join"}), Fix("Leave these rows out", {"surplus": "drop"})],
            )
        )
    return [*found, *_line_breaks(sheet)]


def _encoding(reading: Reading, sheet: Sheet) -> list[Finding]:
    if reading.sure and "\ufffd" not in reading.text:
        return []
    strange = [
        number for number, row in zip(sheet.rows, sheet.cells, strict=True) if not all(cell.isascii() for cell in row)
    ]
    if reading.sure:
        damaged = [n for n, row in zip(sheet.rows, sheet.cells, strict=True) if any("\ufffd" in c for c in row)]
        return [
            Finding(
                "damaged",
                "note",
                f"{some(len(damaged), 'row holds', 'rows hold')} the sign � for a character that was lost.",
                "It was lost before the file came here; only whoever made the file can bring it back.",
                damaged,
            )
        ]
    others = [name for name in ("cp1252", "latin-1", "utf-16-le", "utf-16-be") if name != reading.encoding]
    return [
        Finding(
            "encoding",
            "note",
            f"The file does not say its encoding; it was read as {ENCODINGS[reading.encoding]}.",
            "It is not UTF-8. Look at the accents in these rows: if they are right, the guess was.",
            strange,
            [Fix(f"Read as {ENCODINGS[name]}", {"encoding": name}) for name in others[:1]],
        )
    ]


def _header(sheet: Sheet) -> list[Finding]:
    if not sheet.header:
        return [
            Finding(
                "header",
                "note",
                "There is no header: the first row looks like data.",
                "The columns are called column 1, column 2 and so on.",
                list(sheet.rows[:1]),
                [Fix("The first row is the header", {"header": True})],
            )
        ]
    odd = [name for name in sheet.written if name != " ".join(name.split()) or not name.strip()]
    again = [name for name, times in Counter(" ".join(n.split()) for n in sheet.written).items() if times > 1 and name]
    if not odd and not again:
        return []
    quoted = ", ".join(repr(name) for name in (odd + again)[:5])
    return [
        Finding(
            "names",
            "note",
            f"The header has names that are empty, come twice, or have spaces around them: {quoted}.",
            "They are called without the spaces here, empty ones by their number, the second of two with (2).",
            fixes=[Fix("The first row is data", {"header": False})],
        )
    ]


def _line_breaks(sheet: Sheet) -> list[Finding]:
    broken = [(n, row) for n, row in zip(sheet.rows, sheet.cells, strict=True) if any("\n" in cell for cell in row)]
    if not broken:
        return []
    width = len(sheet.names) - 1
    swallowed = [
        number
        for number, row in broken
        if any(line.count(sheet.delimiter) >= width for cell in row for line in cell.split("\n")[1:])
    ]
    if swallowed:
        return [
            Finding(
                "swallowed",
                "should",
                f"{some(len(swallowed), 'cell looks', 'cells look')} as if it had swallowed the rows below it.",
                "A quotation mark opens a cell that ends only at the next one. If the file uses them as ordinary "
                "signs, several rows have become one.",
                swallowed,
                [Fix("Quotation marks are ordinary signs", {"quotes": False})],
            )
        ]
    return [
        Finding(
            "lines",
            "note",
            f"{some(len(broken), 'row has', 'rows have')} a cell of several lines.",
            "They stand in quotation marks, so each is one text; the line ends are kept.",
            [number for number, _ in broken],
        )
    ]
