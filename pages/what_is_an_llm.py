"""What is an LLM? Where it stands, what is large about it, how it is built, and what that buys on a real task."""

from __future__ import annotations

from ui.lesson import friendly_errors, lesson
from ui.lessons.what_is_an_llm import contest, labels, sizes, stages, where, words

PARTS = {
    "map": ("Where it stands", where.show),
    "size": ("Large? Size of what?", sizes.show),
    "stages": ("Built in three stages", stages.show),
    "labels": ("Labels for nothing", labels.show),
    "contest": ("Counting or a GPT?", contest.show),
}

with lesson("what_is_an_llm") as page:
    names = {name: label for name, (label, _) in PARTS.items()}
    part = page.state.choice("part", "Part", list(PARTS), "map", labels=names, label_visibility="collapsed")
    with friendly_errors():
        PARTS[part][1](page)
    page.try_this(words.experiments())
    page.questions(words.questions())
    page.check(words.check())
