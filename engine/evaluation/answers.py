"""How near an answer is to a correct one, without a judge: what can be counted.

None of these measures understands anything. Exact match knows one right answer, ROUGE-L and chrF count what an answer
shares with it, and length and repetition do not look at it at all.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import regex

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sacrebleu.metrics import CHRF

    from engine.datasets.instructions import Entry

WORDS = regex.compile(r"[\p{L}\p{M}\p{N}]+")
GRAM = 3  # words in a row that count as repeated when they come again


@dataclass(frozen=True)
class Measures:
    """One answer, measured.

    exact       the same as the correct one, but for case, spaces and a final full stop
    rouge_l     0 to 1
    chrf        0 to 1
    words       how long it is
    repetition  0 to 1, the share of its word triples that it has said before
    solved      whether a generated task is solved; None where no program can tell
    """

    exact: bool
    rouge_l: float
    chrf: float
    words: int
    repetition: float
    solved: bool | None = None


def measure(entry: Entry, answer: str) -> Measures:
    """All measures of an answer to an entry; an entry with a "kind" is a generated task, which a program checks."""
    reference = entry["output"]
    return Measures(
        exact_match(answer, reference),
        rouge_l(answer, reference),
        chrf(answer, reference),
        len(word_list(answer)),
        repetition(answer),
        solved(entry, answer),
    )


def solved(entry: Entry, answer: str) -> bool | None:
    """Whether a generated task is solved; None for an entry that is none."""
    if "kind" not in entry:
        return None
    from engine.datasets.tasks import KINDS, check

    return check(entry, answer) if entry.get("kind") in KINDS else None


def normalise(text: str) -> str:
    """The text in one form of its characters, small letters, single spaces, without quotes and a full stop around it.

    Source: the normalisation of SQuAD's evaluation (Rajpurkar et al. 2016), less its removal of articles.
    """
    text = " ".join(unicodedata.normalize("NFKC", text).casefold().split())
    return text.strip("\"'“”‘’").removesuffix(".").strip("\"'“”‘’ ")


def exact_match(answer: str, reference: str) -> bool:
    """Whether both are the same once normalised."""
    return normalise(answer) == normalise(reference)


def word_list(text: str) -> list[str]:
    """The words of a text in small letters, of any script; a combining mark belongs to its letter."""
    return WORDS.findall(unicodedata.normalize("NFKC", text).casefold())


@dataclass(frozen=True)
class Common:
    """The longest common subsequence of two lists of words: in both in this order, gaps allowed.

    pairs  (place in the first, place in the second) of each common word
    """

    first: list[str]
    second: list[str]
    pairs: list[tuple[int, int]]

    @property
    def precision(self) -> float:
        """The share of the first that is common, 0 to 1."""
        return len(self.pairs) / len(self.first) if self.first else 0.0

    @property
    def recall(self) -> float:
        """The share of the second that is common, 0 to 1."""
        return len(self.pairs) / len(self.second) if self.second else 0.0

    @property
    def f1(self) -> float:
        """The harmonic mean of both, 0 to 1."""
        total = len(self.first) + len(self.second)
        return 2 * len(self.pairs) / total if total else 0.0


def common_words(answer: str, reference: str) -> Common:
    """The words that ROUGE-L counts."""
    from rapidfuzz.distance import LCSseq

    first, second = word_list(answer), word_list(reference)
    blocks = LCSseq.editops(first, second).as_matching_blocks()
    pairs = [(block.a + i, block.b + i) for block in blocks for i in range(block.size)]
    return Common(first, second, pairs)


def rouge_l(answer: str, reference: str) -> float:
    """The F1 of the longest common subsequence of words, 0 to 1.

    Source: Lin 2004, "ROUGE: A Package for Automatic Evaluation of Summaries", section 3. Words here are of any
    script; the usual program drops what is not a to z or a digit.
    """
    from rapidfuzz.distance import LCSseq

    first, second = word_list(answer), word_list(reference)
    total = len(first) + len(second)
    return 2 * LCSseq.similarity(first, second) / total if total else 0.0


def chrf(answer: str, reference: str) -> float:
    """The F-score of shared runs of one to six characters, recall counted twice as much, 0 to 1.

    Source: Popović 2015, "chrF: character n-gram F-score for automatic MT evaluation".
    """
    return _chrf().sentence_score(answer, [reference]).score / 100


@lru_cache(maxsize=1)
def _chrf() -> CHRF:
    from sacrebleu.metrics import CHRF

    return CHRF()


def repetition(text: str, gram: int = GRAM) -> float:
    """The share of runs of `gram` words that stood in the text before, 0 to 1; 0 for a text too short to have two.

    Source: Welleck et al. 2020, "Neural Text Generation with Unlikelihood Training", seq-rep-n.
    """
    words = word_list(text)
    runs = [tuple(words[i : i + gram]) for i in range(len(words) - gram + 1)]
    return 1 - len(set(runs)) / len(runs) if runs else 0.0


def wins(first: Sequence[float], second: Sequence[float]) -> tuple[int, int, int]:
    """How often the first is larger, the second is, and neither."""
    pairs = list(zip(first, second, strict=True))
    ahead, behind = sum(a > b for a, b in pairs), sum(a < b for a, b in pairs)
    return ahead, behind, len(pairs) - ahead - behind
