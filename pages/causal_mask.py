"""The causal mask: before or after softmax, what leaks without it, dropout on the weights, register_buffer."""

from __future__ import annotations

from ui.lesson import friendly_errors, lesson
from ui.lessons.causal_mask import words
from ui.lessons.causal_mask.sections import PARTS, show_buffer, show_dropout, show_leak, show_masks

with lesson("causal_mask") as page:
    part = page.state.choice("part", "Part", list(PARTS), "mask", labels=PARTS, label_visibility="collapsed")
    with friendly_errors():
        {"mask": show_masks, "leak": show_leak, "dropout": show_dropout, "buffer": show_buffer}[part](page)
    page.try_this(words.experiments())
    page.questions(words.questions())
    page.check(words.check())
