"""Decoding: from the model's scores to one token, and the draw in between made visible."""

from __future__ import annotations

from ui.code import show_code
from ui.lesson import friendly_errors, lesson
from ui.lessons.decoding import words
from ui.lessons.decoding.arithmetic import with_numbers
from ui.lessons.decoding.controls import controls, current_text
from ui.lessons.decoding.sections import PARTS, show_arithmetic, show_many, show_one, show_tree, show_two

with lesson("decoding") as page:
    part = page.state.choice("part", "Part", list(PARTS), "one", labels=PARTS, label_visibility="collapsed")
    left, right = page.stage(1, 2.9)
    with left:
        setting = controls(page.state)
    text, code = None, ""
    with right, friendly_errors():
        text = current_text(page.state, setting)
        code = {"one": show_one, "two": show_two, "many": show_many, "tree": show_tree}[part](text)
    if text is not None:
        if part == "one":
            show_arithmetic(text)
        show_code(text.code(code), f"decoding_{part}")
    page.try_this(words.experiments())
    answers = words.questions()
    page.questions(with_numbers(answers, text) if text else answers)
    page.check(words.check())
