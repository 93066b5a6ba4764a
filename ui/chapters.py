"""The notes' chapters, and what all lessons say, collected: what the quiz and the glossary share."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from ui.catalog import ROOT, lessons

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

    from ui.catalog import Lesson

CHAPTERS = {
    "1": "What an LLM is",
    "2": "Text to numbers",
    "3": "Attention",
    "4": "The GPT model",
    "5": "Training and decoding",
    "6": "Fine-tuning a classifier",
    "7": "Following instructions",
}
# The chapter that a section of the navigation teaches.
SECTIONS = {"Start": "1", "Text to numbers": "2", "Attention": "3", "GPT": "4", "Training": "5", "Fine-tuning": "6"}
# Lessons that teach another chapter than the rest of their section.
ELSEWHERE = dict.fromkeys(("instruction_data", "instruction_tuning", "judging"), "7")


def lesson_words() -> Iterator[tuple[str, Lesson, ModuleType]]:
    """Of every lesson that has its own words: the chapter, the lesson, and its module with experiments and so on."""
    for lesson in lessons():
        chapter = ELSEWHERE.get(lesson.slug) or SECTIONS.get(lesson.section)
        if chapter and (ROOT / "ui" / "lessons" / lesson.slug / "words.py").is_file():
            yield chapter, lesson, importlib.import_module(f"ui.lessons.{lesson.slug}.words")


def read_chapters(text: str) -> list[str]:
    """The chapters in a URL's value such as 1-3-7, in order; all of them when it names none."""
    named = set(text.split("-"))
    return [chapter for chapter in CHAPTERS if chapter in named] or list(CHAPTERS)


def write_chapters(chosen: list[str]) -> str:
    """The chapters as a URL writes them; empty for all or none of them."""
    return "" if len(chosen) in (0, len(CHAPTERS)) else "-".join(sorted(chosen))
