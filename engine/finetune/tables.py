"""From a draft's file to its tables, step by step; what was made last is kept in memory for who asks again soon."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from engine.datasets.alike import clusters
from engine.datasets.doctor import examine_lengths, examine_table
from engine.datasets.doctor_file import examine_file
from engine.datasets.finding import some
from engine.datasets.reading import Reading, read_text
from engine.datasets.repairs import MOST_CLASSES, Done, missing, repair
from engine.datasets.sheet import Columns, Sheet, guess_columns, read_sheet, settle_surplus, take_columns
from engine.datasets.splitting import Balance, Split, balance_table, leaked, split_table, units
from engine.errors import InputError
from engine.finetune.choices import Choices
from engine.finetune.remembering import Remembered, digest

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from engine.datasets.finding import Finding

NO_GROUP = "-"
READ = ("encoding",)
CELLS = (*READ, "delimiter", "header", "quotes")
COLUMNS = (*CELLS, "text", "label", "group")
ROWS = (*COLUMNS, "surplus", "repairs", "names")


@dataclass(frozen=True)
class Asked:
    """What tables are asked for: of which file, and with which choices. A class that uploads one file asks the same.

    content  its digest; in which folder it lies makes no difference
    size     its bytes
    choices  fields of Choices as JSON with sorted keys
    """

    file: Path = field(compare=False)
    content: str
    size: int
    name: str
    choices: str

    def chosen(self) -> Choices:
        """The choices themselves."""
        return Choices(**json.loads(self.choices))

    def only(self, names: tuple[str, ...]) -> Asked:
        """The same file with these choices alone, so that others do not make it another question."""
        kept = {name: value for name, value in json.loads(self.choices).items() if name in names}
        return dataclasses.replace(self, choices=json.dumps(kept, sort_keys=True))


def ask(file: Path, name: str, choices: Mapping[str, Any]) -> Asked:
    """The question for these choices, fields of Choices."""
    there = file.stat()
    content = digest(file, there.st_mtime_ns, there.st_size)
    return Asked(file, content, there.st_size, name, json.dumps(choices, sort_keys=True))


def reading(asked: Asked) -> Reading:
    """The file's text."""
    return _reading(asked.only(READ))


def sheet(asked: Asked) -> Sheet:
    """The file's cells."""
    return _sheet(asked.only(CELLS))


def columns(asked: Asked) -> Columns:
    """The columns that are used: those chosen, where they are still there, else guessed."""
    return _columns(asked.only(COLUMNS))


def raw(asked: Asked) -> pd.DataFrame:
    """The rows before any repair."""
    used = columns(asked)
    return take_columns(settle_surplus(sheet(asked), asked.chosen().surplus, used.text), used)


def repaired(asked: Asked) -> tuple[pd.DataFrame, list[Done]]:
    """The rows after the chosen repairs, and what each has done."""
    return _repaired(asked.only(ROWS))


def alike(asked: Asked) -> NDArray[np.int64]:
    """For each repaired row the number of its cluster of look-alikes."""
    return _alike(asked.only(ROWS))


def lengths(asked: Asked, tokenizer: str) -> NDArray[np.int64]:
    """Tokens of each repaired row's text."""
    return _lengths(asked.only(ROWS), tokenizer)


def findings(asked: Asked, tokenizer: str = "", limit: int = 0) -> list[Finding]:
    """What the doctor says; without a tokenizer and the tokens that a model reads of a text, nothing about lengths."""
    return _findings(asked.only(ROWS), tokenizer, limit)


@Remembered
def _reading(asked: Asked) -> Reading:
    return read_text(asked.file.read_bytes(), asked.name, asked.chosen().encoding)


@Remembered
def _sheet(asked: Asked) -> Sheet:
    c = asked.chosen()
    return read_sheet(reading(asked).text, c.delimiter, c.header, c.quotes)


@Remembered
def _columns(asked: Asked) -> Columns:
    cells, c = sheet(asked), asked.chosen()
    guess = guess_columns(cells)
    text = c.text if c.text in cells.names else guess.text
    label = c.label if c.label in cells.names else guess.label
    group = c.group if c.group in (*cells.names, NO_GROUP) else guess.group
    if label == text and not c.label:
        label = next(name for name in (guess.text, *cells.names) if name != text)
    return Columns(text, label, "" if group in (NO_GROUP, text, label) else group)


@Remembered
def _repaired(asked: Asked) -> tuple[pd.DataFrame, list[Done]]:
    c = asked.chosen()
    return repair(raw(asked), c.repairs, c.names)


@Remembered
def _alike(asked: Asked) -> NDArray[np.int64]:
    return clusters(repaired(asked)[0]["text"].to_list())


@Remembered
def _lengths(asked: Asked, tokenizer: str) -> NDArray[np.int64]:
    from engine.tokenizers.pretrained import encode_text, load_tokenizer

    encoding = load_tokenizer(tokenizer)
    texts = repaired(asked)[0]["text"].to_list()
    return np.array([len(encode_text(encoding, text)) for text in texts], dtype=np.int64)


@Remembered
def _findings(asked: Asked, tokenizer: str, limit: int) -> list[Finding]:
    cells, used = sheet(asked), columns(asked)
    table = repaired(asked)[0]
    found = examine_file(reading(asked), cells, used, asked.chosen().surplus)
    found += examine_table(table, alike(asked), other_labels(cells, used))
    return found + (examine_lengths(table, lengths(asked, tokenizer), limit) if tokenizer else [])


def other_labels(cells: Sheet, used: Columns) -> dict[str, int]:
    """Columns that could hold the label instead, and how many classes they would give."""
    found: dict[str, int] = {}
    for name in cells.names[:50]:
        different = len({cell.strip() for cell in cells.column(name)} - {""})
        if name not in (used.text, used.label) and 2 <= different <= MOST_CLASSES:
            found[name] = different
    return found


@Remembered
def used(asked: Asked) -> pd.DataFrame:
    """The rows that are used, repaired and balanced.

    Raises InputError where something is not settled that a classifier cannot learn with.
    """
    return balance_table(checked(repaired(asked)[0]), Balance(**asked.chosen().balance))


@Remembered
def parts(asked: Asked) -> dict[str, pd.DataFrame]:
    """The three parts. Raises InputError as `used`, and when the rows cannot be cut as chosen."""
    c = asked.chosen()
    balance, split = Balance(**c.balance), Split(**c.split)
    table = used(asked)
    found = split_table(table, split, _alike_of(asked, table, split))
    if balance.how == "training":
        even = dataclasses.replace(balance, how="undersample")
        found["train"] = balance_table(found["train"], even).reset_index(drop=True)
    return found


def largest_unit(asked: Asked) -> int:
    """Rows of the largest piece that the split does not tear apart: a group, look-alikes, or both joined."""
    table, split = used(asked), Split(**asked.chosen().split)
    return int(np.bincount(units(table, split, _alike_of(asked, table, split))).max())


def _alike_of(asked: Asked, table: pd.DataFrame, split: Split) -> NDArray[np.int64] | None:
    return alike(asked)[table.index] if split.together else None


@Remembered
def part_lengths(asked: Asked, tokenizer: str) -> dict[str, NDArray[np.int64]]:
    """Tokens of each text of the three parts."""
    known = pd.Series(lengths(asked, tokenizer), index=repaired(asked)[0]["row"])
    return {name: known.loc[rows["row"]].to_numpy() for name, rows in parts(asked).items()}


@Remembered
def leaks(asked: Asked) -> pd.DataFrame:
    """Rows of validation and test that are alike to one of training; see splitting.leaked."""
    return leaked(parts(asked), pd.Series(alike(asked), index=repaired(asked)[0]["row"]))


def checked(table: pd.DataFrame) -> pd.DataFrame:
    """The same table, if a classifier can learn from it.

    Raises InputError for rows without text or label, and unless there are 2 to 50 classes.
    """
    empty = table["row"][missing(table)]
    if len(empty):
        raise InputError(
            f"{some(len(empty), 'row has', 'rows have')} no text or no label, the first is row {empty.iloc[0]:,}; "
            "leave them out in the first step, or mend the file."
        )
    classes = table["label"].nunique()
    if not 2 <= classes <= MOST_CLASSES:
        raise InputError(
            f"there {'is' if classes == 1 else 'are'} {classes:,} {'class' if classes == 1 else 'classes'}; 2 to "
            f"{MOST_CLASSES} can be told apart: choose another column as the label, or mend the file."
        )
    return table
