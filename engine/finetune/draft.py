"""A person's work on a classifier so far, kept on the disk: the file, what was chosen, and the jobs made from it.

    runs/.drafts/OWNER/20261125-142501-4f0a12bc/
      upload.bin   the file as it came
      draft.json   everything that was chosen; every write replaces it in one go

Nothing is computed into these files: the table is read, repaired, balanced and split anew from the upload whenever
somebody asks, the same each time, and kept in memory for those who ask soon again.
"""

from __future__ import annotations

import dataclasses
import re
import secrets
import shutil
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from engine.datasets.labelled import MESSAGES, in_order
from engine.datasets.reading import check_size, read_text
from engine.datasets.splitting import Balance, Split
from engine.errors import InputError
from engine.finetune import tables
from engine.finetune.choices import Choices, make_choices, read_choices, settle, undo, write_choices
from engine.whole_files import write_bytes

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from engine.datasets.finding import Finding, Fix
    from engine.datasets.reading import Reading
    from engine.datasets.repairs import Done
    from engine.datasets.sheet import Columns, Sheet
    from engine.finetune.recipe import ClassifierRecipe

KEPT = 20  # drafts of one owner; the oldest go
SOURCES = ("messages", "sms", "upload")


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

    def settle(self, fix: Fix) -> Draft:
        """The draft after one of the doctor's fixes."""
        now = self if not self.id else load(self.root, self.owner, self.id)
        return now.update(**settle(now.choices, fix.changes))

    def undo(self, name: str) -> Draft:
        """The draft without a repair, or with another choice, such as surplus or names, back at its start."""
        now = self if not self.id else load(self.root, self.owner, self.id)
        return now.update(**undo(now.choices, name))

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
        """How a training from here would go; where HTML was taken out of the texts, of all that are to come too.

        Raises InputError when the settings on the disk are out of bounds.
        """
        from engine.finetune.recipe import ClassifierRecipe

        return ClassifierRecipe(**self.choices.recipe | {"plain_text": "html" in self.choices.repairs})

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
        return tables.reading(self.asked)

    def sheet(self) -> Sheet:
        """The file's cells. Raises InputError when they cannot be read."""
        return tables.sheet(self.asked)

    def columns(self) -> Columns:
        """The columns that are used: those chosen, where they are still there, else guessed."""
        return tables.columns(self.asked)

    def raw(self) -> pd.DataFrame:
        """Row, text, label and group as they came, before any repair."""
        return tables.raw(self.asked)

    def repaired(self) -> tuple[pd.DataFrame, list[Done]]:
        """The table after the chosen repairs, and what each has done."""
        table, done = tables.repaired(self.asked)
        return table.copy(deep=False), list(done)

    def findings(self, tokenizer: str = "pocket", limit: int = 256) -> list[Finding]:
        """What the doctor says about the file and its rows as they are now.

        tokenizer, limit  of the model: how texts become tokens, and how many of these it reads
        """
        return list(tables.findings(self.asked, tokenizer, limit))

    def lengths(self, tokenizer: str = "pocket") -> NDArray[np.int64]:
        """(N,) tokens of each text of `repaired()`."""
        return tables.lengths(self.asked, tokenizer)

    def alike(self) -> NDArray[np.int64]:
        """(N,) for each row of `repaired()` the number of its cluster of look-alikes, as alike.clusters gives them."""
        return tables.alike(self.asked)

    def table(self) -> pd.DataFrame:
        """Columns row (its number in the upload), text, label, and group if there is one: repaired and balanced.

        Raises InputError where rows without text or label, or too many or too few classes, are not settled yet.
        """
        return tables.used(self.asked).copy(deep=False)

    def parts(self) -> dict[str, pd.DataFrame]:
        """The rows to learn from, to choose with and to test on: "train", "validation", "test".

        Raises InputError as `table`, and when they cannot be cut as chosen.
        """
        return {name: rows.copy(deep=False) for name, rows in tables.parts(self.asked).items()}

    def part_lengths(self, tokenizer: str = "pocket") -> dict[str, NDArray[np.int64]]:
        """(N,) tokens of each text of `parts()`."""
        return tables.part_lengths(self.asked, tokenizer)

    def leaks(self) -> pd.DataFrame:
        """Rows of validation and test that are alike to one of training, as engine.datasets.splitting.leaked."""
        return tables.leaks(self.asked).copy(deep=False)

    @property
    def largest_unit(self) -> int:
        """Rows of the largest piece that the split does not tear apart."""
        return tables.largest_unit(self.asked)

    @property
    def classes(self) -> list[str]:
        """The names of the classes, in their order; a class's place is its number."""
        return in_order(self.table()["label"].unique())

    @property
    def asked(self) -> tables.Asked:
        """What its tables depend on; equal for equal tables, so that it can stand for them in a cache."""
        kept = {k: v for k, v in dataclasses.asdict(self.choices).items() if k not in ("recipe", "jobs")}
        return tables.ask(self.file, self.name, kept)


def create(root: Path, owner: str, name: str, data: bytes, source: str = "upload") -> Draft:
    """A new draft over a file, written to the disk; the owner's oldest beyond twenty are removed.

    Raises InputError when the file is too large or no text, or the disk cannot be written to.
    """
    check_size(name, len(data))
    read_text(data, name)
    if source not in SOURCES or not re.fullmatch(r"\w{1,80}", owner):
        raise InputError("a draft needs an owner and a source.")
    draft_id = f"{time.strftime('%Y%m%d-%H%M%S')}-{secrets.token_hex(4)}"
    draft = Draft(root, owner, draft_id, name[:200], source)
    try:
        draft.folder.mkdir(parents=True)
        write_bytes(draft.file, data)
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
    for path in sorted(folder.iterdir(), key=_made, reverse=True):
        try:
            found.append(load(root, owner, path.name))
        except InputError:
            continue
    return found


def _made(folder: Path) -> tuple[str, int]:
    """When a draft was made: the second in its id, and within it when its file was written."""
    file = folder / "upload.bin"
    return folder.name[:15], file.stat().st_mtime_ns if file.is_file() else 0


def remove(draft: Draft) -> None:
    """Delete a draft and its file for good."""
    shutil.rmtree(draft.folder, ignore_errors=True)


def _plain(value: Any) -> Any:
    if isinstance(value, Balance | Split):
        return dataclasses.asdict(value)
    settings = getattr(value, "settings", None)
    return settings() if callable(settings) else value
