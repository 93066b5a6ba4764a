"""From text to cells: signs between them, quotation marks, headers, row numbers, and which column is which."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.datasets.sheet import (
    DELIMITERS,
    LONGEST_CELL,
    MOST_COLUMNS,
    MOST_ROWS,
    Columns,
    Sheet,
    guess_columns,
    read_sheet,
    settle_surplus,
    take_columns,
)
from engine.errors import InputError


def written(rows: list[list[str]], delimiter: str = ",") -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter).writerows(rows)
    return out.getvalue()


ROWS = [["text", "label"], ["one, two; three", "ham"], ['he said "no"\nand left | so', "spam"], ["a\tb", "ham"]]


@pytest.mark.parametrize("delimiter", DELIMITERS)
def test_every_sign_between_cells_is_found(delimiter: str) -> None:
    sheet = read_sheet(written(ROWS, delimiter))
    assert (sheet.delimiter, sheet.names, sheet.header) == (delimiter, ("text", "label"), True)
    assert list(sheet.cells) == ROWS[1:]
    assert sheet.rows == (2, 3, 4)  # a cell of two lines is one row, as a spreadsheet counts
    assert read_sheet(written(ROWS, delimiter), delimiter) == sheet


def test_of_two_signs_that_fit_the_rarer_one_is_taken() -> None:
    assert read_sheet("ham\tDear Ann, hello\nspam\tDear Bob, win\nham\tDear Cem, bye\n").delimiter == "\t"


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
def test_line_ends_and_empty_lines(ends: str) -> None:
    sheet = read_sheet(ends.join(["text,label", "", "a,ham", "", "", "b,spam", ""]))
    assert list(sheet.cells) == [["a", "ham"], ["b", "spam"]]
    assert sheet.rows == (3, 6)


@pytest.mark.parametrize(
    ("text", "names", "header"),
    [
        (" text ,label\na,x\nb,y\n", ("text", "label"), True),
        ("  my   text,\na,x\n", ("my text", "column 2"), True),
        ("text,text,text\na,b,c\n", ("text", "text (2)", "text (3)"), True),
        ("spam,win now\nham,hello there\nspam,win again\n", ("column 1", "column 2"), False),
        ("1,0.5\n2,0.25\n", ("column 1", "column 2"), False),
        ("Nachricht,Klasse\nHallo,ham\nGewinn,spam\n", ("Nachricht", "Klasse"), True),
        (f"{'a sentence as long as a text ' * 2},ham\nb,spam\n", ("column 1", "column 2"), False),
    ],
)
def test_headers(text: str, names: tuple[str, ...], header: bool) -> None:
    sheet = read_sheet(text)
    assert (sheet.names, sheet.header) == (names, header)
    other = read_sheet(text, header=not header)
    assert other.header is not header
    assert len(other.cells) == len(sheet.cells) + (1 if header else -1)


def test_short_and_long_rows() -> None:
    sheet = read_sheet("text,label\na,ham\nb\nc, d,ham\ne,spam\n")
    assert sheet.surplus == [4]
    assert sheet.column("label") == ["ham", "", " d", "spam"]
    joined = settle_surplus(sheet, "join", "text")
    assert joined.cells[2] == ["c, d", "ham"]
    assert not joined.surplus
    dropped = settle_surplus(sheet, "drop", "text")
    assert dropped.rows == (2, 3, 5)
    assert settle_surplus(sheet, "", "text") is sheet
    # The text may stand behind the label: its surplus is behind it too.
    last = read_sheet("label,text\nham,a\nspam,b,c,d\nham,e\n")
    assert settle_surplus(last, "join", "text").cells[1] == ["spam", "b,c,d"]


def test_quotation_marks_as_ordinary_signs() -> None:
    text = 'label\ttext\nham\t"so he said\nspam\twin now\nham\tand left"\n'
    assert len(read_sheet(text).cells) == 1
    assert read_sheet(text, quotes=False).column("text") == ['"so he said', "win now", 'and left"']


@pytest.mark.parametrize(
    ("text", "options", "says"),
    [
        ("a,b\n" * (MOST_ROWS + 2), {}, "more than 200,000 rows"),
        ("," * MOST_COLUMNS, {}, "more than 500 cells"),
        ('a,b\nx,"' + "y" * (LONGEST_CELL + 1), {}, "row 2 cannot be read: a cell is longer than 1,000,000 characters"),
        ("\n\n", {}, "no rows"),
        ("a,b", {"delimiter": ":"}, "cannot stand between cells"),
    ],
)
def test_what_cannot_be_read_gets_a_sentence(text: str, options: dict[str, str], says: str) -> None:
    with pytest.raises(InputError, match=says):
        read_sheet(text, **options)


def sheet_of(**columns: list[str]) -> Sheet:
    return read_sheet(written([list(columns), *map(list, zip(*columns.values(), strict=True))]))


@pytest.mark.parametrize(
    ("columns", "found"),
    [
        ({"label": ["a", "b"], "text": ["some words", "other words"]}, Columns("text", "label")),
        ({"v1": ["ham", "spam"], "v2": ["some words", "other words"]}, Columns("v2", "v1")),
        ({"id": list("123"), "Review": list("xyz"), "Sentiment": list("pnp")}, Columns("Review", "Sentiment")),
        ({"what": ["a long text", "another", "a third"], "n": list("123"), "k": list("pqp")}, Columns("what", "k")),
        ({"text": ["a b c", "d e f"], "label": ["x", "y"], "User ID": ["7", "8"]}, Columns("text", "label", "User ID")),
        # A column whose name says label and that holds one value is none.
        ({"text": ["a b c", "d e f"], "type": ["sms", "sms"], "kind": ["x", "y"]}, Columns("text", "kind")),
    ],
)  # fmt: skip
def test_columns_are_guessed(columns: dict[str, list[str]], found: Columns) -> None:
    assert guess_columns(sheet_of(**columns)) == found


def test_columns_that_cannot_be() -> None:
    sheet = sheet_of(text=["a", "b"], label=["x", "y"])
    with pytest.raises(InputError, match="no column 'class'"):
        take_columns(sheet, Columns("text", "class"))
    with pytest.raises(InputError, match="the same column"):
        take_columns(sheet, Columns("text", "text"))
    with pytest.raises(InputError, match="only one column"):
        guess_columns(read_sheet("a\nb\nc\n"))


CELLS = st.text(alphabet=st.sampled_from('ab,;\t|"\n\r é😀'), max_size=8)


@given(
    st.integers(2, 4).flatmap(lambda n: st.lists(st.lists(CELLS, min_size=n, max_size=n), min_size=1, max_size=8)),
    st.sampled_from(list(DELIMITERS)),
)
def test_what_was_written_is_read(rows: list[list[str]], delimiter: str) -> None:
    """Whatever the cells hold, with the sign given nothing is lost and every row keeps its number."""
    sheet = read_sheet(written(rows, delimiter), delimiter, header=False)
    assert [list(row) for row in sheet.cells] == rows
    assert sheet.rows == tuple(range(1, len(rows) + 1))
