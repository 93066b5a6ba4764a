"""A person's own instruction sets, kept on the disk: each upload as it came, and the repairs chosen for it.

    runs/.instructions/OWNER/20261125-142501-4f0a12bc/
      upload.bin  the file as it came
      set.json    its name, the repairs chosen, and for which model lengths were counted

The entries are read and repaired anew from the upload whenever somebody asks, the same each time.
"""

from __future__ import annotations

import json
import re
import secrets
import shutil
import time
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

from engine.datasets.instruction_repairs import PROBLEMS, REPAIRS, Room, Settled, settle
from engine.datasets.raw_entries import RawEntries, read_raw
from engine.datasets.reading import ENCODINGS, check_size
from engine.errors import InputError
from engine.whole_files import write_json

if TYPE_CHECKING:
    from pathlib import Path

    from engine.datasets.instructions import Entry

KEPT = 20  # sets of one owner; the oldest go


@dataclass(frozen=True)
class InstructionSet:
    """One uploaded file and what was chosen about it; `update` gives the next one.

    root     the folder of the jobs
    owner    whose it is
    id       the name of its folder; sorts by age
    name     the file's name
    repairs  names of instruction_repairs.REPAIRS
    encoding a name of reading.ENCODINGS; empty: guessed
    room     what the repair "long" leaves room for
    """

    root: Path
    owner: str
    id: str
    name: str
    repairs: tuple[str, ...] = ()
    encoding: str = ""
    room: Room = field(default_factory=Room)

    @property
    def folder(self) -> Path:
        """Where it is kept."""
        return self.root / ".instructions" / self.owner / self.id

    def raw(self) -> RawEntries:
        """What the file holds. Raises InputError when it cannot be read."""
        try:
            data = (self.folder / "upload.bin").read_bytes()
        except OSError as e:
            raise InputError(f"the file of {self.name} is gone; upload it again.") from e
        return read_raw(data, self.name, self.encoding)

    def settled(self) -> Settled:
        """What the chosen repairs make of it. Raises InputError when it cannot be read."""
        return settle(self.raw(), self.repairs, self.room)

    def entries(self) -> list[Entry]:
        """The entries to train on.

        Raises InputError while there are entries that no repair has settled, and when none is left.
        """
        settled = self.settled()
        for problem, numbers in settled.waiting.items():
            raise InputError(
                f"entry {numbers[0]:,} of {self.name} {PROBLEMS[problem][0]}; settle it in the lesson Instruction data."
            )
        if not settled.entries:
            raise InputError(f"no entry of {self.name} is left; undo a repair in the lesson Instruction data.")
        return settled.entries

    def update(self, **changes: Any) -> InstructionSet:
        """The set with other repairs, encoding or room, written to the disk.

        Raises InputError for a choice that does not exist, or when the disk cannot be written to.
        """
        changed = replace(self, **changes)
        _write(changed)
        return changed


def create(root: Path, owner: str, name: str, data: bytes) -> InstructionSet:
    """Keep an uploaded file; the owner's oldest sets beyond twenty are removed.

    Raises InputError when it is too large, holds no entries at all, or the disk cannot be written to.
    """
    check_size(name, len(data))
    if not re.fullmatch(r"\w{1,80}", owner):
        raise InputError("an instruction set needs an owner.")
    read_raw(data, name)  # what is no list of entries is not kept
    set_id = f"{time.strftime('%Y%m%d-%H%M%S')}-{secrets.token_hex(4)}"
    made = InstructionSet(root, owner, set_id, name[-200:])
    try:
        made.folder.mkdir(parents=True)
        (made.folder / "upload.bin").write_bytes(data)
    except OSError as e:
        raise InputError(f"the file could not be kept in {root} ({e.strerror or e}); make room there.") from e
    _write(made)  # last: a folder without set.json is no set
    for old in all_sets(root, owner)[KEPT:]:
        remove(old)
    return made


def load(root: Path, owner: str, set_id: str) -> InstructionSet:
    """The set with this id, if it is the owner's. Raises InputError when there is none that can be read."""
    if not re.fullmatch(r"\d{8}-\d{6}-[0-9a-f]{8}", set_id) or not re.fullmatch(r"\w{1,80}", owner):
        raise InputError(f"there is no instruction set {set_id!r} here; upload it again.")
    found = InstructionSet(root, owner, set_id, "")
    try:
        given = json.loads((found.folder / "set.json").read_text(encoding="utf-8"))
        return _checked(replace(found, **given | {"repairs": tuple(given["repairs"]), "room": Room(**given["room"])}))
    except (OSError, ValueError, TypeError, KeyError) as e:
        raise InputError(f"the instruction set {set_id} cannot be read; upload it again.") from e


def all_sets(root: Path, owner: str) -> list[InstructionSet]:
    """The owner's sets that can be read, newest first."""
    folder = root / ".instructions" / owner
    if not re.fullmatch(r"\w{1,80}", owner) or not folder.is_dir():
        return []
    found = []
    for path in sorted(folder.iterdir(), reverse=True):
        try:
            found.append(load(root, owner, path.name))
        except InputError:
            continue
    return found


def remove(old: InstructionSet) -> None:
    """Delete a set and its file for good."""
    shutil.rmtree(old.folder, ignore_errors=True)


def _checked(found: InstructionSet) -> InstructionSet:
    if not set(found.repairs) <= set(REPAIRS) or (found.encoding and found.encoding not in ENCODINGS):
        raise InputError(f"{found.name} cannot be repaired like that; choose from {', '.join(REPAIRS)}.")
    return found


def _write(made: InstructionSet) -> None:
    _checked(made)
    kept = {name: asdict(made)[name] for name in ("name", "repairs", "encoding", "room")}
    try:
        write_json(made.folder / "set.json", kept)
    except OSError as e:
        raise InputError(f"the choice could not be written ({e.strerror or e}); make room on the disk.") from e
