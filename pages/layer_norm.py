"""Layer norm: why deep networks need it, what it does to one vector, which numbers it averages, and how."""

from __future__ import annotations

from ui.lesson import friendly_errors, lesson
from ui.lessons.layer_norm import axes, deep, variance, vector, words

PARTS = {
    "deep": ("Through many layers", deep.show),
    "vector": ("One vector", vector.show),
    "axes": ("Layer or batch norm", axes.show),
    "variance": ("Divide by n or n − 1", variance.show),
}

with lesson("layer_norm") as page:
    names = {name: label for name, (label, _) in PARTS.items()}
    part = page.state.choice("part", "Part", list(PARTS), "deep", labels=names, label_visibility="collapsed")
    with friendly_errors():
        PARTS[part][1](page)
    page.try_this(words.experiments())
    page.questions(words.questions())
    page.check(words.check())
