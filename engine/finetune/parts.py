"""The parts that a classifier job works on: train.csv, validation.csv, test.csv, classes.json in its folder input.

Each CSV has the columns row (number in the upload), text and label.
"""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING

import pandas as pd

from engine.datasets.csv_cells import harmless, runs
from engine.datasets.labelled import in_order
from engine.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

PARTS = ("train", "validation", "test")
COLUMNS = ["row", "text", "label"]
CLASSES_FILE = "classes.json"


def part_files(parts: Mapping[str, pd.DataFrame]) -> dict[str, str]:
    """File name -> content, what engine.jobs.runner.submit takes as a job's inputs.

    parts  "train", "validation", "test" -> a table with the columns row, text, label; others are left out

    Raises InputError as `classes_of`.
    """
    classes = classes_of(parts)
    files = {f"{name}.csv": _as_csv(parts[name]) for name in PARTS}
    return files | {CLASSES_FILE: json.dumps(classes, ensure_ascii=False)}


def classes_of(parts: Mapping[str, pd.DataFrame]) -> list[str]:
    """The classes that these parts can be learned with, in the order of their numbers.

    Raises InputError when a part or a column is missing, train or validation is empty, or train has fewer than two
    classes or lacks one of another part.
    """
    for name in PARTS:
        if name not in parts or not set(COLUMNS) <= set(parts[name].columns):
            raise InputError(f"the part {name!r} with the columns {', '.join(COLUMNS)} is missing.")
    for name in PARTS[:2]:
        if parts[name].empty:
            raise InputError(f"the {name} part has no texts; give it a larger share.")
    classes = in_order(parts["train"]["label"].unique().astype(str))
    if len(classes) < 2:
        raise InputError("there is nothing to tell apart; give texts of at least two classes to learn from.")
    for name in PARTS[1:]:
        if unknown := sorted(set(parts[name]["label"].unique().astype(str)) - set(classes)):
            raise InputError(f"the {name} part has the class {unknown[0]!r}, and none of its texts is learned from.")
    return classes


def check_numbered(data: Mapping[str, tuple[Sequence[str], Sequence[int]]], classes: Sequence[str]) -> None:
    """Raise InputError where texts and the numbers of their classes, part by part, cannot be learned from."""
    for part in ("train", "validation"):
        if part not in data or not data[part][0]:
            raise InputError(f"the {part} part has no texts; give it at least one.")
    for part, (texts, labels) in data.items():
        if len(texts) != len(labels):
            raise InputError(
                f"the {part} part has {len(texts):,} texts and {len(labels):,} labels; give each text one."
            )
        if not set(labels) <= set(range(len(classes))):
            raise InputError(f"a label of the {part} part is no class's number; give 0 to {len(classes) - 1}.")
    if len(set(data["train"][1])) < 2:
        raise InputError("there is nothing to tell apart; give texts of at least two classes to learn from.")


def _as_csv(table: pd.DataFrame) -> str:
    # Quoted all of them, because a lone carriage return would end a row; half a surrogate pair is no UTF-8.
    text = table[COLUMNS].to_csv(index=False, lineterminator="\n", quoting=csv.QUOTE_NONNUMERIC)
    return text.encode("utf-8", "replace").decode("utf-8")


def part_csv(rows: pd.DataFrame) -> bytes:
    """A part as a CSV to take away, in UTF-8: a cell that a spreadsheet would run gets an apostrophe before it."""
    safe = {
        name: [harmless(cell) if runs(cell) else cell for cell in rows[name]] for name in rows.columns if name != "row"
    }
    return rows.assign(**safe).to_csv(index=False, lineterminator="\r\n").encode("utf-8", "replace")


def write_parts(folder: Path, parts: Mapping[str, pd.DataFrame]) -> None:
    """Write these files into a folder; raises InputError as part_files does."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in part_files(parts).items():
        (folder / name).write_text(content, encoding="utf-8", newline="")


def read_parts(folder: Path) -> tuple[dict[str, pd.DataFrame], tuple[str, ...]]:
    """The three tables, text and label as strings, and the classes in the order of their numbers.

    Raises InputError when a file is missing or damaged.
    """
    try:
        types = {"row": "int64", "text": str, "label": str}
        parts = {
            name: pd.read_csv(folder / f"{name}.csv", dtype=types, keep_default_na=False)[COLUMNS] for name in PARTS
        }
        classes = tuple(json.loads((folder / CLASSES_FILE).read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError) as e:
        raise InputError(f"the texts in {folder} cannot be read ({e}); start a new training.") from e
    return parts, classes


def texts_seen(folder: Path) -> set[str]:
    """What a training has learned from or chosen its epoch by; nothing where the parts are not in this folder."""
    try:
        parts, _ = read_parts(folder)
    except InputError:
        return set()
    return {text for part in PARTS[:2] for text in parts[part]["text"]}
