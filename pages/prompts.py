"""Prompts that teach: examples in the prompt, repeated random tokens, and weights that stay as they were."""

from __future__ import annotations

from ui.lesson import friendly_errors, lesson
from ui.lessons.prompts import words
from ui.lessons.prompts.sections import PARTS, show_examples, show_repeat

with lesson("prompts") as page:
    part = page.state.choice("part", "Part", list(PARTS), "examples", labels=PARTS, label_visibility="collapsed")
    with friendly_errors():
        {"examples": show_examples, "repeat": show_repeat}[part](page)
    page.try_this(words.experiments())
    page.questions(words.questions())
    page.check(words.check())
