"""From the bytes of a file to its text: which encoding they are in, said and never hidden.

Spreadsheets save the same table as UTF-8 with or without a byte order mark (BOM), as UTF-16 or, on older
Windows, as cp1252. Only the BOM names its encoding. Without one, bytes that are valid UTF-8 are UTF-8 beyond
doubt as soon as they hold anything but ASCII; everything else is a guess, and is called one.
"""

from __future__ import annotations

import codecs
from dataclasses import dataclass

from engine.errors import InputError
from engine.memory import bytes_text

ENCODINGS = {
    "utf-8": "UTF-8",
    "utf-8-sig": "UTF-8 with a byte order mark",
    "utf-16": "UTF-16",
    "utf-16-le": "UTF-16 (little-endian, no byte order mark)",
    "utf-16-be": "UTF-16 (big-endian, no byte order mark)",
    "cp1252": "Windows-1252 (Western Europe)",
    "latin-1": "Latin-1 (ISO 8859-1)",
}
# How files begin that people take for a CSV and that are none.
NOT_TEXT = {
    b"PK\x03\x04": "an Excel workbook or another zip file; open it and save it as CSV",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook; open it and save it as CSV",
    b"%PDF": "a PDF; export its table as CSV",
    b"\x1f\x8b": "compressed with gzip; unpack it",
    b"PAR1": "a Parquet file; export it as CSV",
}
MOST_ZEROS = 0.01  # a text may hold a few zero bytes by accident; a file with more of them is no text
LOOKED_AT = 4096
MOST_BYTES = 20_000_000  # of an uploaded file; Streamlit's 20 MB in .streamlit/config.toml are a little more


@dataclass(frozen=True)
class Reading:
    """A decoded text and how sure its encoding is.

    text      line ends as they came, no byte order mark
    encoding  a name of ENCODINGS, which Python knows too
    sure      False where the bytes would be valid in another encoding as well
    """

    text: str
    encoding: str
    sure: bool

    @property
    def zeros(self) -> int:
        """How many zero characters the text holds; no writing system uses them."""
        return self.text.count("\0")


def check_size(name: str, size: int, most: int = MOST_BYTES) -> None:
    """Raise InputError, a sentence with the file's name, when its size is more than `most` bytes."""
    if size > most:
        raise InputError(f"{name} has more than the {bytes_text(most)} that are read here; give a part of it.")


def read_text(data: bytes, name: str = "the file", encoding: str = "") -> Reading:
    """The text in these bytes, by the given encoding or by the best guess.

    name      what sentences call it
    encoding  a name of ENCODINGS; empty: guess

    Raises InputError for an empty file, for one that is no text, and where the given encoding does not fit.
    """
    if not data:
        raise InputError(f"{name} is empty; choose a file with some rows.")
    for start, what in NOT_TEXT.items():
        if data.startswith(start):
            raise InputError(f"{name} is {what}, then upload that.")
    reading = _read_as(data, encoding, name) if encoding else _guess(data)
    if reading.zeros > max(16, MOST_ZEROS * len(reading.text)):
        raise InputError(
            f"{name} is no plain text: {reading.zeros:,} of its {len(reading.text):,} characters are zeros; "
            "export it as CSV first."
        )
    if not reading.text.strip("\0 \t\r\n"):
        raise InputError(f"{name} holds nothing but empty lines; choose a file with some rows.")
    return reading


def _read_as(data: bytes, encoding: str, name: str) -> Reading:
    if encoding not in ENCODINGS:
        raise InputError(f"there is no encoding {encoding!r} here; choose one of {', '.join(ENCODINGS)}.")
    try:
        return Reading(data.decode(encoding).removeprefix("\ufeff"), encoding, sure=True)
    except UnicodeDecodeError as e:
        raise InputError(
            f"{name} is not {ENCODINGS[encoding]} (byte {e.start:,} fits no character); choose another encoding."
        ) from e


def _guess(data: bytes) -> Reading:
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        # An odd last byte is half a character: what is whole is read.
        return Reading(data.decode("utf-16", errors="replace"), "utf-16", sure=True)
    wide = _wide(data[:LOOKED_AT])
    if wide:
        return Reading(data.decode(wide, errors="replace"), wide, sure=False)
    has_mark = data.startswith(codecs.BOM_UTF8)
    try:
        text = data.decode("utf-8-sig")
        return Reading(text, "utf-8-sig" if has_mark else "utf-8", sure=True)
    except UnicodeDecodeError:
        pass
    try:
        return Reading(data.decode("cp1252"), "cp1252", sure=False)
    except UnicodeDecodeError:  # five bytes mean nothing in cp1252; in Latin-1 every byte is some character
        return Reading(data.decode("latin-1"), "latin-1", sure=False)


def _wide(start: bytes) -> str:
    """UTF-16 without its mark: in Western text every second byte is a zero. Empty when it does not look so."""
    first, second = start[0::2], start[1::2]
    if len(second) < 2:
        return ""
    zeros = first.count(0) / len(first), second.count(0) / len(second)
    if zeros[1] > 0.4 and zeros[0] < 0.1:
        return "utf-16-le"
    return "utf-16-be" if zeros[0] > 0.4 and zeros[1] < 0.1 else ""
