"""Positions: a second table tells attention the order; what it adds, what is lost without it, what it has learned."""

from __future__ import annotations

from ui import models
from ui.lesson import friendly_errors, lesson
from ui.lessons.positions import words
from ui.lessons.positions.sections import PARTS, show_add, show_relative, show_shuffle, show_similar

with lesson("positions") as page:
    part = page.state.choice("part", "Part", list(PARTS), "add", labels=PARTS, label_visibility="collapsed")
    with friendly_errors():
        {"add": show_add, "shuffle": show_shuffle, "similar": show_similar, "relative": show_relative}[part](
            page, models.current()
        )
    page.try_this(words.experiments())
    page.questions(words.questions())
    page.check(words.check())
