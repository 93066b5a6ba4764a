"""Feed-forward and GELU: the bend and its slope, units that die, what width is for, and the real model's units."""

from __future__ import annotations

from ui.lesson import friendly_errors, lesson
from ui.lessons.feed_forward import bends, dead, fit, inside, words

PARTS = {
    "bends": ("GELU and ReLU", bends.show),
    "dead": ("Dead units", dead.show),
    "fit": ("Why wider", fit.show),
    "inside": ("In the real model", inside.show),
}

with lesson("feed_forward") as page:
    names = {name: label for name, (label, _) in PARTS.items()}
    part = page.state.choice("part", "Part", list(PARTS), "bends", labels=names, label_visibility="collapsed")
    with friendly_errors():
        PARTS[part][1](page)
    page.try_this(words.experiments())
    page.questions(words.questions())
    page.check(words.check())
