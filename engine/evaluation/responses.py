"""Entries with the answers of one or two models: a tuning's responses.json, or any JSON file as the notes save it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.datasets.instructions import KEYS
from engine.datasets.reading import check_size, read_text
from engine.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

EXAMPLE = Path(__file__).resolve().parents[2] / "data" / "answers.json"
EXAMPLE_TITLES = {
    "model_response": "tuned on 40,000 tasks",
    "fewer_tasks": "tuned on 4,000 tasks",
    "before": "untuned",
}
MOST_BYTES = 5_000_000
MOST_ENTRIES = 5_000
MOST_CHARACTERS = 20_000  # of one field
NOT_ANSWERS = (*KEYS, "kind")


@dataclass(frozen=True)
class Responses:
    """Entries that all have the same answers.

    entries  instruction, input, output and, under each of the keys, an answer; "kind" where it is a generated task
    keys     where the answers are, such as model_response and before; at least one
    titles   plain words for the keys of which it is known what they mean
    """

    entries: list[dict[str, str]]
    keys: list[str]
    titles: Mapping[str, str] = field(default_factory=dict)

    def answers(self, key: str) -> list[str]:
        """One model's answers."""
        return [entry[key] for entry in self.entries]

    def title(self, key: str) -> str:
        """What the answers under a key are called; a key without words stands for itself."""
        return "the correct answer" if key == "output" else self.titles.get(key, key)


def load_example() -> Responses:
    """Answers of the pocket model, untuned and after two tunings. Source: data/README.md."""
    return replace(read_responses(EXAMPLE.read_bytes(), EXAMPLE.name), titles=EXAMPLE_TITLES)


def read_responses(data: bytes, name: str = "the file") -> Responses:
    """The entries and answers in a JSON file (notes, section 7.7).

    Raises InputError, with the entry's number, for what cannot be used.
    """
    check_size(name, len(data), MOST_BYTES)
    try:
        value = json.loads(read_text(data, name).text)
    except json.JSONDecodeError as e:
        raise InputError(f"{name} is not JSON: line {e.lineno}, {e.msg}.") from e
    except (RecursionError, ValueError) as e:
        if isinstance(e, InputError):
            raise
        raise InputError(f"{name} is not JSON that can be read ({e}).") from e
    return check_responses(value)


def check_responses(value: Any) -> Responses:
    """The same, of what JSON gave.

    Raises InputError that names the first bad entry by its number, counted from 1.
    """
    if not isinstance(value, list) or not value:
        raise InputError("answers are a list with at least one entry, as the notes save it in section 7.7.")
    if len(value) > MOST_ENTRIES:
        raise InputError(f"these are {len(value):,} entries; {MOST_ENTRIES:,} are the most here, so take some of them.")
    for number, entry in enumerate(value, 1):
        _check(entry, number)
    keys = [key for key in value[0] if key not in NOT_ANSWERS and isinstance(value[0][key], str)]
    keys = [key for key in keys if all(isinstance(entry.get(key), str) for entry in value)]
    if not keys:
        raise InputError(
            "no key besides instruction, input and output is text in every entry; the answers of a model are "
            "expected under one, such as 'model_response'."
        )
    keys.sort(key=lambda key: key != "model_response")  # the notes' key first, the others as they stand
    kept = [*KEYS, *keys]
    return Responses([{k: e[k] for k in kept} | _kind(e) for e in value], keys)


def _check(entry: Any, number: int) -> None:
    if not isinstance(entry, dict):
        raise InputError(f"entry {number} is no object with the keys {', '.join(KEYS)} and an answer.")
    entry.setdefault("input", "")
    for key in KEYS:
        if not isinstance(entry.get(key), str):
            what = "is no text" if key in entry else "is missing"
            raise InputError(f"entry {number}: {key!r} {what}; each entry needs {', '.join(KEYS)} and an answer.")
    if not entry["instruction"].strip():
        raise InputError(f"entry {number} has an empty 'instruction'; say what was asked.")
    if not entry["output"].strip():
        raise InputError(f"entry {number} has an empty 'output'; without a correct answer nothing can be compared.")
    for key, text in entry.items():
        if isinstance(text, str) and len(text) > MOST_CHARACTERS:
            raise InputError(f"entry {number}: {key!r} has {len(text):,} characters; {MOST_CHARACTERS:,} are the most.")


def _kind(entry: dict[str, Any]) -> dict[str, str]:
    kind = entry.get("kind")
    return {"kind": kind} if isinstance(kind, str) else {}
