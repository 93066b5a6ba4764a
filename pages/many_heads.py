"""Many heads: how one tensor becomes heads, why both classes are equal and not equally fast, and what out_proj does."""

from __future__ import annotations

from ui.lesson import friendly_errors, lesson
from ui.lessons.many_heads import words
from ui.lessons.many_heads.sections import PARTS, show_classes, show_mix, show_split

with lesson("many_heads") as page:
    part = page.state.choice("part", "Part", list(PARTS), "split", labels=PARTS, label_visibility="collapsed")
    with friendly_errors():
        {"split": show_split, "mix": show_mix, "classes": show_classes}[part](page)
    page.try_this(words.experiments())
    page.questions(words.questions())
    page.check(words.check())
