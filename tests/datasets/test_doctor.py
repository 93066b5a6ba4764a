"""The doctor of labelled texts: each defect by its rows, gone after its repair, and the old table after undoing it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.datasets.alike import clusters
from engine.datasets.doctor import examine_lengths, examine_table
from engine.datasets.doctor_file import examine_file
from engine.datasets.labelled import load_messages
from engine.datasets.reading import ENCODINGS, read_text
from engine.datasets.repairs import MOST_CLASSES, REPAIRS, repair
from engine.datasets.sheet import DELIMITERS, guess_columns, read_sheet, settle_surplus, take_columns
from engine.errors import InputError

if TYPE_CHECKING:
    from engine.datasets.finding import Finding

# Thirty texts of each of two classes, none like another: nothing to say about them.
CLEAN = load_messages().groupby("label").head(30).values.tolist()


def table(*rows: tuple[str, str], clean: bool = True) -> pd.DataFrame:
    """These (text, label) rows as 2, 3, …, with thirty good ones of each class below."""
    every = [*rows, *([(text, label) for label, text in CLEAN] if clean else [])]
    frame = pd.DataFrame(every, columns=["text", "label"]).astype("str")
    return frame.assign(row=range(2, len(every) + 2))


def examine(given_: pd.DataFrame, **other_labels: int) -> dict[str, Finding]:
    found = examine_table(given_, clusters(given_["text"].to_list()), other_labels)
    assert len({one.kind for one in found}) == len(found)
    return {one.kind: one for one in found}


def test_nothing_to_say_about_clean_texts() -> None:
    assert examine(table()) == {}


HELLO = "Shall we meet at the harbour tomorrow at noon?"


@pytest.mark.parametrize(
    ("kind", "rows", "concerned", "level"),
    [
        ("missing", [("", "ham"), ("good text here", " "), (" \t", "")], [2, 3, 4], "must"),
        ("placeholders", [("N/A", "ham"), ("a text of its own", "null"), ("?", "spam")], [2, 3, 4], "should"),
        ("zeros", [("wi\0n", "spam")], [2], "should"),
        ("html", [("<p>Hi</p>", "ham"), ("a &lt; b &#38; c", "ham"), ("I <3 you & 2 < 3", "ham")], [2, 3], "should"),
        ("spellings", [(HELLO, "Ham"), ("other words", " spam "), ("more yet", "SPAM")], [2, 3, 4], "should"),
        ("contradictions", [(HELLO, "ham"), (f" {HELLO} ", "spam")], [2, 3], "should"),
        ("duplicates", [(HELLO, "ham"), (f"{HELLO}  ", "ham"), (HELLO.replace(" ", "\n"), "ham")], [2, 3, 4], "should"),
        ("alike", [(HELLO, "ham"), (HELLO.replace("?", "!"), "ham"), (HELLO.upper(), "spam")], [2, 3, 4], "should"),
        ("rare", [("a rare kind of text", "odd"), ("one more of that kind", "odd")], [2, 3], "should"),
        ("formulas", [("=LINK(1)", "ham"), ("+cmd", "ham"), ("@x", "ham"), ("-5 below", "ham")], [2, 3, 4], "note"),
    ],
)  # fmt: skip
def test_each_defect_by_its_rows_and_its_repair(
    kind: str, rows: list[tuple[str, str]], concerned: list[int], level: str
) -> None:
    before = table(*rows)
    finding = examine(before)[kind]
    assert (finding.rows, finding.level) == (concerned, level)
    assert finding.title.endswith(".")
    if kind == "formulas":  # texts like others: nothing to repair
        assert finding.fixes == []
        return
    assert finding.fixes[0].changes == {"repair": kind}
    after, (done,) = repair(before, [kind])
    assert kind not in examine(after)
    assert set(done.changed + done.dropped) <= set(concerned)
    assert set(before["row"]) - set(after["row"]) == set(done.dropped)
    assert before.equals(table(*rows))  # nothing is changed in place
    assert repair(before, [])[0].equals(before)  # undone


def test_what_the_repairs_make_of_a_table() -> None:
    rows = [(HELLO, "ham"), (HELLO, "ham"), ("<b>A</b>&amp;<br/>B", "Ham "), ("z\0", "spam"), (HELLO, "spam")]
    names = [name for name in REPAIRS if name != "names"]
    after, done = repair(table(*rows, clean=False), names[::-1])
    assert [one.name for one in done] == names
    by_name = {one.name: one for one in done}
    assert by_name["zeros"].changed == [5]
    assert by_name["html"].changed == by_name["spellings"].changed == [4]
    assert by_name["contradictions"].dropped == [2, 3, 6]
    assert by_name["rare"].dropped == [4, 5]
    assert after.empty
    some, _ = repair(table(*rows, clean=False), ["html", "spellings", "duplicates"], {"spam": "junk"})
    assert some[["text", "label", "row"]].values.tolist() == [
        [HELLO, "ham", 2],
        ["A & B", "ham", 4],
        ["z\0", "junk", 5],
        [HELLO, "junk", 6],
    ]


def test_nothing_that_is_left_looks_alike() -> None:
    """The search for look-alikes does not compare every pair, and must not end before it finds none."""
    rng = np.random.default_rng(5)
    texts = [" ".join(rng.choice(["win", "prize", "cash", "free", "claim", "urgent"], 5)) for _ in range(200)]
    left, (done,) = repair(table(*((text, "spam") for text in texts), clean=False), ["alike"])
    assert done.dropped
    found = clusters(left["text"].to_list())
    assert found.tolist() == list(range(len(left)))


def test_the_most_frequent_spelling_wins() -> None:
    rows = [("first of them", "1.0"), ("second text here", "1"), ("third one now", "1.0"), ("and the fourth", "2")]
    after, _ = repair(table(*rows, clean=False), ["spellings"])
    assert after["label"].tolist() == ["1.0", "1.0", "1.0", "2"]


def test_a_misspelt_class() -> None:
    many = [(f"{text} {n}", label) for n in range(4) for label, text in CLEAN]
    found = examine(table(("buy it at once", "spma"), ("another thing", "other"), *many))
    finding = found["misspelt spma"]
    assert finding.rows == [2]
    assert finding.fixes[0].changes == {"names": {"spma": "spam"}}
    assert "misspelt other" not in found


def test_one_class_and_none() -> None:
    one = examine(table((HELLO, "ham"), ("something else", "ham"), clean=False), topic=3)["one_class"]
    assert (one.level, one.title) == ("must", "There is only one class, 'ham'.")
    assert one.fixes[0].changes == {"label": "topic"}
    assert examine(table(("", ""), clean=False))["one_class"].title == "There is no class at all."
    assert examine(table(clean=False))["one_class"].rows == []


def test_ten_thousand_classes() -> None:
    texts = [text for _, text in CLEAN]
    rows = [(f"{texts[n % 60]} {n}", f"class{n}" if n >= 300 else f"class{n % 60}") for n in range(10_000)]
    before = table(*rows, clean=False)
    finding = examine(before)["too_many"]
    assert finding.level == "must"
    assert finding.title == "There are 9,760 classes."
    after, (done,) = repair(before, ["too_many"])
    assert after["label"].nunique() == MOST_CLASSES
    assert done.dropped == finding.rows
    assert len(after) == 250  # fifty of the sixty that have five rows


def test_numbers_as_labels() -> None:
    rows = [(text, str(int(label == "spam"))) for label, text in CLEAN]
    finding = examine(table(*rows, clean=False))["numbers"]
    assert finding.level == "note"
    assert finding.title == "The labels are numbers: 0, 1."
    assert finding.fixes[0].label == "Call them class 0, class 1, …"
    after, _ = repair(table(*rows, clean=False), [], finding.fixes[0].changes["names"])
    assert set(after["label"]) == {"class 0", "class 1"}
    many = table(*((f"{CLEAN[n % 60][1]} {n}", f"{n / 7:.3f}") for n in range(400)), clean=False)
    assert "something measured" in examine(many)["too_many"].why


def test_uneven_classes_and_small_ones() -> None:
    rows = [(text, "small") for text in load_messages()["text"][-5:]]
    found = examine(table(*rows))
    assert re.search(r"30 rows of '(ham|spam)', 5 of 'small'", found["uneven"].title)
    assert f"right for {30 / 65:.1%}" in found["uneven"].why
    assert found["few"].title == "1 class has fewer than 30 rows: small."


def test_texts_longer_than_the_context() -> None:
    frame = table(("a", "ham"), ("b", "ham"), ("c", "spam"), clean=False)
    (finding,) = examine_lengths(frame, np.array([12, 300, 260]), 256)
    assert finding.rows == [3, 4]
    assert "48 tokens of 572, 8.4% of all" in finding.why
    (little,) = examine_lengths(frame, np.array([10_000, 257, 1]), 10_000 - 1)
    assert "less than 0.1%" in little.why
    assert examine_lengths(frame, np.array([1, 2, 256]), 256) == []


# ---- the file


def in_file(data: bytes, settled: str = "", **options: Any) -> dict[str, Finding]:
    reading = read_text(data)
    sheet = read_sheet(reading.text, **options)
    return {one.kind: one for one in examine_file(reading, sheet, guess_columns(sheet), settled)}


def test_a_file_without_defects() -> None:
    assert in_file(b"text,label\na,ham\nb,spam\n") == {}
    assert in_file("text,label\nnaïve,ham\nb,spam\n".encode()) == {}


@pytest.mark.parametrize(
    ("data", "kind", "rows", "fixes"),
    [
        (b"text,label\ncaf\xe9,ham\nb,spam\n", "encoding", [2], [{"encoding": "latin-1"}]),
        ("text,label\na,ham\nlost \ufffd here,spam\n".encode(), "damaged", [3], []),
        (b"text,label\na,b,ham\nc,spam\nd,ham\n", "surplus", [2], [{"surplus": "join"}, {"surplus": "drop"}]),
        (b"see you,ham\nwin,spam\nbye,ham\n", "header", [1], [{"header": True}]),
        (b" text ,label\na,ham\nb,spam\n", "names", [], [{"header": False}]),
        (b"text,,\na,b,ham\nc,d,spam\n", "names", [], [{"header": False}]),
        (b'text,label\n"two\nlines",ham\nb,spam\n', "lines", [2], []),
        (b'text,label\n"open,ham\nb,spam\nc",ham\nd,spam\n', "swallowed", [2], [{"quotes": False}]),
    ],
)  # fmt: skip
def test_defects_of_the_file(data: bytes, kind: str, rows: list[int], fixes: list[dict[str, Any]]) -> None:
    finding = in_file(data)[kind]
    assert finding.rows == rows
    assert [fix.changes for fix in finding.fixes] == fixes
    for change in fixes:
        if "surplus" in change:
            assert kind not in in_file(data, settled=change["surplus"])
        elif "encoding" not in change:
            assert kind not in in_file(data, **change)


# ---- anything at all

PIECES = [
    "spam", "Spam", "spam ", "ham", "N/A", "", " ", "<b>x</b>", "&amp;", "&#0;", "&#55555;", "=1+1", "nan", "1", "1.0",
    "01", "\u2028", "�", "😀", "\0", '"', "\n", ";", ",", "a" * 40,
]  # fmt: skip
CELL = st.sampled_from(PIECES) | st.lists(st.sampled_from(PIECES), max_size=4).map("".join) | st.text(max_size=5)
GRID = st.lists(st.lists(CELL, max_size=4), max_size=12).map(lambda rows: "\n".join(",".join(row) for row in rows))
BYTES = st.binary(max_size=200) | GRID.flatmap(
    lambda text: st.sampled_from(list(ENCODINGS)).map(lambda encoding: text.encode(encoding, "replace"))
)


@given(
    BYTES,
    st.fixed_dictionaries(
        {
            "delimiter": st.sampled_from(["", *DELIMITERS]),
            "header": st.sampled_from([None, True, False]),
            "quotes": st.booleans(),
        }
    ),
    st.sampled_from(["", *ENCODINGS]),
    st.sampled_from(["", "join", "drop"]),
    st.lists(st.sampled_from(list(REPAIRS)), unique=True),
)
def test_any_file(data: bytes, options: dict[str, Any], encoding: str, surplus: str, chosen: list[str]) -> None:
    """Never another error than ours; rows are the file's; what was repaired is no longer found; undone is as before."""
    try:
        reading = read_text(data, encoding=encoding)
        sheet = read_sheet(reading.text, **options)
        columns = guess_columns(sheet)
    except InputError:
        return
    before = take_columns(settle_surplus(sheet, surplus, columns.text), columns)
    kept = before.copy(deep=True)
    assert before["row"].is_monotonic_increasing
    assert before["row"].is_unique
    numbers = dict(zip(sheet.rows, sheet.cells, strict=True))
    assert all(label in (*numbers[row], "") for row, label in zip(before["row"], before["label"], strict=True))
    after, done = repair(before, chosen)
    assert before.equals(kept)
    assert repair(before, [])[0].equals(before)
    assert set(before["row"]) - set(after["row"]) == {row for one in done for row in one.dropped}
    found = examine_file(reading, sheet, columns, surplus) + examine_table(after, clusters(after["text"].to_list()), {})
    for finding in found:
        assert set(finding.rows) <= set(sheet.rows)
        assert len(set(finding.rows)) == len(finding.rows)
    assert not {one.kind for one in found} & (set(chosen) - {"alike", "spellings", "names"})
