"""One entry of the glossary."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class Entry:
    """A word or a question of the notes, with a short answer.

    title   the word, or the question: that has a question mark
    answer  markdown, in plain words
    place   where in the notes: the section such as 2.5, or a chapter such as 1
    lesson  the slug of the lesson where it can be seen
    at      values of that lesson's controls that show it, by name
    also    other names that one may search for
    notes   where the notes put it wrongly or loosely: what they say and what is right
    """

    title: str
    answer: str
    place: str
    lesson: str = ""
    at: Mapping[str, str] = field(default_factory=dict)
    also: str = ""
    notes: str = ""

    @property
    def chapter(self) -> str:
        """The chapter's number."""
        return self.place.split(".")[0]

    @property
    def is_question(self) -> bool:
        """Whether it is a question; otherwise a word."""
        return "?" in self.title

    @property
    def corrects(self) -> bool:
        """Whether it says where the notes are wrong or loose."""
        return bool(self.notes) or "notes say" in f"{self.title} {self.answer}"
