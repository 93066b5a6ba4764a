"""The lessons, in order: the one list behind the navigation, previous and next, and the home page."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Lesson:
    """One page: its file's stem (also its URL), where it stands, its title and its idea in one sentence."""

    slug: str
    section: str
    title: str
    idea: str
    icon: str

    @property
    def path(self) -> str:
        """The page's file as Streamlit wants it, relative to app.py."""
        return f"pages/{self.slug}.py"


ALL = tuple(
    Lesson(**entry) for entry in tomllib.loads((ROOT / "ui" / "catalog.toml").read_text(encoding="utf-8"))["lesson"]
)

# Pages that are no lessons and in no list: a link leads to them. Slug and title.
HIDDEN = {"shared_classifier": "A shared classifier"}


def lessons() -> list[Lesson]:
    """The lessons whose page is there, in order."""
    return [lesson for lesson in ALL if (ROOT / lesson.path).is_file()]


def find(slug: str) -> Lesson:
    """The lesson with this slug; a KeyError when there is none (a programming mistake)."""
    return {lesson.slug: lesson for lesson in ALL}[slug]


def neighbours(slug: str) -> tuple[Lesson | None, Lesson | None]:
    """The lessons before and after this one, None at either end."""
    there = lessons()
    at = [lesson.slug for lesson in there].index(slug)
    return (there[at - 1] if at else None, there[at + 1] if at + 1 < len(there) else None)
