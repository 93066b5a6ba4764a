"""Uploaded instructions: read in every form and encoding, each defect found by its number, repaired only when asked."""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.datasets import instruction_sets as sets
from engine.datasets.instruction_doctor import examine
from engine.datasets.instruction_repairs import BUTTONS, PROBLEMS, REPAIRS, Room, settle, token_counts
from engine.datasets.instructions import check_instructions
from engine.datasets.raw_entries import read_raw
from engine.datasets.tasks import make_tasks
from engine.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

GOOD = {"instruction": "Name a prime.", "input": "", "output": "7"}
OTHER = {"instruction": "Give the plural of this word, please.", "input": "dog", "output": "dogs"}


def raw(values: Any) -> Any:
    return read_raw(json.dumps(values).encode(), "mine.json")


def kinds(values: Any, repairs: tuple[str, ...] = ()) -> dict[str, list[int]]:
    return {finding.kind: finding.rows for finding in examine(raw(values), repairs)}


# ---- reading


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.json", json.dumps([GOOD, OTHER])),
        ("a.json", json.dumps({"version": 1, "data": [GOOD, OTHER]})),
        ("a.jsonl", f"{json.dumps(GOOD)}\n\n{json.dumps(OTHER)}\n"),
        ("a.csv", "instruction,input,output\nName a prime.,,7\n\"Give the plural of this word, please.\",dog,dogs\n"),
        ("a.TSV", "instruction\tinput\toutput\nName a prime.\t\t7\nGive the plural of this word, please.\tdog\tdogs\n"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le"])
def test_every_form_and_encoding(name: str, content: str, encoding: str) -> None:
    found = read_raw(content.encode(encoding), name)
    assert settle(found).entries == [GOOD, OTHER]
    assert settle(found).numbers == [1, 2]


def test_a_guessed_encoding_is_said() -> None:
    found = read_raw(json.dumps([GOOD, GOOD | {"output": "café"}], ensure_ascii=False).encode("cp1252"), "a.json")
    assert settle(found).entries[1]["output"] == "café"
    (finding,) = [f for f in examine(found) if f.kind == "encoding"]
    assert finding.rows == [2]
    assert "Windows-1252" in finding.title


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "empty"),
        (b"[{]", "is not JSON: line 1"),
        (b'[{"instruction": "a"},\n{"instruction": }]', "is not JSON: line 2"),
        (b"[]", "no entries"),
        (b"7", "must hold a list"),
        (b"[" * 100_000, "nested too deeply"),
        (b"PK\x03\x04....", "zip"),
    ],
)
def test_what_is_no_list_of_entries_gets_a_sentence(content: bytes, says: str) -> None:
    with pytest.raises(InputError, match=says):
        read_raw(content, "mine.json")


@given(st.binary(max_size=300) | st.text(max_size=200).map(lambda s: s.encode("utf-8", "surrogatepass")))
def test_any_bytes_are_read_or_get_a_sentence(data: bytes) -> None:
    for name in ("a.json", "a.csv"):
        with contextlib.suppress(InputError):  # any other error fails
            found = read_raw(data, name)
            examine(found)
            assert not settle(found, REPAIRS).waiting


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["instruction", "input", "output", "prompt", "messages", "x"]), inner)
    ),
    max_leaves=8,
)


@given(st.lists(JSON, min_size=1, max_size=6))
def test_all_repairs_leave_only_entries_that_can_be_used(values: list[Any]) -> None:
    found = raw(values)
    settled = settle(found, REPAIRS)
    assert not settled.waiting
    gone = [number for numbers in settled.left_out.values() for number in numbers]
    assert sorted(settled.numbers + gone) == list(range(1, len(found.values) + 1))
    if settled.entries:
        assert check_instructions(settled.entries) == settled.entries
    assert not [f for f in examine(found, REPAIRS) if f.level == "must"]


# ---- findings


@pytest.mark.parametrize(
    ("bad", "kind"),
    [
        (7, "no_object"),
        ({"x": 1}, "missing"),
        ({"instruction": "Hi"}, "missing"),
        ({"prompt": "Say hi.", "response": "hi"}, "renamed"),
        ({"Question": "Say hi.", "Answer": "hi"}, "renamed"),
        ({"messages": [{"role": "user", "content": "Say hi."}, {"role": "assistant", "content": "hi"}]}, "renamed"),
        ({"conversations": [{"from": "human", "value": "Say hi."}, {"from": "gpt", "value": "hi"}]}, "renamed"),
        ({"instruction": "Say hi.", "output": "hi"}, "no_input"),
        ({"instruction": "Say hi.", "input": None, "output": "hi"}, "not_text"),
        ({"instruction": "Say hi.", "input": "", "output": " \n"}, "empty"),
    ],
)
def test_each_defect_by_its_number_and_its_repair(bad: Any, kind: str) -> None:
    values = [GOOD, bad, OTHER]
    assert kinds(values) == {kind: [2]}
    (finding,) = examine(raw(values))
    assert finding.level == "must"
    assert finding.title.startswith("Entry 2 ")
    assert finding.fixes[0].changes == {"repair": kind}
    assert settle(raw(values)).entries == [GOOD, OTHER]
    after = settle(raw(values), [kind])
    assert not after.waiting
    if after.left_out:
        assert after.left_out == {kind: [2]}
    else:
        assert after.entries[1] == {"instruction": "Say hi.", "input": "", "output": "hi"}
        assert after.changed == {kind: [2]}


def test_a_broken_line_of_json_lines() -> None:
    text = f"{json.dumps(GOOD)}\n{{broken\n{json.dumps(OTHER)}"
    found = read_raw(text.encode(), "a.jsonl")
    (finding,) = examine(found)
    assert (finding.kind, finding.rows) == ("not_json", [2])
    assert settle(found, ["not_json"]).numbers == [1, 3]


def test_line_signs_inside_texts_end_no_line_of_json_lines() -> None:
    """JSON lets U+2028 and U+0085 stand in a text as they are, and Python counts them as ends of lines."""
    one, other = GOOD | {"output": "seven\u2028primes"}, OTHER | {"output": "dogs\x85cats"}
    text = "\r\n".join(json.dumps(entry, ensure_ascii=False) for entry in (one, other))
    assert read_raw(text.encode(), "a.jsonl").values == [one, other]


def test_what_is_no_text_is_written_as_it_stands_in_the_file() -> None:
    values = [GOOD | {"output": value} for value in (7, True, ["a", "é"], {"k": None})]
    written = [entry["output"] for entry in settle(raw(values), ["not_text"]).entries]
    assert written == ["7", "true", '["a", "é"]', '{"k": null}']


def test_duplicates_and_look_alikes() -> None:
    long = "Write a sentence about the old lighthouse on the cliff by the sea."
    near = {"instruction": long, "input": "", "output": "It shines all night."}
    values = [GOOD, near, GOOD, near | {"output": "It shines all nights."}, OTHER]
    assert kinds(values) == {"duplicates": [3], "alike": [4]}
    assert kinds(values, ("duplicates",)) == {"alike": [4]}
    after = settle(raw(values), ["alike", "duplicates"])
    assert after.numbers == [1, 2, 5]
    assert after.left_out == {"duplicates": [3], "alike": [4]}


def test_longer_than_the_context() -> None:
    exact = int(token_counts([GOOD], Room())[0])
    assert kinds([GOOD, OTHER | {"input": "word " * 300}]) == {"long": [2]}
    assert settle(raw([GOOD]), ["long"], Room(limit=exact)).numbers == [1]
    assert settle(raw([GOOD]), ["long"], Room(limit=exact - 1)).left_out == {"long": [1]}


def test_many_numbers_are_shortened() -> None:
    (finding,) = examine(raw([GOOD, *[{"x": n} for n in range(5_000)]]))
    assert finding.title == "5,000 entries lack the instruction or the output: number 2, 3, 4, …"
    assert len(finding.rows) == 5_000


def test_every_problem_has_words() -> None:
    assert set(PROBLEMS) <= set(REPAIRS)
    assert len(set(BUTTONS.values())) == len(REPAIRS), "two buttons with one name"
    with pytest.raises(InputError, match="no repair 'magic'"):
        settle(raw([GOOD]), ["magic"])


def test_generated_tasks_need_no_repair() -> None:
    tasks = make_tasks(60, 4)
    assert settle(raw(tasks)).numbers == list(range(1, 61))


# ---- the store


def test_a_set_is_kept_with_its_repairs(tmp_path: Path) -> None:
    data = json.dumps([GOOD, GOOD | {"output": ""}]).encode()
    made = sets.create(tmp_path, "ann", "mine.json", data)
    with pytest.raises(InputError, match=r"entry 2 of mine\.json has an empty"):
        made.entries()
    made.update(repairs=("empty",), room=Room("gpt2", "phi3", 1024))
    again = sets.load(tmp_path, "ann", made.id)
    assert again.entries() == [GOOD]
    assert again.room == Room("gpt2", "phi3", 1024)
    assert (again.folder / "upload.bin").read_bytes() == data
    assert [s.name for s in sets.all_sets(tmp_path, "ann")] == ["mine.json"]
    assert sets.all_sets(tmp_path, "bob") == []
    with pytest.raises(InputError, match="no instruction set|cannot be read"):
        sets.load(tmp_path, "bob", made.id)
    sets.remove(again)
    assert sets.all_sets(tmp_path, "ann") == []


def test_what_cannot_be_kept_or_chosen(tmp_path: Path) -> None:
    for owner, data, says in (("", b"[{}]", "owner"), ("ann", b"{", "not JSON"), ("ann", b" " * 21_000_000, "MB")):
        with pytest.raises(InputError, match=says):
            sets.create(tmp_path, owner, "a.json", data)
    assert sets.all_sets(tmp_path, "ann") == []
    made = sets.create(tmp_path, "ann", "a.json", json.dumps([GOOD]).encode())
    with pytest.raises(InputError, match="cannot be repaired"):
        made.update(repairs=("magic",))
    (made.folder / "set.json").write_text("{torn")
    assert sets.all_sets(tmp_path, "ann") == []
    for bad in ("../../etc", "20261125-142501-4f0a12bc"):
        with pytest.raises(InputError, match="upload it again"):
            sets.load(tmp_path, "ann", bad)


def test_only_the_newest_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sets, "KEPT", 2)
    times = iter(f"20261125-14250{n}" for n in range(4))
    monkeypatch.setattr(sets.time, "strftime", lambda _: next(times))
    for n in range(4):
        sets.create(tmp_path, "ann", f"{n}.json", json.dumps([GOOD]).encode())
    assert [s.name for s in sets.all_sets(tmp_path, "ann")] == ["3.json", "2.json"]
