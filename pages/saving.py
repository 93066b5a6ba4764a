"""Saving and resuming: the state_dict as a table, a training gone on with, and train against eval mode."""

from __future__ import annotations

from ui.lesson import friendly_errors, lesson
from ui.lessons.saving import modes, resuming, table, words

PARTS = {
    "table": ("What is saved", table.show),
    "resume": ("Stop and go on", resuming.show),
    "modes": ("Train mode, eval mode", modes.show),
}

with lesson("saving") as page:
    names = {name: label for name, (label, _) in PARTS.items()}
    part = page.state.choice("part", "Part", list(PARTS), "table", labels=names, label_visibility="collapsed")
    with friendly_errors():
        PARTS[part][1](page)
    page.try_this(words.experiments())
    page.questions(words.questions())
    page.check(words.check())
