"""Which words an answer hangs on: each is left out once, and the probability is asked for again.

Nothing is assumed about the model: whatever gives probabilities for texts can be asked. What is measured is only
what happens without one word. Words that say the same thing cover for each other: leaving either out changes little.
So the changes need not add up to anything.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import regex

from engine.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

MOST_WORDS = 150
# Scripts that put no space between words: there, what a reader sees as one sign is left out.
_UNSPACED = r"\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}\p{Tibetan}"
_WORD = regex.compile(rf"(?:(?![{_UNSPACED}])\S)+|[{_UNSPACED}]\p{{M}}*")


@dataclass(frozen=True)
class LeftOut:
    """What leaving out each word does to one class's probability.

    spans    (W, 2) where each word begins and ends in the text
    whole    the probability with all words
    without  (W,) the probability without each word
    empty    the probability of a text without any word
    """

    text: str
    spans: NDArray[np.int64]
    whole: float
    without: NDArray[np.float64]
    empty: float

    @property
    def words(self) -> list[str]:
        """The words, in their order."""
        return [self.text[start:end] for start, end in self.spans.tolist()]

    @property
    def support(self) -> NDArray[np.float64]:
        """(W,) how much the probability falls without each word: above 0, the word speaks for the class."""
        return self.whole - self.without


def word_spans(text: str) -> NDArray[np.int64]:
    """(W, 2) where words begin and end: what stands between spaces, and single signs in scripts without spaces."""
    return np.array([match.span() for match in _WORD.finditer(text)], dtype=np.int64).reshape(-1, 2)


def without_word(text: str, start: int, end: int) -> str:
    """The text without text[start:end], and without one of the two spaces around it."""
    before, after = text[:start], text[end:]
    if after[:1].isspace() and (not before or before[-1].isspace()):
        return before + after[1:]
    return before.rstrip() if not after else before + after


def leave_one_out(probabilities: Callable[[Sequence[str]], Any], text: str, target: int) -> LeftOut:
    """Leave out each word of a text once, the first 150 of a long one.

    probabilities  texts -> (N, C) probabilities
    target         number of the class whose probability is watched

    Raises InputError for a text without a word.
    """
    spans = word_spans(text)[:MOST_WORDS]
    if not len(spans):
        raise InputError("there is no word to leave out; give a text with at least one.")
    texts = [text, *(without_word(text, start, end) for start, end in spans.tolist()), ""]
    found = np.asarray(probabilities(texts), dtype=np.float64)[:, target]
    return LeftOut(text, spans, float(found[0]), found[1:-1], float(found[-1]))
