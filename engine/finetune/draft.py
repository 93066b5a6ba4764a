"""A person's work on a classifier so far, kept on the disk: the file, what was chosen, and the jobs made from it.

    runs/.drafts/OWNER/20261125-142501-4f0a12bc/
      upload.bin   the file as it came
      draft.json   everything that was chosen; every write replaces it in one go

Nothing is computed into these files: the table is read, repaired, balanced and split anew from the upload whenever
somebody asks, the same each time, and kept in memory for those who ask soon again.
"""

from __future__ import annotations

import dataclasses
import json
import re
import secrets
import time
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from engine.datasets.labelled import MESSAGES
from engine.datasets.reading import Reading, read_text
from engine.datasets.repairs import MOST_CLASSES, Done, missing, repair
from engine.datasets.sheet import Columns, Sheet, guess_columns, read_sheet, take_columns
from engine.datasets.splitting import Balance, Split, balance_table, split_table
from engine.errors import InputError
from engine.finetune.choices import Choices, make_choices, read_choices, write_choices, write_whole

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from engine.finetune.recipe import ClassifierRecipe

MOST_BYTES = 20_000_000
KEPT = 20  # drafts of one owner; the oldest go
KEPT_TABLES = 4
SOURCES = ("messages", "sms", "upload")
NO_GROUP = "-"


@dataclass(frozen=True)
class Draft:
    """One draft; `update` gives the next one.

    root    the folder of the jobs
    owner   whose it is; empty while nobody is known, and then nothing is written
    id      the name of its folder; empty until something is changed for the first time
    name    the file's name
    source  one of SOURCES
    """

    root: Path
    owner: str
    id: str = ""
    name: str = MESSAGES.name
    source: str = "messages"
    choices: Choices = field(default_factory=Choices)

    @property
    def folder(self) -> Path:
        """Where it is kept."""
        return self.root / ".drafts" / self.owner / self.id

    @property
    def file(self) -> Path:
        """The file that the texts are in."""
        return self.folder / "upload.bin" if self.id else MESSAGES

    def update(self, **changes: Any) -> Draft:
        """The draft with other choices, written to the disk unless nobody is known.

        changes  fields of Choices; balance, split and recipe also as the dataclass itself. What another tab has
                 changed in the meantime stays.

        Raises InputError for a choice that does not exist or cannot be read, or when the disk cannot be written to.
        """
        plain = {name: _plain(value) for name, value in changes.items()}
        draft = self if not self.id else load(self.root, self.owner, self.id)
        if not self.owner:
            return dataclasses.replace(draft, choices=make_choices(dataclasses.asdict(draft.choices) | plain))
        if not draft.id:
            draft = create(self.root, self.owner, self.name, self.file.read_bytes(), self.source)
        draft = dataclasses.replace(draft, choices=make_choices(dataclasses.asdict(draft.choices) | plain))
        write_choices(draft.folder, draft.name, draft.source, draft.choices)
        return draft

    def add_job(self, job_id: str) -> Draft:
        """The draft with one more job started from it."""
        known = load(self.root, self.owner, self.id).choices.jobs if self.id else []
        return self.update(jobs=[*known, job_id])

    @property
    def jobs(self) -> list[str]:
        """Ids of the jobs started from it, oldest first."""
        return self.choices.jobs

    @property
    def recipe(self) -> ClassifierRecipe:
        """How a training from here would go.

        Raises InputError when the settings on the disk are out of bounds.
        """
        from engine.finetune.recipe import ClassifierRecipe

        return ClassifierRecipe(**self.choices.recipe)

    @property
    def balance(self) -> Balance:
        """How many rows of each class are used."""
        return Balance(**self.choices.balance)

    @property
    def split(self) -> Split:
        """How the rows are cut into three."""
        return Split(**self.choices.split)

    def reading(self) -> Reading:
        """The file's text and its encoding. Raises InputError when it is no text."""
        return _reading(self.file, self._moment(), self.name, self.choices.encoding)

    def sheet(self) -> Sheet:
        """The file's cells. Raises InputError when they cannot be read."""
        c = self.choices
        return _sheet(self.file, self._moment(), self.name, c.encoding, c.delimiter, c.header, c.quotes)

    def columns(self) -> Columns:
        """The columns that are used: those chosen, where they are still there, else guessed."""
        sheet, c = self.sheet(), self.choices
        guess = guess_columns(sheet)
        text = c.text if c.text in sheet.names else guess.text
        label = c.label if c.label in sheet.names else guess.label
        group = c.group if c.group in (*sheet.names, NO_GROUP) else guess.group
        if label == text and not c.label:
            label = next(name for name in (guess.text, *sheet.names) if name != text)
        return Columns(text, label, "" if group in (NO_GROUP, text, label) else group)

    def raw(self) -> pd.DataFrame:
        """Row, text, label and group as they came, before any repair."""
        return take_columns(self.sheet(), self.columns())

    def repaired(self) -> tuple[pd.DataFrame, list[Done]]:
        """The table after the chosen repairs, and what each has done."""
        table, done = _repaired(self._key())
        return table.copy(deep=False), list(done)

    def table(self) -> pd.DataFrame:
        """Columns row (its number in the upload), text, label, and group if there is one: repaired and balanced.

        Raises InputError where rows without text or label, or too many or too few classes, are not settled yet.
        """
        return balance_table(checked(self.repaired()[0]), self.balance)

    def parts(self) -> dict[str, pd.DataFrame]:
        """The rows to learn from, to choose with and to test on: "train", "validation", "test".

        Raises InputError as `table`, and when they cannot be cut as chosen.
        """
        return {name: rows.copy(deep=False) for name, rows in _parts(self._key()).items()}

    @property
    def classes(self) -> list[str]:
        """The names of the classes, sorted; a class's place is its number."""
        return sorted(self.table()["label"].unique())

    def _moment(self) -> int:
        return self.file.stat().st_mtime_ns

    def _key(self) -> _Key:
        kept = {k: v for k, v in dataclasses.asdict(self.choices).items() if k not in ("recipe", "jobs")}
        return _Key(json.dumps([str(self.file), self._moment(), kept], sort_keys=True), self)


@dataclass(frozen=True)
class _Key:
    """What a table depends on, as the caches compare it; the draft comes along."""

    text: str
    draft: Draft = field(compare=False)


@lru_cache(maxsize=KEPT_TABLES)
def _reading(file: Path, moment: int, name: str, encoding: str) -> Reading:
    return read_text(file.read_bytes(), name, encoding)


@lru_cache(maxsize=KEPT_TABLES)
def _sheet(
    file: Path, moment: int, name: str, encoding: str, delimiter: str, header: bool | None, quotes: bool
) -> Sheet:
    return read_sheet(_reading(file, moment, name, encoding).text, delimiter, header, quotes)


@lru_cache(maxsize=KEPT_TABLES)
def _repaired(key: _Key) -> tuple[pd.DataFrame, list[Done]]:
    table, done = repair(key.draft.raw(), key.draft.choices.repairs)
    names = key.draft.choices.names
    return (table.assign(label=table["label"].replace(names).astype("str")) if names else table), done


@lru_cache(maxsize=KEPT_TABLES)
def _parts(key: _Key) -> dict[str, pd.DataFrame]:
    draft = key.draft
    parts = split_table(draft.table(), draft.split)
    if draft.balance.how == "training":
        even = dataclasses.replace(draft.balance, how="undersample")
        parts["train"] = balance_table(parts["train"], even).reset_index(drop=True)
    return parts


def checked(table: pd.DataFrame) -> pd.DataFrame:
    """The same table, if a classifier can learn from it.

    Raises InputError for rows without text or label, and unless there are 2 to 50 classes.
    """
    empty = table["row"][missing(table)]
    if len(empty):
        raise InputError(
            f"{len(empty):,} rows have no text or no label, the first is row {empty.iloc[0]:,}; leave them out in the "
            "first step, or mend the file."
        )
    classes = table["label"].nunique()
    if not 2 <= classes <= MOST_CLASSES:
        raise InputError(
            f"there {'is' if classes == 1 else 'are'} {classes:,} {'class' if classes == 1 else 'classes'}; 2 to "
            f"{MOST_CLASSES} can be told apart: choose another column as the label, or mend the file."
        )
    return table


def create(root: Path, owner: str, name: str, data: bytes, source: str = "upload") -> Draft:
    """A new draft over a file, written to the disk; the owner's oldest beyond twenty are removed.

    Raises InputError when the file is too large or the disk cannot be written to.
    """
    if len(data) > MOST_BYTES:
        raise InputError(
            f"{name} has {len(data) / 1e6:,.1f} MB, and {MOST_BYTES / 1e6:,.0f} MB are the most here; upload a part "
            "of it."
        )
    if source not in SOURCES or not re.fullmatch(r"\w{1,80}", owner):
        raise InputError("a draft needs an owner and a source.")
    draft_id = f"{time.strftime('%Y%m%d-%H%M%S')}-{secrets.token_hex(4)}"
    draft = Draft(root, owner, draft_id, name[:200], source)
    try:
        draft.folder.mkdir(parents=True)
        write_whole(draft.file, data)
    except OSError as e:
        raise InputError(f"the file could not be kept in {root} ({e.strerror or e}); make room there.") from e
    write_choices(draft.folder, draft.name, draft.source, draft.choices)
    for old in all_drafts(root, owner)[KEPT:]:
        remove(old)
    return draft


def load(root: Path, owner: str, draft_id: str) -> Draft:
    """The draft with this id, if it is the owner's.

    Raises InputError when there is none, or its draft.json is torn.
    """
    if not re.fullmatch(r"\d{8}-\d{6}-[0-9a-f]{8}", draft_id) or not re.fullmatch(r"\w{1,80}", owner):
        raise InputError(f"there is no draft {draft_id!r} here; start a new one.")
    draft = Draft(root, owner, draft_id)
    name, source, choices = read_choices(draft.folder)
    if not draft.file.is_file():
        raise InputError(f"the file of draft {draft_id} is gone; upload it again.")
    return dataclasses.replace(draft, name=name, source=source, choices=choices)


def all_drafts(root: Path, owner: str) -> list[Draft]:
    """The owner's drafts that can be read, newest first."""
    folder = root / ".drafts" / owner
    if not owner or not folder.is_dir():
        return []
    found: list[Draft] = []
    for path in sorted(folder.iterdir(), reverse=True):
        try:
            found.append(load(root, owner, path.name))
        except InputError:
            continue
    return found


def remove(draft: Draft) -> None:
    """Delete a draft and its file for good."""
    import shutil

    shutil.rmtree(draft.folder, ignore_errors=True)


def _plain(value: Any) -> Any:
    if isinstance(value, Balance | Split):
        return dataclasses.asdict(value)
    settings = getattr(value, "settings", None)
    return settings() if callable(settings) else value
