"""A blind vote: two answers side by side, nobody told whose they are, counted while many browsers vote.

    polls/
      KQWMTX/
        poll.json    what is asked: entries with two answers each, and the names that stay hidden
        state.json   open, closed or revealed
        votes.jsonl  every vote, one a line, in the order in which they came; nothing is ever changed in it
        .lock        held while a line is added

Which answer stands on the left is drawn anew for each voter and entry, from the poll's seed: a habit of choosing the
left one then favours neither. A later vote of the same voter on the same entry replaces the earlier one.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import random
import secrets
import shutil
import time
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from engine.errors import InputError
from engine.whole_files import append_line, write_json

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

LETTERS = "BCDFGHJKMNPQRSTVWXZ"  # no vowels, so no words; nothing that looks like a digit
CODE_LENGTH = 6
STATES = ("open", "closed", "revealed")
CHOICES = ("a", "b", "tie")
MOST_PAIRS = 100
MOST_VOTES, LINE_BYTES = 50_000, 200  # of one poll, of one vote in it
KEPT = 20  # polls of one owner; the oldest go
LOCK_SECONDS = 20


@dataclass(frozen=True)
class Pair:
    """One entry to vote on: the task, and both answers."""

    instruction: str
    input: str
    a: str
    b: str


@dataclass(frozen=True)
class Poll:
    """A poll as it is on disk.

    code    what voters join with
    owner   who may open, close and reveal it
    names   whose answers a and b are; shown only when revealed
    seed    of the sides and of the order of entries
    state   one of STATES
    """

    folder: Path
    code: str
    owner: str
    title: str
    names: tuple[str, str]
    pairs: tuple[Pair, ...]
    seed: int
    state: str
    created: float

    def order(self, voter: str) -> list[int]:
        """The entries in this voter's order, so that the last ones do not go short when people stop early."""
        places = list(range(len(self.pairs)))
        random.Random(f"{self.seed} {voter}").shuffle(places)
        return places

    def swapped(self, voter: str, entry: int) -> bool:
        """Whether this voter sees b on the left."""
        return hashlib.sha256(f"{self.seed} {voter} {entry}".encode()).digest()[0] % 2 == 1


@dataclass(frozen=True)
class Vote:
    """One vote: who, on which entry, one of CHOICES, and when."""

    voter: str
    entry: int
    choice: str
    time: float = 0.0


def create_poll(
    root: Path, owner: str, title: str, names: tuple[str, str], pairs: Sequence[Pair], seed: int | None = None
) -> Poll:
    """A new open poll with a code that nobody has yet.

    Raises InputError without pairs, for too many, or when it cannot be written.
    """
    if not 1 <= len(pairs) <= MOST_PAIRS:
        raise InputError(f"a poll has 1 to {MOST_PAIRS} entries, and this one {len(pairs)}.")
    value = {
        "owner": owner,
        "title": title,
        "names": list(names),
        "pairs": [asdict(pair) for pair in pairs],
        "seed": secrets.randbelow(2**31) if seed is None else seed,
        "created": time.time(),
    }
    try:
        root.mkdir(parents=True, exist_ok=True)
        while True:
            code = "".join(secrets.choice(LETTERS) for _ in range(CODE_LENGTH))
            fresh = root / f".{code}"
            try:
                fresh.mkdir()
            except FileExistsError:
                continue
            if not (root / code).exists():
                break
            fresh.rmdir()
        write_json(fresh / "poll.json", value)
        write_json(fresh / "state.json", "open")
        (fresh / "votes.jsonl").touch()
        fresh.rename(root / code)
    except OSError as e:
        raise InputError(f"the poll could not be written to {root} ({e.strerror or e}); make room there.") from e
    for old in polls_of(root, owner)[KEPT:]:
        shutil.rmtree(old.folder, ignore_errors=True)
    return find_poll(root, code)


def find_poll(root: Path, code: str) -> Poll:
    """The poll with this code; small letters and spaces do not matter.

    Raises InputError when there is none.
    """
    code = "".join(code.split()).upper()
    folder = root / code
    if len(code) != CODE_LENGTH or not set(code) <= set(LETTERS) or not folder.is_dir():
        raise InputError("there is no vote with this code; check its six letters with the one who asked you.")
    try:
        value = json.loads((folder / "poll.json").read_text(encoding="utf-8"))
        state = json.loads((folder / "state.json").read_text(encoding="utf-8"))
        pairs = tuple(Pair(**pair) for pair in value.pop("pairs"))
        a, b = value.pop("names")
        return Poll(folder, code, names=(a, b), pairs=pairs, state=state if state in STATES else "closed", **value)
    except (OSError, ValueError, TypeError, KeyError) as e:
        raise InputError(f"the vote {code} cannot be read; start a new one.") from e


def polls_of(root: Path, owner: str) -> list[Poll]:
    """One's own polls, newest first; damaged ones are left out."""
    found = []
    for folder in root.iterdir() if root.is_dir() else ():
        if not folder.name.startswith("."):
            try:
                found.append(find_poll(root, folder.name))
            except InputError:
                continue
    return sorted((p for p in found if p.owner == owner), key=lambda p: p.created, reverse=True)


def set_state(poll: Poll, owner: str, state: str) -> Poll:
    """Open, close or reveal a poll. Once revealed it stays so: who knows the names no longer votes blindly.

    Raises InputError for somebody else's poll, for an unknown state, and for a revealed poll.
    """
    if owner != poll.owner:
        raise InputError("only the one who started this vote can open, close or reveal it.")
    if state not in STATES:
        raise InputError(f"a vote is {', '.join(STATES)}, and never {state!r}.")
    with _locked(poll):
        if find_poll(poll.folder.parent, poll.code).state == "revealed" != state:
            raise InputError("the names of this vote are known, so it stays closed; start a new one.")
        write_json(poll.folder / "state.json", state)
    return find_poll(poll.folder.parent, poll.code)


def cast(poll: Poll, voter: str, entry: int, choice: str) -> None:
    """Write one vote down; it is on the disk when this returns.

    voter   what stands for the browser; the same one always counts once for an entry
    choice  one of CHOICES, whatever side it stood on

    Raises InputError for a vote that does not exist, for a poll that is not open or full, and for a full disk.
    """
    if choice not in CHOICES or not 0 <= entry < len(poll.pairs) or not voter:
        raise InputError("this vote names an answer that does not exist; load the page again.")
    line = json.dumps(asdict(Vote(voter, entry, choice, time.time())))
    with _locked(poll):
        if find_poll(poll.folder.parent, poll.code).state != "open":
            raise InputError("this vote is closed; your last choice was not counted.")
        try:
            votes = poll.folder / "votes.jsonl"
            if votes.stat().st_size > MOST_VOTES * LINE_BYTES:
                raise InputError(f"this vote has more than {MOST_VOTES:,} votes and takes no more.")
            append_line(votes, line)
        except OSError as e:
            raise InputError(f"the vote could not be written down ({e.strerror or e}); try again.") from e


def read_votes(poll: Poll) -> list[Vote]:
    """The votes that count: the last one of each voter on each entry; lines that are half or foreign are left out."""
    last: dict[tuple[str, int], Vote] = {}
    try:
        lines = (poll.folder / "votes.jsonl").read_bytes().splitlines()
    except OSError:
        lines = []
    for line in lines:
        try:
            vote = Vote(**json.loads(line))
        except (ValueError, TypeError):
            continue
        if vote.choice in CHOICES and isinstance(vote.entry, int) and 0 <= vote.entry < len(poll.pairs):
            last[vote.voter, vote.entry] = vote
    return list(last.values())


@contextlib.contextmanager
def _locked(poll: Poll) -> Iterator[None]:
    """One process at a time adds a line or changes the state."""
    lock = FileLock(poll.folder / ".lock", timeout=LOCK_SECONDS)
    try:
        lock.acquire()
    except Timeout as e:
        raise InputError("many are voting just now; try again in a moment.") from e
    except OSError as e:
        raise InputError(f"the vote {poll.code} cannot be written ({e.strerror or e}).") from e
    try:
        yield
    finally:
        lock.release()
