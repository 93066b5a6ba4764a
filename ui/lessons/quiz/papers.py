"""Papers drawn from all questions: the same seed gives the same paper, whoever opens it."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING

from ui.chapters import CHAPTERS, lesson_words
from ui.lessons.quiz import (
    questions_attention,
    questions_classifier,
    questions_gpt,
    questions_instructions,
    questions_start,
    questions_text,
    questions_training,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from ui.lesson import Question

OWN = {
    "1": questions_start.QUESTIONS,
    "2": questions_text.QUESTIONS,
    "3": questions_attention.QUESTIONS,
    "4": questions_gpt.QUESTIONS,
    "5": questions_training.QUESTIONS,
    "6": questions_classifier.QUESTIONS,
    "7": questions_instructions.QUESTIONS,
}
ID_LETTERS = 6


@dataclass(frozen=True)
class Item:
    """A question of the pool: its chapter, and the lesson where its answer can be seen."""

    chapter: str
    lesson: str
    question: Question

    @property
    def id(self) -> str:
        """Six hexadecimal digits that stay as long as the question's words do."""
        return digest(self.lesson, self.question.ask)[:ID_LETTERS]


def digest(*parts: object) -> str:
    """A row of hexadecimal digits that any change of the parts changes."""
    return blake2b("\x1f".join(map(str, parts)).encode(), digest_size=8).hexdigest()


def pool() -> list[Item]:
    """Every question: those that the lessons end with, and the quiz's own."""
    items = [
        Item(chapter, lesson.slug, question) for chapter, lesson, words in lesson_words() for question in words.check()
    ]
    items += [
        Item(chapter, lesson, question)
        for chapter, lessons in OWN.items()
        for lesson, questions in lessons.items()
        for question in questions
    ]
    return items


def draw_paper(items: Sequence[Item], chapters: Collection[str], number: int, seed: int) -> list[Item]:
    """So many questions from these chapters, about equally many from each, in an order of the seed's own.

    Each question's place depends on the seed and on itself alone, so a question that joins the pool later
    changes a shared paper as little as possible.
    """
    piles = [
        sorted((item for item in items if item.chapter == chapter), key=lambda item: digest(seed, item.id))
        for chapter in sorted(chapters, key=lambda chapter: digest(seed, "chapter", chapter))
    ]
    longest = max(map(len, piles), default=0)
    rounds = [pile[turn] for turn in range(longest) for pile in piles if turn < len(pile)]
    return sorted(rounds[:number], key=lambda item: digest(seed, "place", item.id))


def shuffled_answers(item: Item, seed: int) -> list[str]:
    """The answers of a question in an order of the seed's own."""
    answers = list(item.question.answers)
    return sorted(answers, key=lambda answer: digest(seed, item.id, answer))


def repeated(items: Sequence[Item], ids: str, seed: int) -> list[Item]:
    """The questions named in a URL's value such as 1a2b3c-4d5e6f; unknown names are left out."""
    named = set(ids.split("-"))
    return sorted((item for item in items if item.id in named), key=lambda item: digest(seed, "place", item.id))


def by_chapter(items: Sequence[Item], record: dict[str, bool]) -> dict[str, tuple[int, int, int]]:
    """For each chapter: questions answered right at the last try, questions answered, questions in the pool.

    record  what is known of each question by its id: right or not
    """
    scores = {}
    for chapter in CHAPTERS:
        ids = [item.id for item in items if item.chapter == chapter]
        tried = [record[i] for i in ids if i in record]
        scores[chapter] = (sum(tried), len(tried), len(ids))
    return scores
