"""Instructions with answers: our own entries, the two prompt styles, and the split into three parts."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable

DATA = Path(__file__).resolve().parents[2] / "data"
INSTRUCTIONS, MORE_INSTRUCTIONS = DATA / "instructions.json", DATA / "more_instructions.json"
KEYS = ("instruction", "input", "output")
TRAIN_SHARE, TEST_SHARE = 0.85, 0.10  # the book's; what is left is for validation
# What stands between the prompt and the answer: an entry's whole text is format_input(entry) + heading + output.
RESPONSE_HEADING = "\n\n### Response:\n"
PHI3_RESPONSE_HEADING = "\n<|assistant|>\n"

Entry = dict[str, str]


def load_own_instructions() -> list[Entry]:
    """The entries written for this project, already shuffled. Source: data/README.md."""
    return read_instructions(INSTRUCTIONS)


def load_more_instructions() -> list[Entry]:
    """Entries of our own that are only for training, never for validation or test. Source: data/README.md."""
    return read_instructions(MORE_INSTRUCTIONS)


def read_instructions(path: Path) -> list[Entry]:
    """The entries of a JSON file in the book's form: a list of objects with the three KEYS (notes, section 7.2).

    Raises InputError when the file is missing, is not UTF-8 or JSON, or has an entry that cannot be used.
    """
    try:
        data = json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise InputError(f"{path.name} cannot be read: {error.strerror or error}.") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path.name} is not in UTF-8; save it in that encoding.") from error
    except json.JSONDecodeError as error:
        raise InputError(f"{path.name} is not JSON: line {error.lineno}, {error.msg}.") from error
    except RecursionError as error:
        raise InputError(f"{path.name} is nested too deeply; it must be a list of entries.") from error
    except ValueError as error:  # Python reads no number of more than some thousand digits
        raise InputError(f"{path.name} has a number that is too long; entries hold texts.") from error
    return check_instructions(data)


def check_instructions(data: Any) -> list[Entry]:
    """The same entries with the three KEYS and no others. input may be empty; instruction and output may not.

    Raises InputError that names the first bad entry by its number, counted from 1.
    """
    if not isinstance(data, list) or not data:
        raise InputError("instructions must be a list with at least one entry.")
    return [_checked(entry, number) for number, entry in enumerate(data, 1)]


def _checked(entry: Any, number: int) -> Entry:
    if not isinstance(entry, dict):
        raise InputError(f"entry {number} is no object with the keys {', '.join(KEYS)}.")
    for key in KEYS:
        if key not in entry:
            raise InputError(f"entry {number} has no {key!r}; each entry needs {', '.join(KEYS)}.")
        if not isinstance(entry[key], str):
            raise InputError(f"entry {number}: {key!r} must be text, and is {type(entry[key]).__name__}.")
        if key != "input" and not entry[key].strip():
            raise InputError(f"entry {number} has an empty {key!r}; only 'input' may be empty.")
    return {key: entry[key] for key in KEYS}


def format_input(entry: Entry) -> str:
    """An entry's prompt in the Alpaca style; without input, that section is left out (notes, section 7.2).

    Source: Taori et al. 2023, Stanford Alpaca: An Instruction-following LLaMA Model.
    """
    prompt = (
        "Below is an instruction that describes a task. "
        "Write a response that appropriately completes the request."
        f"\n\n### Instruction:\n{entry['instruction']}"
    )
    return prompt + (f"\n\n### Input:\n{entry['input']}" if entry["input"] else "")


def format_input_phi3(entry: Entry) -> str:
    """An entry's prompt in the Phi-3 style, as the book draws it: without Phi-3's <|end|> (notes, section 7.2).

    Source: Abdin et al. 2024, Phi-3 Technical Report, section 2.
    """
    return f"<|user|>\n{entry['instruction']}" + (f"\n{entry['input']}" if entry["input"] else "")


@dataclass(frozen=True)
class PromptStyle:
    """How an entry is written as one text: format(entry), then heading, then the answer."""

    name: str
    format: Callable[[Entry], str]
    heading: str

    def prompt(self, entry: Entry) -> str:
        """All that stands before the answer; what a tuned model is given to answer."""
        return self.format(entry) + self.heading

    def whole(self, entry: Entry) -> str:
        """Prompt and answer: what a model is trained on."""
        return self.prompt(entry) + entry["output"]


STYLES = {
    "alpaca": PromptStyle("Alpaca", format_input, RESPONSE_HEADING),
    "phi3": PromptStyle("Phi-3", format_input_phi3, PHI3_RESPONSE_HEADING),
}


def find_style(name: str) -> PromptStyle:
    """The prompt style with this name: alpaca or phi3.

    Raises InputError for another name.
    """
    if name not in STYLES:
        raise InputError(f"there is no prompt style {name!r}; choose one of {', '.join(STYLES)}.")
    return STYLES[name]


def split_instructions(entries: list[Entry]) -> tuple[list[Entry], list[Entry], list[Entry]]:
    """Training, validation and test entries: 85, 5 and 10 percent (notes, section 7.2).

    In the order of the list, nothing shuffled; the test part follows the training part, validation is the rest, so
    that a file of the book's gives the book's three parts.
    """
    train_end = int(len(entries) * TRAIN_SHARE)
    test_end = train_end + int(len(entries) * TEST_SHARE)
    return entries[:train_end], entries[test_end:], entries[train_end:test_end]
