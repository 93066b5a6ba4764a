"""Byte pair encoding: train it on your own text, wind the training back and forth, and compare tokenizers."""

from __future__ import annotations

from ui.code import show_code
from ui.lesson import lesson
from ui.lessons.byte_pair_encoding import words
from ui.lessons.byte_pair_encoding.bpe import code_cells, draw_training
from ui.lessons.byte_pair_encoding.sections import (
    draw_bytes,
    draw_languages,
    draw_side_by_side,
    draw_words,
    train_controls,
)

with lesson("byte_pair_encoding") as page:
    left, right = page.stage()
    with left:
        text, training, step = train_controls(page)
    with right:
        draw_training(page, text, training, step)
    tokenizer, word = draw_words(page, training)
    draw_bytes(page)
    draw_languages(page)
    draw_side_by_side(page, text, training)
    show_code(code_cells(text, len(training.merges), step, tokenizer, word), "byte_pair_encoding")
    page.try_this(words.experiments())
    page.questions(words.questions())
    page.check(words.check())
