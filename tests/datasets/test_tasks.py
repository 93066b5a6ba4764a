"""Generated tasks: right by rules of their own, never twice, and what is held out is never trained on."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from engine.datasets.instructions import check_instructions
from engine.datasets.task_kinds import KINDS, MAKERS
from engine.datasets.task_wordings import WORDINGS
from engine.datasets.task_words import GROUPS, NOUNS, OPPOSITE_OF, OPPOSITES, UNITS, plural_of
from engine.datasets.tasks import check, is_held_out, make_tasks
from engine.errors import InputError

TASKS = make_tasks(13_000, 1)
HELD_OUT = make_tasks(2_000, 2, held_out=True)


def of_kind(kind: str) -> list[dict[str, str]]:
    found = [task for task in TASKS + HELD_OUT if task["kind"] == kind]
    assert len(found) > 200
    return found


def words_in(task: dict[str, str]) -> list[str]:
    return re.findall(r"\w+", task["instruction"] + " " + task["input"])


def numbers_in(task: dict[str, str]) -> list[int]:
    return [int(word) for word in words_in(task) if word.isdigit()]


def test_as_many_as_asked_and_none_twice() -> None:
    assert len(TASKS) == 13_000
    assert len({(task["instruction"], task["input"]) for task in TASKS}) == 13_000
    assert set(Counter(task["kind"] for task in TASKS)) == set(KINDS)
    counts = Counter(task["kind"] for task in HELD_OUT).values()
    assert max(counts) - min(counts) < 10
    check_instructions(TASKS)


def test_the_same_seed_gives_the_same_tasks_and_fewer_are_the_first() -> None:
    assert make_tasks(50, 1) == TASKS[:50]
    assert make_tasks(50, 3) != TASKS[:50]


@pytest.mark.parametrize("n", [0, -1, 200_001])
def test_too_many_or_none_gets_a_sentence(n: int) -> None:
    with pytest.raises(InputError, match="1 to 200,000"):
        make_tasks(n, 1)


def test_held_out_material_is_never_trained_on() -> None:
    """What stands in the entry, cut of its wording: the same nouns, numbers or lists never occur in both, by kind."""

    def material(task: dict[str, str]) -> tuple[str, ...]:
        own = set(NOUNS) | set(OPPOSITE_OF)
        found = [w for w in map(str.lower, words_in(task)) if w in own or w.isdigit()]
        return (task["kind"], *sorted(found), task["output"].lower())

    for kinds in (("plural", "first_letter", "last_letter", "count_letters", "add", "subtract", "next_number"),):
        trained = {material(task) for task in TASKS if task["kind"] in kinds}
        held = {material(task) for task in HELD_OUT if task["kind"] in kinds}
        assert held
        assert not trained & held
    assert not {(t["instruction"], t["input"]) for t in TASKS} & {(t["instruction"], t["input"]) for t in HELD_OUT}


def test_a_tenth_is_held_out() -> None:
    for kind in KINDS:
        share = sum(is_held_out(kind, str(number)) for number in range(5_000)) / 5_000
        assert 0.08 < share < 0.12


def test_every_wording_is_used() -> None:
    used = {"sort_numbers": ("sort_up", "sort_down"), "larger": ("larger", "smaller")}
    assert {w for kind in KINDS for w in used.get(kind, (kind,))} == set(WORDINGS)
    assert list(MAKERS) == list(KINDS)


# ---- the answers, found in another way


def test_numbers() -> None:
    for task in of_kind("add"):
        assert int(task["output"]) == sum(numbers_in(task))
    for task in of_kind("subtract"):
        a, b = numbers_in(task)
        assert a == int(task["output"]) + b
    for task in of_kind("larger"):
        less = any(word in task["instruction"] for word in ("smaller", "less"))
        assert int(task["output"]) == sorted(numbers_in(task))[0 if less else -1]
    for task in of_kind("sort_numbers"):
        falling = any(phrase in task["instruction"] for phrase in ("large to small", "falling", "the largest first"))
        expected = sorted(numbers_in(task))
        assert [int(n) for n in task["output"].split(", ")] == (expected[::-1] if falling else expected)
    for task in of_kind("next_number"):
        assert int(task["output"]) - 1 in numbers_in(task)


def test_units() -> None:
    metric = {(large, small): 10**zeros for large, small, zeros in UNITS}
    for task in of_kind("units"):
        (number,) = numbers_in(task)
        result, unit = task["output"].split()
        (other,) = [u for pair in metric for u in pair if u in words_in(task) and u != unit and
                    ((u, unit) in metric or (unit, u) in metric)][:1]  # fmt: skip
        if (other, unit) in metric:
            assert int(result) == number * metric[other, unit]
        else:
            assert int(result) * metric[unit, other] == number


def test_words_and_letters() -> None:
    for task in of_kind("count_letters"):
        assert any(len(w) == int(task["output"]) for w in words_in(task) if w in NOUNS)
    for task in of_kind("first_letter"):
        assert any(w.startswith(task["output"]) for w in words_in(task) if w in NOUNS)
    for task in of_kind("last_letter"):
        assert any(w.endswith(task["output"]) for w in words_in(task) if w in NOUNS)
    for task in of_kind("count_words"):
        text = task["input"] or task["instruction"].split('"')[1]
        assert int(task["output"]) == text.count(" ") + 1
    for task in of_kind("reverse"):
        text = task["input"] or task["instruction"].split(": ")[1]
        assert task["output"].split()[::-1] == text.split()


def test_order_and_groups() -> None:
    for task in of_kind("sort_words"):
        listed = task["output"].split(", ")
        assert all(a[0] < b[0] for a, b in zip(listed, listed[1:], strict=False))
    for task in of_kind("group"):
        (name,) = [g for g in GROUPS if g in task["instruction"]]
        text = task["input"] or task["instruction"].rpartition(": ")[2]
        assert [w for w in re.findall(r"\w+", text) if w in GROUPS[name]] == [task["output"]]
    for task in of_kind("odd_one_out"):
        text = task["input"] or task["instruction"].rpartition(": ")[2]
        listed = re.findall(r"\w+", text)
        (odd,) = [w for w in listed if all(sum(v in g for v in listed) == 1 for g in GROUPS.values() if w in g)]
        assert odd == task["output"]


def test_the_words_are_consistent() -> None:
    every = [word for words in GROUPS.values() for word in words]
    assert len(every) == len(set(every))
    assert len(NOUNS) == len(set(NOUNS))
    assert len(OPPOSITE_OF) == 2 * len(OPPOSITES)
    assert [plural_of(w) for w in ("dog", "box", "church", "city", "key", "foot")] == [
        *("dogs", "boxes", "churches", "cities", "keys", "feet")
    ]


# ---- checking answers


def test_its_own_answer_is_right_and_another_is_wrong() -> None:
    for task in TASKS[:500]:
        assert check(task, task["output"])
        assert check(task, f"  {task['output']}. \n")
        assert not check(task, task["output"] + "x")
        assert not check(task, "")


@pytest.mark.parametrize(
    ("kind", "output", "answer", "right"),
    [
        ("plural", "dogs", '"Dogs".', True),
        ("upper", "OLD DOG", "Old Dog", False),
        ("title", "The Dog", "The  Dog.", True),
        ("units", "7000 metres", "7,000 metres", True),
        ("units", "7000 metres", "7000 grams", False),
        ("sort_numbers", "7, 23, 41", "7,23 , 41", True),
        ("sort_numbers", "7, 23, 41", "7, 41, 23", False),
        ("sort_numbers", "7, 230", "7,230", False),
        ("add", "12", "12 apples", False),
        ("opposite", "The soup is cold.", "the soup is cold", True),
        ("quotation", '"It is old," said Tom.', '"It is old,"  said Tom.', True),
        ("quotation", '"It is old," said Tom.', "It is old, said Tom.", False),
        ("punctuate", "Tom saw the box.", "tom saw the box.", False),
        ("passive", "The box was seen by Tom.", "the box was seen by Tom", True),
    ],
)
def test_what_counts_as_right(kind: str, output: str, answer: str, right: bool) -> None:
    assert check({"instruction": "", "input": "", "output": output, "kind": kind}, answer) == right
