"""From bytes to text: every encoding a spreadsheet writes, guesses called guesses, a sentence for what is no text."""

from __future__ import annotations

import pytest

from engine.datasets.reading import ENCODINGS, read_text
from engine.errors import InputError

TEXT = "text;label\r\nCafé “Zum Löwen”, 5 €;ham\r\nGewinnen Sie jetzt;spam\r\n"


@pytest.mark.parametrize(
    ("written", "found", "sure"),
    [
        ("utf-8", "utf-8", True),
        ("utf-8-sig", "utf-8-sig", True),
        ("utf-16", "utf-16", True),  # with its mark, as Excel's "Unicode text"
        ("utf-16-le", "utf-16-le", False),
        ("utf-16-be", "utf-16-be", False),
        ("cp1252", "cp1252", False),
    ],
)
def test_encodings_are_found(written: str, found: str, sure: bool) -> None:
    reading = read_text(TEXT.encode(written))
    assert (reading.text, reading.encoding, reading.sure) == (TEXT, found, sure)
    again = read_text(TEXT.encode(written), encoding=found)
    assert (again.text, again.sure) == (TEXT, True)


def test_bytes_that_cp1252_lacks_are_latin_1() -> None:
    reading = read_text(b"text,label\nna\xefve \x81,ham\n")
    assert (reading.encoding, reading.sure) == ("latin-1", False)
    assert "naïve \x81" in reading.text


def test_every_encoding_is_one_of_pythons() -> None:
    for encoding in ENCODINGS:
        assert read_text("a,b\n".encode(encoding), encoding=encoding).text == "a,b\n"


def test_half_a_character_at_the_end_loses_only_that() -> None:
    assert read_text(TEXT.encode("utf-16")[:-1]).text == TEXT[:-1] + "\ufffd"


def test_a_few_zeros_are_damage_and_many_are_no_text() -> None:
    assert read_text(b"text,label\nab\0c,ham\n").zeros == 1
    with pytest.raises(InputError, match="no plain text"):
        read_text(b"text,label\n" + b"abc\0\0" * 50)


@pytest.mark.parametrize(
    ("data", "encoding", "says"),
    [
        (b"", "", "mine.csv is empty"),
        (b" \r\n\t\n", "", "nothing but empty lines"),
        (b"\xff\xfe", "", "nothing but empty lines"),
        (b"PK\3\4...", "", "Excel workbook or another zip file"),
        (b"\xd0\xcf\x11\xe0...", "", "old Excel workbook"),
        (b"%PDF-1.7", "", "is a PDF"),
        (b"\x1f\x8b\x08", "", "compressed with gzip"),
        (b"PAR1...", "", "Parquet"),
        (b"caf\xe9,ham", "utf-8", r"is not UTF-8 \(byte 3 fits no character\)"),
        (b"a,b", "utf-7", "no encoding 'utf-7'"),
    ],
)
def test_what_is_no_text_gets_a_sentence(data: bytes, encoding: str, says: str) -> None:
    with pytest.raises(InputError, match=says):
        read_text(data, "mine.csv", encoding)
