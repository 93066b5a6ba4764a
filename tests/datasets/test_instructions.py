"""Our own instructions: as many as promised and none like another; the prompt styles and the split by hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.feature_extraction.text import CountVectorizer

from engine.datasets.instructions import (
    KEYS,
    PHI3_RESPONSE_HEADING,
    RESPONSE_HEADING,
    check_instructions,
    format_input,
    format_input_phi3,
    load_more_instructions,
    load_own_instructions,
    read_instructions,
    split_instructions,
)
from engine.errors import InputError

README = (Path(__file__).resolve().parents[2] / "data" / "README.md").read_text(encoding="utf-8")
BOOK = Path("/work/shared/datasets/instruction-data.json")
MOST_ALIKE = 0.6
GOOD = {"instruction": "Name a prime.", "input": "", "output": "7"}
WITH_INPUT = {"instruction": "Add them.", "input": "2, 3", "output": "5"}


def whole(entry: dict[str, str]) -> str:
    return " ".join(" ".join(entry[key] for key in KEYS).lower().split())


def alike(texts: list[str]) -> np.ndarray:
    """Jaccard similarity of the sets of five-character pieces, for every pair of texts."""
    pieces = CountVectorizer(analyzer="char", ngram_range=(5, 5), binary=True, dtype=np.int32).fit_transform(texts)
    sizes = np.asarray(pieces.sum(axis=1)).ravel()
    both = (pieces @ pieces.T).toarray()
    return both / (sizes[:, None] + sizes - both)


# ---- the file


def test_clean_and_counted() -> None:
    entries = load_own_instructions()
    assert f"{len(entries):,} entries" in README
    assert f"{sum(bool(entry['input']) for entry in entries):,} of them with an input" in README
    for entry in entries:
        assert list(entry) == list(KEYS)
        for text in entry.values():
            assert text == text.strip()
            assert not any(mark in text for mark in ("**", "```", "###", "<|", "\t", "  ")), text
    words = [len(entry["output"].split()) for entry in entries]
    assert max(words) <= 60
    assert np.mean(np.array(words) <= 25) > 0.95


def test_no_two_are_alike() -> None:
    entries = load_own_instructions()
    asked = {(entry["instruction"].lower(), entry["input"].lower()) for entry in entries}
    assert len(asked) == len(entries)
    similar = np.triu(alike([whole(entry) for entry in entries]), 1)
    assert similar.max() < MOST_ALIKE, [entries[i] for i in np.unravel_index(similar.argmax(), similar.shape)]


def test_more_entries_are_for_training_and_like_none_that_is_held_out() -> None:
    own, more = load_own_instructions(), load_more_instructions()
    assert f"{len(more):,} entries" in README
    train, validation, test = split_instructions(own)
    held = [whole(entry) for entry in validation + test]
    similar = alike([whole(entry) for entry in more] + held)[: len(more), len(more) :]
    assert similar.max() < 0.4
    asked = {(entry["instruction"].lower(), entry["input"].lower()) for entry in own + more}
    assert len(asked) == len(own) + len(more)
    for entry in more:
        assert all(text == text.strip() for text in entry.values())


@pytest.mark.skipif(not BOOK.is_file(), reason="the book's entries are not here")
def test_none_repeats_the_book() -> None:
    own, book = load_own_instructions(), read_instructions(BOOK)
    similar = alike([whole(entry) for entry in own + book])[: len(own), len(own) :]
    assert similar.max() < MOST_ALIKE


# ---- prompts


def test_alpaca_style() -> None:
    top = "Below is an instruction that describes a task. Write a response that appropriately completes the request."
    assert format_input(GOOD) == f"{top}\n\n### Instruction:\nName a prime."
    assert format_input(WITH_INPUT) == f"{top}\n\n### Instruction:\nAdd them.\n\n### Input:\n2, 3"
    assert format_input(GOOD) + RESPONSE_HEADING + "7" == (
        f"{top}\n\n### Instruction:\nName a prime.\n\n### Response:\n7"
    )


def test_phi3_style() -> None:
    assert format_input_phi3(GOOD) == "<|user|>\nName a prime."
    assert format_input_phi3(WITH_INPUT) + PHI3_RESPONSE_HEADING + "5" == "<|user|>\nAdd them.\n2, 3\n<|assistant|>\n5"


# ---- split


@pytest.mark.parametrize(("count", "sizes"), [(1100, (935, 55, 110)), (20, (17, 1, 2)), (3, (2, 1, 0)), (0, (0, 0, 0))])
def test_split_sizes(count: int, sizes: tuple[int, int, int]) -> None:
    entries = [GOOD | {"output": str(i)} for i in range(count)]
    train, validation, test = split_instructions(entries)
    assert (len(train), len(validation), len(test)) == sizes
    assert train + test + validation == entries


# ---- damaged files


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ({"instruction": "x"}, "must be a list"),
        ([], "at least one entry"),
        ([GOOD, "text"], "entry 2 is no object"),
        ([GOOD, WITH_INPUT, {"instruction": "Hi", "input": ""}], "entry 3 has no 'output'"),
        ([{"instruction": "Hi", "output": "x"}], "entry 1 has no 'input'"),
        ([GOOD, GOOD | {"output": 7}], "entry 2: 'output' must be text, and is int"),
        ([GOOD, GOOD | {"output": " \n"}], "entry 2 has an empty 'output'"),
        ([GOOD | {"instruction": ""}], "entry 1 has an empty 'instruction'"),
    ],
)
def test_bad_entries_get_a_sentence(data: Any, says: str) -> None:
    with pytest.raises(InputError, match=says):
        check_instructions(data)


def test_other_keys_are_left_out() -> None:
    assert check_instructions([GOOD | {"model_response": "9"}]) == [GOOD]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"[{", "is not JSON: line 1"),
        ('["caf\u00e9"]'.encode("latin-1"), "is not in UTF-8"),
        (b"[" * 100_000, "nested too deeply"),
        (b"[" + b"9" * 5_000 + b"]", "has a number that is too long"),
        (b'["text"]', "entry 1 is no object"),
    ],
)
def test_bad_files_get_a_sentence(tmp_path: Path, content: bytes, says: str) -> None:
    path = tmp_path / "mine.json"
    path.write_bytes(content)
    with pytest.raises(InputError, match=says):
        read_instructions(path)


def test_missing_file_and_byte_order_mark(tmp_path: Path) -> None:
    path = tmp_path / "mine.json"
    with pytest.raises(InputError, match=r"mine\.json cannot be read"):
        read_instructions(path)
    path.write_text(json.dumps([GOOD]), encoding="utf-8-sig")
    assert read_instructions(path) == [GOOD]
