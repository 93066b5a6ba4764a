"""The lessons, in order: the one list behind the navigation, previous and next, and the home page."""

from __future__ import annotations

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


ALL = (
    Lesson(
        "home",
        "Start",
        "Follow one sentence",
        "A language model turns your words into numbers, mixes them, and ends with a probability for every "
        "possible next token. Follow one sentence all the way.",
        ":material/route:",
    ),
    Lesson(
        "what_is_an_llm",
        "Start",
        "What is an LLM?",
        "A large language model is a neural network with very many adjustable numbers, trained on very much "
        "text to predict the next token.",
        ":material/help:",
    ),
    Lesson(
        "splitting_text",
        "Text to numbers",
        "Splitting text",
        "Before a model can read, text is cut into tokens and each different token gets a number. How it is cut "
        "decides what the model can know.",
        ":material/content_cut:",
    ),
    Lesson(
        "byte_pair_encoding",
        "Text to numbers",
        "Byte pair encoding",
        "A model reads pieces of words, not words. The pieces are found by merging the most frequent pair of "
        "neighbours, again and again.",
        ":material/call_merge:",
    ),
    Lesson(
        "sliding_window",
        "Text to numbers",
        "Sliding window",
        "Any text is its own exercise book: slide a window over it, and the task at every token is to guess the next. "
        "Windows are stacked into batches, and batches train the model.",
        ":material/view_week:",
    ),
    Lesson(
        "self_attention",
        "Attention",
        "Self-attention by hand",
        "Every word looks at every word, decides how much each one matters to it, and takes a weighted "
        "average. That is all there is to it, and you can check every number.",
        ":material/grid_on:",
    ),
    Lesson(
        "heads",
        "Attention",
        "Heads in the wild",
        "A trained model has many attention heads, and some have a job you can name. Find them by measuring, "
        "then switch one off and see what changes.",
        ":material/visibility:",
    ),
    Lesson(
        "decoding",
        "Training",
        "Decoding",
        "The model gives a probability to every token; how you draw from them decides whether the text is "
        "dull, lively or nonsense.",
        ":material/casino:",
    ),
)


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
