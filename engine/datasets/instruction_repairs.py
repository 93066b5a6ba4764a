"""Uploaded instructions made usable: only by the repairs that were chosen, always from the file as it came.

Entries are counted from 1, in the file's order. What there is to choose from, instruction_doctor.py says.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.datasets.alike import clusters
from engine.datasets.instructions import KEYS, find_style
from engine.datasets.raw_entries import NotJson, RawEntries
from engine.errors import InputError
from engine.tokenizers.pretrained import encode_text, load_tokenizer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from engine.datasets.instructions import Entry

# Names that other collections use for our three.
OTHER_NAMES = {
    "instruction": ("prompt", "question", "query", "task", "user"),
    "input": ("context", "inputs"),
    "output": ("response", "answer", "completion", "reply", "target", "assistant"),
}
CONVERSATIONS = ("messages", "conversations")
ASKERS, ANSWERERS = ("user", "human"), ("assistant", "gpt", "bot", "model")

# What stops an entry from being used -> what an entry with it does, the button, why.
PROBLEMS = {
    "not_json": ("is no JSON", "Leave out lines that are no JSON", "A line of JSON Lines must be one whole object."),
    "no_object": ("is no object", "Leave out what is no object", "An entry is an object with names and texts: {…}."),
    "renamed": ("uses other names", "Read them as instruction and output", ""),
    "no_input": (
        "has no “input”",
        "Read a missing input as empty",
        "The name input must be there; it may be empty where the instruction says everything.",
    ),
    "missing": (
        "lacks the instruction or the output",
        "Leave out what lacks one",
        "Without a question there is nothing to ask, without an answer nothing to learn.",
    ),
    "not_text": (
        "holds something that is no text",
        "Write numbers and the like as text",
        "A model reads and writes texts: 7 must be “7”. Lists and objects are written as they stand in the file.",
    ),
    "empty": (
        "has an empty instruction or output",
        "Leave out what is empty",
        "An empty output would teach the model to say nothing.",
    ),
}
# Every repair -> its button; no two alike, since they also name what is undone.
BUTTONS = {name: button for name, (_, button, _) in PROBLEMS.items()} | {
    "duplicates": "Keep the first of those that repeat",
    "alike": "Keep the first of those nearly the same",
    "long": "Leave out what is too long",
}
REPAIRS = tuple(BUTTONS)


@dataclass(frozen=True)
class Settled:
    """What the repairs made of a file.

    numbers   the number in the file of each entry that can be used
    entries   those entries
    waiting   problem -> numbers of the entries that cannot be used before it is settled
    left_out  repair -> numbers of the entries that it left out
    changed   repair -> numbers of the entries that it changed
    """

    numbers: list[int]
    entries: list[Entry]
    waiting: dict[str, list[int]] = field(default_factory=dict)
    left_out: dict[str, list[int]] = field(default_factory=dict)
    changed: dict[str, list[int]] = field(default_factory=dict)


@dataclass(frozen=True)
class Room:
    """For which model lengths are counted: its tokenizer, the prompt style, and the tokens of its context."""

    tokenizer: str = "pocket"
    style: str = "alpaca"
    limit: int = 256


def settle(raw: RawEntries, repairs: Sequence[str] = (), room: Room | None = None) -> Settled:
    """The entries that can be used after these repairs.

    repairs  names of REPAIRS
    room     what the repair "long" leaves room for

    Raises InputError for a repair that does not exist.
    """
    unknown = set(repairs) - set(REPAIRS)
    if unknown:
        raise InputError(f"there is no repair {unknown.pop()!r}; choose from {', '.join(REPAIRS)}.")
    settled = Settled([], [])
    for number, value in enumerate(raw.values, 1):
        entry, problem, done = _read(value, repairs)
        for name in done:
            settled.changed.setdefault(name, []).append(number)
        if entry is not None:
            settled.numbers.append(number)
            settled.entries.append(entry)
        else:
            (settled.left_out if problem in repairs else settled.waiting).setdefault(problem, []).append(number)
    for name, which in (("duplicates", repeats), ("alike", later_alike), ("long", lambda e: too_long(e, room))):
        if name in repairs and settled.entries:
            settled = _drop(settled, name, which(settled.entries))
    return settled


def _read(value: Any, repairs: Sequence[str]) -> tuple[Entry | None, str, list[str]]:
    """The entry, or what stops it from being used; and the repairs that changed it."""
    if isinstance(value, NotJson):
        return None, "not_json", []
    if not isinstance(value, dict):
        return None, "no_object", []
    done = []
    if not {"instruction", "output"} <= value.keys():
        renamed = by_our_names(value)
        if renamed is None:
            return None, "missing", []
        if "renamed" not in repairs:
            return None, "renamed", []
        value = renamed
        done.append("renamed")
    if "input" not in value:
        if "no_input" not in repairs and "renamed" not in done:
            return None, "no_input", []
        done += ["no_input"] * ("renamed" not in done)
        value = value | {"input": ""}
    texts = {key: value[key] for key in KEYS}
    if not all(isinstance(text, str) for text in texts.values()):
        if "not_text" not in repairs:
            return None, "not_text", []
        texts = {key: _as_text(text) for key, text in texts.items()}
        done.append("not_text")
    if not texts["instruction"].strip() or not texts["output"].strip():
        return None, "empty", []
    return texts, "", done


def _as_text(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def by_our_names(value: dict[str, Any]) -> dict[str, Any] | None:
    """The entry under our names, from other names or from a conversation's first question and answer; else None."""
    for key in CONVERSATIONS:
        if isinstance(value.get(key), list):
            said = [turn for turn in value[key] if isinstance(turn, dict)]
            asked = _first_of(said, ASKERS)
            answered = _first_of(said, ANSWERERS)
            return (
                None if asked is None or answered is None else {"instruction": asked, "input": "", "output": answered}
            )
    known = {str(key).strip().lower(): text for key, text in value.items()}
    found = {
        ours: next((known[name] for name in (ours, *others) if name in known), None)
        for ours, others in OTHER_NAMES.items()
    }
    # A question with its material under input: {"input": …, "output": …} has the question there.
    if found["instruction"] is None and found["input"] is not None:
        found["instruction"], found["input"] = found["input"], None
    if found["instruction"] is None or found["output"] is None:
        return None
    return {key: "" if found[key] is None else found[key] for key in KEYS}


def _first_of(said: list[dict[str, Any]], who: tuple[str, ...]) -> Any:
    for turn in said:
        if str(turn.get("role", turn.get("from", ""))).lower() in who:
            return turn.get("content", turn.get("value"))
    return None


def _drop(settled: Settled, name: str, which: NDArray[np.bool_]) -> Settled:
    numbers = [n for n, gone in zip(settled.numbers, which, strict=True) if gone]
    return Settled(
        [n for n, gone in zip(settled.numbers, which, strict=True) if not gone],
        [e for e, gone in zip(settled.entries, which, strict=True) if not gone],
        settled.waiting,
        settled.left_out | ({name: numbers} if numbers else {}),
        settled.changed,
    )


def _whole(entry: Entry) -> str:
    return " ".join("\n".join(entry[key] for key in KEYS).split())


def repeats(entries: Sequence[Entry]) -> NDArray[np.bool_]:
    """Which entries say the same as an earlier one, spaces aside."""
    seen: set[str] = set()
    again = []
    for text in map(_whole, entries):
        again.append(text in seen)
        seen.add(text)
    return np.array(again, dtype=bool)


def later_alike(entries: Sequence[Entry]) -> NDArray[np.bool_]:
    """Which entries are nearly the same as an earlier one."""
    found = clusters([_whole(entry) for entry in entries])
    return found != np.arange(len(found))


def token_counts(entries: Sequence[Entry], room: Room) -> NDArray[np.int64]:
    """Tokens of each entry's whole text, prompt and answer, with the end-of-text that follows."""
    encoding, style = load_tokenizer(room.tokenizer), find_style(room.style)
    return np.array([len(encode_text(encoding, style.whole(entry))) + 1 for entry in entries], dtype=np.int64)


def too_long(entries: Sequence[Entry], room: Room | None) -> NDArray[np.bool_]:
    """Which entries do not fit into the model's context."""
    chosen = room or Room()
    return token_counts(entries, chosen) > chosen.limit
