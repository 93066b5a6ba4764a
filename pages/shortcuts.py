"""Shortcuts: print_gradients as bars, the slopes that multiply, and a real GPT with and without its additions."""

from __future__ import annotations

from ui.lesson import friendly_errors, lesson
from ui.lessons.shortcuts import bars, real, why, words

PARTS = {
    "bars": ("Gradients by layer", bars.show),
    "why": ("Why: slopes multiply", why.show),
    "real": ("In a real GPT", real.show),
}

with lesson("shortcuts") as page:
    names = {name: label for name, (label, _) in PARTS.items()}
    part = page.state.choice("part", "Part", list(PARTS), "bars", labels=names, label_visibility="collapsed")
    with friendly_errors():
        PARTS[part][1](page)
    page.try_this(words.experiments())
    page.questions(words.questions())
    page.check(words.check())
