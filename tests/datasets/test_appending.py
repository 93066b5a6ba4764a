"""Columns added to a CSV: every cell, quotation mark and byte of the old file comes back, whatever is in it."""

from __future__ import annotations

import codecs
import csv
import io

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from engine.datasets import appending
from engine.datasets.appending import SINGLE, append, look
from engine.datasets.csv_cells import harmless, records, runs
from engine.datasets.reading import MOST_BYTES
from engine.datasets.sheet import DELIMITERS
from engine.errors import InputError

MARKS = {"utf-8-sig": codecs.BOM_UTF8, "utf-16-le": codecs.BOM_UTF16_LE, "utf-16-be": codecs.BOM_UTF16_BE}


def shout(texts):
    return [[text.upper()[:3].replace("\r", " ").replace("\n", " "), "0.5"] for text in texts]


def added(data, names=("loud", "p"), cells=shout, **options):
    asked = {k: options.pop(k) for k in list(options) if k in ("delimiter", "header", "encoding", "column")}
    plan, out = look(data, **asked), io.BytesIO()
    done = list(append(plan, names, cells, out, **options))
    assert done[-1] == plan.rows
    return plan, out.getvalue()


def cells_of(text, delimiter):
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))


def test_the_old_file_is_there_character_by_character():
    old = 'text;"label"\r\n"a ""quoted"";\r\ntext";x\r\n\r\nplain;  y \r\n'
    data = codecs.BOM_UTF16_BE + old.encode("utf-16-be")
    _, new = added(data)
    assert new == codecs.BOM_UTF16_BE + (
        'text;"label";loud;p\r\n"a ""quoted"";\r\ntext";x;"A """;0.5\r\n\r\nplain;  y ;PLA;0.5\r\n'.encode("utf-16-be")
    )


@pytest.mark.parametrize("end", ["", "\n", "\r", "\r\n"])
def test_the_last_line_ends_as_it_did(end):
    _, new = added(f"text,label\none,two{end}".encode())
    assert new == f"text,label,loud,p\none,two,ONE,0.5{end}".encode()


def test_short_long_and_empty_rows_keep_the_columns_apart():
    plan, new = added(b"text,label\none\ntwo,b,extra\n,c\n  ,d\n")
    assert (plan.width, plan.rows, plan.empty) == (3, 4, 2)
    assert new == b"text,label,,loud,p\none,,,ONE,0.5\ntwo,b,extra,TWO,0.5\n,c,,,\n  ,d,,,\n"


def test_names_that_are_taken():
    _, new = added(b"text,P,loud \none,2,3\n")
    assert new.splitlines()[0] == b"text,P,loud ,loud (2),p (2)"


def test_without_a_header_none_is_added():
    _, new = added(b"hello there my friend,1\nbye now,1\n", header=False)
    assert new == b"hello there my friend,1,HEL,0.5\nbye now,1,BYE,0.5\n"


def test_one_column_with_commas_in_its_texts():
    plan, new = added(b'text\nHello, you\nSee you, later\n"quoted, it was"\n')
    assert plan.delimiter == SINGLE
    assert cells_of(new.decode(), ",") == [
        ["text", "loud", "p"],
        ["Hello, you", "HEL", "0.5"],
        ["See you, later", "SEE", "0.5"],
        ["quoted, it was", "QUO", "0.5"],
    ]


@pytest.mark.parametrize("start", list("=+-@\t\r\n") + ["＝", "＋", "－", "＠"])
def test_what_is_added_is_never_a_formula(start):
    def evil(texts):
        return [[f"{start}1+1", "0.5"] for _ in texts]

    _, new = added(b"text,label\none,a\n", names=(f"{start}cmd", "p"), cells=evil, utf8=True)
    (names, row) = cells_of(new.decode("utf-8-sig"), ",")
    assert names[2] == f"'{start}cmd"
    assert row[2] == f"'{start}1+1"


def test_old_formulas_are_counted_and_changed_only_when_asked():
    data = b'text,n\n=1+1,-5\nfine,+3.2%\n"@SUM(A1)",-2+3\n'
    plan, new = added(data)
    assert (plan.formulas, plan.where) == (3, (2, 4))
    assert b"\n=1+1,-5,=1+" not in new
    assert b"\n=1+1,-5,'=1+,0.5\n" in new
    _, safe = added(data, neutralise=True)
    rows = cells_of(safe.decode(), ",")
    assert [row[:2] for row in rows[1:]] == [["'=1+1", "-5"], ["fine", "+3.2%"], ["'@SUM(A1)", "'-2+3"]]
    assert not any(runs(cell) for row in rows for cell in row)


def test_a_class_that_the_encoding_lacks():
    data = "text,label\ncaf\xe9 \x80,a\n".encode("latin-1")

    def cyrillic(texts):
        return [["смс", "0.5"] for _ in texts]

    with pytest.raises(InputError, match="'с', which Windows-1252"):
        added(data, cells=cyrillic)
    _, new = added(data, cells=cyrillic, utf8=True)
    assert new.startswith(codecs.BOM_UTF8)
    assert "café €,a,смс,0.5" in new.decode("utf-8-sig")


def test_a_quotation_mark_left_open_keeps_its_cells():
    _, new = added(b'text,label\none,a\n"two,b\n')
    assert cells_of(new.decode(), ",") == [
        ["text", "label", "loud", "p"],
        ["one", "a", "ONE", "0.5"],
        ["two,b\n", "", "TWO", "0.5"],
    ]


def test_chunks_ask_for_no_more_than_their_size(monkeypatch):
    monkeypatch.setattr(appending, "ROWS_AT_ONCE", 100)
    sizes = []

    def count(texts):
        sizes.append(len(texts))
        return shout(texts)

    data = b"text,label\n" + b"".join(b"row %d,a\n" % n for n in range(1050))
    plan, out = look(data), io.BytesIO()
    assert list(append(plan, ["loud", "p"], count, out)) == [*range(100, 1001, 100), 1050]
    assert sizes == [100] * 10 + [50]
    assert out.getvalue().count(b"\n") == 1051


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "is empty"),
        (b"text,label\n", "no rows below its header"),
        (b"a" + b"\0" * 5000, "no plain text"),
        (b"PK\x03\x04...", "Excel"),
        (b"text," + b"," * 600 + b"\nx\n", "600|601|602"),
        (b"x" * (MOST_BYTES + 1), "more than the 20 MB"),
        (b'text,label\n"' + b"x" * 1_100_000, "quotation mark is never closed"),
    ],
)
def test_mistakes_are_sentences(data, sentence):
    with pytest.raises(InputError, match=sentence):
        look(data)


def test_a_column_that_is_not_there():
    with pytest.raises(InputError, match="no column 'body'; it has text, label"):
        look(b"text,label\na,b\n", column="body")


CELLS = st.lists(st.lists(st.text(max_size=12), min_size=1, max_size=4), min_size=1, max_size=6)


@given(
    CELLS, st.sampled_from(list(DELIMITERS)), st.sampled_from(["utf-8", "utf-8-sig", "utf-16-le", "utf-16-be"]),
    st.sampled_from(["\n", "\r\n", "\r"]), st.booleans(), st.booleans(),
)  # fmt: skip
@example([["a", '"'], ["\n", "=1"], ["", '"x"y']], ",", "utf-8", "\n", True, False)
def test_every_cell_of_any_file_comes_back(cells, delimiter, encoding, end, every, safe):
    written = io.StringIO(newline="")
    quoting = csv.QUOTE_ALL if every else csv.QUOTE_MINIMAL
    csv.writer(written, delimiter=delimiter, lineterminator=end, quoting=quoting).writerows([["text", "b"], *cells])
    check(written.getvalue(), delimiter, encoding, safe)


@given(
    st.text(st.sampled_from('ab",;\t|\n\r =é'), min_size=1, max_size=40),
    st.sampled_from([*DELIMITERS, SINGLE]),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16-le", "utf-16-be", "cp1252"]),
    st.booleans(),
)
@example('x\n"\n', ",", "utf-8", False)
@example('x\n"y\n\n', ",", "utf-8", False)
@example('x\ny "\r', ",", "utf-8", True)
def test_every_cell_of_any_mess_comes_back(mess, delimiter, encoding, safe):
    check(f"text\n{mess}", delimiter, encoding, safe)


def check(text, delimiter, encoding, safe):
    """The new file, read again, has the same rows; the old cells are the same and the new ones behind them all."""
    codec = "utf-8" if encoding == "utf-8-sig" else encoding
    try:
        data = MARKS.get(encoding, b"") + text.encode(codec)
        plan = look(data, encoding="cp1252" if encoding == "cp1252" else "", delimiter=delimiter, header=True)
    except (InputError, UnicodeEncodeError):
        return
    assert plan.exact
    out = io.BytesIO()
    list(append(plan, ["loud", "p"], lambda texts: [["=evil", '";,|\t'] for _ in texts], out, neutralise=safe))
    assert out.getvalue().startswith(plan.mark)
    after = out.getvalue()[len(plan.mark) :].decode(plan.codec)
    before = [row for _, row in records(plan.text, delimiter)]
    new = cells_of(after, delimiter or ",")
    assert len(new) == len(before)
    first = next(i for i, row in enumerate(before) if row)
    for i, (old, now) in enumerate(zip(before, new, strict=True)):
        if not old:
            assert now == []
            continue
        assert now[: len(old)] == ([harmless(c) if runs(c) else c for c in old] if safe else old)
        assert now[len(old) : plan.width] == [""] * (plan.width - len(old))
        fresh = now[plan.width :]
        has_text = plan.column < len(old) and old[plan.column].strip()
        assert fresh == (["loud", "p"] if i == first else ["'=evil", '";,|\t'] if has_text else ["", ""])
