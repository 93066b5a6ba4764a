"""What a person chose on the way to a classifier, as a file that is always whole: draft.json."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from engine.datasets.splitting import Balance, Split
from engine.errors import InputError
from engine.whole_files import write_json

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class Choices:
    """What a person chose, plain values as draft.json holds them; empty means: the best guess.

    encoding   a name of reading.ENCODINGS
    delimiter  a sign of sheet.DELIMITERS
    header     whether the first row names the columns; None: guessed
    quotes     False: quotation marks are ordinary signs
    text, label, group  names of columns; group "-": none
    surplus    what is done about rows with too many cells: join, drop, or nothing
    repairs    names of repairs.REPAIRS
    names      pairs of a class in the file and what it is called instead
    balance, split, recipe  fields of Balance, Split, ClassifierRecipe that are not the defaults
    jobs       ids of the jobs started from it, oldest first
    """

    encoding: str = ""
    delimiter: str = ""
    header: bool | None = None
    quotes: bool = True
    text: str = ""
    label: str = ""
    group: str = ""
    surplus: str = ""
    repairs: list[str] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)
    balance: dict[str, Any] = field(default_factory=dict)
    split: dict[str, Any] = field(default_factory=dict)
    recipe: dict[str, Any] = field(default_factory=dict)
    jobs: list[str] = field(default_factory=list)


def make_choices(given: dict[str, Any]) -> Choices:
    """Choices from plain values. Raises InputError for what is unknown or of the wrong kind."""
    kinds = {f.name: f for f in dataclasses.fields(Choices)}
    for name, value in given.items():
        if name not in kinds:
            raise InputError(f"a draft has no {name!r}.")
        start = Choices().__dict__[name]
        if not isinstance(value, type(start)) and not (name == "header" and isinstance(value, bool | None)):
            raise InputError(f"{name} of a draft cannot be {value!r}.")
    choices = Choices(**given)
    try:
        Balance(**choices.balance), Split(**choices.split)
    except TypeError as e:
        raise InputError(f"the draft's settings cannot be read ({e}).") from e
    return choices


def settle(choices: Choices, changes: dict[str, Any]) -> dict[str, Any]:
    """What a doctor's fix makes of the choices: the fields that change, for Draft.update.

    changes  of engine.datasets.finding.Fix
    """
    fields: dict[str, Any] = dict(changes)
    if name := fields.pop("repair", ""):
        fields["repairs"] = [*[one for one in choices.repairs if one != name], name]
    if called := fields.get("names"):
        # The doctor sees classes as they are called now; on the disk stand the names in the file.
        fields["names"] = {old: called.get(new, new) for old, new in choices.names.items()} | {
            old: new for old, new in called.items() if old not in choices.names.values()
        }
    for part in ("balance", "recipe"):
        if part in fields:
            fields[part] = getattr(choices, part) | fields[part]
    return fields


def undo(choices: Choices, name: str) -> dict[str, Any]:
    """The fields that change when a repair, or another choice by its field's name or the recipe's, is taken back."""
    if name in choices.repairs:
        return {"repairs": [one for one in choices.repairs if one != name]}
    start = Choices().__dict__
    if name in start:
        return {name: start[name]}
    return {"recipe": {field: value for field, value in choices.recipe.items() if field != name}}


def write_choices(folder: Path, name: str, source: str, choices: Choices) -> None:
    """Write draft.json into the draft's folder. Raises InputError when the disk cannot be written to."""
    value = {"name": name, "source": source, "choices": dataclasses.asdict(choices)}
    try:
        write_json(folder / "draft.json", value)
    except OSError as e:
        raise InputError(f"the draft could not be written ({e.strerror or e}); make room on the disk.") from e


def read_choices(folder: Path) -> tuple[str, str, Choices]:
    """The file's name, its source and the choices. Raises InputError when draft.json is not there or is torn."""
    try:
        given = json.loads((folder / "draft.json").read_text(encoding="utf-8"))
        return str(given["name"]), str(given["source"]), make_choices(given["choices"])
    except FileNotFoundError as e:
        raise InputError(f"there is no draft {folder.name!r} here; start a new one.") from e
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as e:
        raise InputError(
            f"what was chosen in draft {folder.name} cannot be read any more; its file is still there as "
            f"{folder / 'upload.bin'}: upload it again."
        ) from e
