"""The blind vote: nobody's vote is lost or counted twice, and nobody can tell whose answer is where."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from engine.errors import InputError
from engine.evaluation import votes
from engine.evaluation.metrics import Accuracy
from engine.evaluation.tally import Tally, by_entry, count_votes, entry_interval, voters_agree
from engine.evaluation.votes import Pair, Vote, cast, create_poll, find_poll, polls_of, read_votes, set_state

ROOT = Path(__file__).resolve().parents[2]
PAIRS = [Pair(f"Question {i}", "", f"first {i}", f"second {i}") for i in range(6)]


@pytest.fixture
def poll(tmp_path):
    return create_poll(tmp_path / "polls", "teacher", "Monday", ("before", "after"), PAIRS, seed=7)


VOTE_OFTEN = """
import sys
from pathlib import Path
from engine.evaluation.votes import cast, find_poll

poll = find_poll(Path(sys.argv[1]), sys.argv[2])
for entry in range(int(sys.argv[4])):
    cast(poll, sys.argv[3], entry, "ab"[entry % 2])
"""


def test_processes_that_vote_at_once_lose_nothing(poll):
    arguments = [sys.executable, "-c", VOTE_OFTEN, str(poll.folder.parent), poll.code]
    people = [subprocess.Popen([*arguments, f"voter {i}", str(len(PAIRS))], cwd=ROOT) for i in range(4)]
    assert [person.wait(120) for person in people] == [0] * 4
    assert count_votes(read_votes(poll)) == Tally(a=12, b=12)
    lines = (poll.folder / "votes.jsonl").read_text().splitlines()
    assert len(lines) == 24
    assert all(json.loads(line) for line in lines)


def test_one_vote_for_each_voter_and_entry(poll):
    for choice in ("a", "b", "tie"):
        cast(poll, "ann", 0, choice)
    cast(poll, "bob", 0, "a")
    assert {(v.voter, v.entry, v.choice) for v in read_votes(poll)} == {("ann", 0, "tie"), ("bob", 0, "a")}
    assert len((poll.folder / "votes.jsonl").read_text().splitlines()) == 4  # nothing is ever taken away


def test_half_a_line_after_a_kill_costs_no_other_vote(poll):
    cast(poll, "ann", 0, "a")
    with (poll.folder / "votes.jsonl").open("a") as f:
        f.write('{"voter": "bo')
    cast(poll, "cy", 1, "b")
    with (poll.folder / "votes.jsonl").open("a") as f:
        f.write('5\n{"voter": "x", "entry": 99, "choice": "a"}\n{"voter": "x", "entry": 0, "choice": "me"}\n')
    assert [v.voter for v in read_votes(poll)] == ["ann", "cy"]


def test_sides_and_order_are_drawn_for_each_voter(poll):
    people = [f"voter {i}" for i in range(200)]
    left = Counter(poll.swapped(p, entry) for p in people for entry in range(6))
    # fair coins: 1,200 of them stay within 5 standard deviations of the half
    assert abs(left[True] - 600) < 87
    assert len({tuple(poll.order(p)) for p in people}) > 100
    assert all(sorted(poll.order(p)) == list(range(6)) for p in people)
    again = find_poll(poll.folder.parent, poll.code)
    assert [again.swapped(p, 0) for p in people] == [poll.swapped(p, 0) for p in people]
    assert again.order("voter 3") == poll.order("voter 3")


def test_the_teacher_opens_closes_and_reveals(poll):
    with pytest.raises(InputError, match="only the one who started"):
        set_state(poll, "pupil", "closed")
    with pytest.raises(InputError, match="never 'gone'"):
        set_state(poll, "teacher", "gone")
    assert set_state(poll, "teacher", "closed").state == "closed"
    with pytest.raises(InputError, match="is closed"):
        cast(poll, "ann", 0, "a")
    set_state(poll, "teacher", "open")
    cast(poll, "ann", 0, "a")
    assert set_state(poll, "teacher", "revealed").state == "revealed"
    with pytest.raises(InputError, match="names of this vote are known"):
        set_state(poll, "teacher", "open")


@pytest.mark.parametrize(
    ("voter", "entry", "choice"), [("ann", 6, "a"), ("ann", -1, "a"), ("ann", 0, "c"), ("", 0, "a")]
)
def test_forged_votes_are_refused(poll, voter, entry, choice):
    with pytest.raises(InputError, match="does not exist"):
        cast(poll, voter, entry, choice)
    assert read_votes(poll) == []


def test_codes_are_found_as_people_type_them(poll):
    spaced = f" {poll.code[:3].lower()} {poll.code[3:]}"
    assert find_poll(poll.folder.parent, spaced).title == "Monday"
    for code in ("", "BCDFGH", "../../x", "..", "polls", poll.code + "B", "😀😀😀😀😀😀"):
        with pytest.raises(InputError, match="no vote with this code"):
            find_poll(poll.folder.parent, code)
    (poll.folder / "poll.json").write_text("{")
    with pytest.raises(InputError, match="cannot be read"):
        find_poll(poll.folder.parent, poll.code)


def test_polls_have_bounds(tmp_path, monkeypatch):
    for bad in ([], PAIRS * 17):
        with pytest.raises(InputError, match="1 to 100 entries"):
            create_poll(tmp_path, "t", "x", ("a", "b"), bad)
    monkeypatch.setattr(votes, "KEPT", 2)
    made = [create_poll(tmp_path, "t", str(i), ("a", "b"), PAIRS).code for i in range(3)]
    assert [p.code for p in polls_of(tmp_path, "t")] == [made[2], made[1]]
    assert polls_of(tmp_path, "somebody else") == polls_of(tmp_path / "nowhere", "t") == []
    monkeypatch.setattr(votes, "MOST_VOTES", -1)
    with pytest.raises(InputError, match="takes no more"):
        cast(find_poll(tmp_path, made[2]), "ann", 0, "a")
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="make room"):
        create_poll(tmp_path / "file", "t", "x", ("a", "b"), PAIRS)


def test_tallies():
    tally = Tally(a=2, b=5, ties=2)
    assert tally.win_rate == pytest.approx(6 / 9)
    assert tally.interval == Accuracy(5, 7).interval
    assert Tally().interval == Tally(ties=3).interval == (0, 1)
    said = [("a", "a", "b"), ("b", "b"), ("tie",)]
    cast_ = [Vote(f"v{i}", entry, choice) for entry, row in enumerate(said) for i, choice in enumerate(row)]
    assert by_entry(cast_, 4) == [Tally(2, 1), Tally(0, 2), Tally(0, 0, 1), Tally()]
    assert entry_interval(by_entry(cast_, 4)) is None
    low, high = entry_interval([Tally(0, 3), Tally(3, 0)] * 5)
    assert low < 0.3
    assert high > 0.7
    assert entry_interval([Tally(0, 3)] * 5) == (1, 1)
    assert voters_agree([Vote(v, e, c) for v in "xyz" for e, c in enumerate("ab")], 2) == 1
