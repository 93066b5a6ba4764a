"""Words and short sentences of a real text, so that generated tasks are not only about words of our own lists."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

TEXT = Path(__file__).resolve().parents[2] / "data" / "texts" / "dancing_men.txt"


@lru_cache(maxsize=1)
def _text() -> str:
    return " ".join(TEXT.read_text(encoding="utf-8").split())


@lru_cache(maxsize=1)
def text_words() -> list[str]:
    """Its different words in small letters, three to twelve long, in alphabetical order."""
    return sorted(set(re.findall(r"\b[a-z]{3,12}\b", _text())))


@lru_cache(maxsize=1)
def text_sentences() -> list[str]:
    """Its sentences of four to thirteen words with no marks but commas and hyphens in them."""
    found = re.findall(r'(?<!Mr\. )(?<!Mrs\. )(?<=[.!?"] )[A-Z][A-Za-z, -]+[.](?= |"|$)', _text())
    return sorted({one for one in found if 4 <= len(one.split()) <= 13 and not one.endswith(("Mr.", "Mrs."))})
