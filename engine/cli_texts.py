"""What the command line does with a CSV of labelled texts: reads it, says what the doctor finds, cuts it into parts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.cli_output import err
from engine.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from engine.datasets.finding import Fix
    from engine.finetune.tables import Asked


def choices_of(file: Path, choices: dict[str, Any]) -> Asked:
    """The file with what was chosen about it, as engine.finetune.tables reads it."""
    from engine.datasets.reading import check_size
    from engine.finetune.choices import make_choices
    from engine.finetune.tables import ask

    check_size(str(file), file.stat().st_size)
    make_choices(choices)
    return ask(file, file.name, choices)


def cut(file: Path, choices: dict[str, Any], class_weights: bool = False) -> dict[str, pd.DataFrame]:
    """The parts of a CSV, with sentences that name this command's options.

    class_weights  whether every class counts the same in the loss

    Raises InputError for what cannot be learned from, and for repairs and columns that there are not.
    """
    from engine.datasets.repairs import REPAIRS, missing
    from engine.finetune import tables

    unknown = [name for name in choices["repairs"] if name not in REPAIRS]
    if unknown:
        raise InputError(f"there is no repair {unknown[0]!r}; choose of {', '.join(REPAIRS)}.")
    asked = choices_of(file, choices)
    used = tables.columns(asked)
    for name, taken in (("text", used.text), ("label", used.label), ("group", used.group)):
        given = choices.get(name, "")
        if given and given != taken:
            names = ", ".join(tables.sheet(asked).names[:20])
            raise InputError(f"there is no column {given!r} for --{name}; the file has {names}.")
    say_findings(asked, evened=class_weights or choices["balance"]["how"] != "none")
    table, _ = tables.repaired(asked)
    empty = table["row"][missing(table)]
    if len(empty):
        raise InputError(
            f"rows without a text or a label: {len(empty):,}, the first is row {empty.iloc[0]:,}; add --repair missing "
            "to leave them out, or mend the file."
        )
    by_group = f", what belongs together in {used.group!r}" if choices["split"]["how"] == "group" and used.group else ""
    says = f"texts are in the column {used.text!r}, classes in {used.label!r}{by_group}"
    err.print(says, markup=False, soft_wrap=True)
    return tables.parts(asked)


def say_findings(asked: Asked, evened: bool) -> None:
    """What the doctor finds, a line each, with the option that settles it where there is one.

    evened  something is done about uneven classes already
    """
    from engine.finetune import tables

    for finding in tables.findings(asked):
        if evened and finding.kind == "uneven":
            continue
        if finding.level != "must":  # that is an error, with a sentence of its own
            options = [option for fix in finding.fixes if (option := option_of(fix))]
            settled = f" ({' or '.join(options)})" if options else ""
            err.print(f"{finding.title}{settled}", markup=False, soft_wrap=True)


def option_of(fix: Fix) -> str:
    """The option of `classify train` that does the same as a fix; empty where there is none."""
    changes = fix.changes
    if "repair" in changes:
        return f"--repair {changes['repair']}"
    if changes.get("recipe", {}).get("class_weights"):
        return "--class-weights"
    return f"--balance {changes['balance']['how']}" if "balance" in changes else ""
