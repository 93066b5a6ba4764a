"""Splitting text: a pattern makes tokens, a vocabulary makes them numbers, special tokens mark what words cannot."""

from __future__ import annotations

from ui.lesson import lesson
from ui.lessons.splitting_text import words
from ui.lessons.splitting_text.sections import PARTS, SHOW

with lesson("splitting_text") as page:
    part = page.state.choice("part", "Part", list(PARTS), "split", labels=PARTS, label_visibility="collapsed")
    SHOW[part](page)
    page.try_this(words.experiments())
    page.questions(words.questions())
    page.check(words.check())
