"""Which entries a model is tuned on: our own, generated tasks, both, the book's, or somebody's own; in three parts."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from engine.datasets.catalog import find_data, has_data
from engine.datasets.instructions import (
    load_more_instructions,
    load_own_instructions,
    read_instructions,
    split_instructions,
)
from engine.datasets.tasks import make_tasks
from engine.errors import InputError
from engine.finetune.instruction_recipe import PARTS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from engine.datasets.instructions import Entry

SOURCES = ("own", "tasks", "both", "book")
BOOK = find_data("instruction-data")
HELD_OUT = {"validation": 84, "test": 126}  # generated tasks, of all kinds
WRITTEN_TIMES = 2  # ours in training beside generated tasks, which are many more and would drown them
FEWEST = 10  # entries that can be split into three parts


def choose_entries(
    source: str, tasks: int = 4000, seed: int = 123, downloads: Path | None = None
) -> dict[str, list[Entry]]:
    """Entries for training, validation and test.

    source     own (ours, as in data/), tasks (generated ones), both (ours WRITTEN_TIMES, so that the many tasks do not
               drown them), or book (the notes' 1,100, once downloaded)
    tasks      generated tasks for training
    seed       of the tasks
    downloads  the folder of data sets that were downloaded, for book

    Held-out tasks ask about what no task for training asks about.

    Raises InputError for another source, or when the book's entries are not there.
    """
    if source not in SOURCES:
        raise InputError(f"there are no entries called {source!r}; choose one of {', '.join(SOURCES)}.")
    if source == "book":
        if downloads is None or not has_data(BOOK, downloads):
            raise InputError("the book's entries are not on this machine; download them, or choose others.")
        return in_parts(read_instructions(downloads / BOOK.file))
    parts: dict[str, list[Entry]] = {part: [] for part in PARTS}
    if source in ("own", "both"):
        parts = in_parts(load_own_instructions())
        parts["train"] = [*parts["train"], *load_more_instructions()]
    if source in ("tasks", "both"):
        made = {"train": make_tasks(tasks, seed)}
        held_out = make_tasks(sum(HELD_OUT.values()), seed, held_out=True)
        made["validation"], made["test"] = held_out[: HELD_OUT["validation"]], held_out[HELD_OUT["validation"] :]
        parts["train"] = parts["train"] * WRITTEN_TIMES
        # The loss looks at a few of each part, spread evenly over it: so no kind may come first.
        parts = {part: _mixed([*parts[part], *made[part]], seed) for part in PARTS}
    return parts


def in_parts(entries: Sequence[Entry]) -> dict[str, list[Entry]]:
    """Entries in the notes' three parts, in their order.

    Raises InputError when they are too few for that.
    """
    if len(entries) < FEWEST:
        raise InputError(f"these are {len(entries)} entries, and three parts need at least {FEWEST}; give more.")
    train, validation, test = split_instructions(list(entries))
    return {"train": train, "validation": validation, "test": test}


def _mixed(entries: list[Entry], seed: int) -> list[Entry]:
    return random.Random(seed).sample(entries, len(entries))
