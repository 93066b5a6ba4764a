"""Embeddings: the table that gives every token its vector, as a map, in arithmetic, and while it is learned."""

from __future__ import annotations

from ui.lesson import lesson
from ui.lessons.embeddings import words
from ui.lessons.embeddings.analogies import draw_analogies
from ui.lessons.embeddings.dimensions import draw_dimensions
from ui.lessons.embeddings.map_section import draw_map
from ui.lessons.embeddings.training import draw_training
from ui.lessons.embeddings.word2vec import draw_word2vec

with lesson("embeddings") as page:
    draw_map(page)
    draw_analogies(page)
    draw_dimensions(page)
    draw_training(page)
    draw_word2vec(page)
    page.try_this(words.experiments())
    page.questions(words.questions())
    page.check(words.check())
