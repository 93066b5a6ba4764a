"""Byte pair encoding in slow motion: the merges of one word, and a training text after any merge."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from engine.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.tokenizers.bpe import BPETraining


@dataclass(frozen=True)
class WordTrace:
    """How one word is encoded: every state from single bytes to the final pieces.

    states  lists of pieces; states[0] are the bytes, states[-1] what the tokenizer gives
    ranks   ranks[i] is the rank of the piece made between states[i] and states[i + 1]
    places  places[i] is where that piece stands in states[i + 1]
    """

    states: tuple[tuple[bytes, ...], ...]
    ranks: tuple[int, ...]
    places: tuple[int, ...]


def merge_trace(word: bytes, ranks: Mapping[bytes, int]) -> WordTrace:
    """The merges of one word as the tokenizer makes them: lowest rank first, then leftmost.

    word   one word of the pre-split text; the work grows with the square of its length
    ranks  piece -> rank, every single byte among them

    >>> from engine.tokenizers.bpe import train_bpe
    >>> merge_trace(b"lower", train_bpe("low low low lower lowest", 258).ranks).states
    ((b'l', b'o', b'w', b'e', b'r'), (b'lo', b'w', b'e', b'r'), (b'low', b'e', b'r'))
    """
    parts = [bytes([b]) for b in word]
    states = [tuple(parts)]
    made: list[int] = []
    places: list[int] = []
    while True:
        joined = [(ranks[a + b], i) for i, (a, b) in enumerate(pairwise(parts)) if a + b in ranks]
        if not joined:
            return WordTrace(tuple(states), tuple(made), tuple(places))
        rank, i = min(joined)
        parts[i : i + 2] = [parts[i] + parts[i + 1]]
        states.append(tuple(parts))
        made.append(rank)
        places.append(i)


def words_at(training: BPETraining, step: int) -> dict[bytes, list[bytes]]:
    """The pieces of every word of the training text after this many merges.

    training  made with keep_trace=True
    step      0 (single bytes) to len(training.merges)

    Raises InputError for a step outside of the training, or a training that kept no trace.
    """
    if training.merges and not training.trace:
        raise InputError("this training kept no trace; train with keep_trace=True to look back at it.")
    if not 0 <= step <= len(training.merges):
        raise InputError(f"there is no step {step}; this training has {len(training.merges)} merges.")
    return {word: _pieces(word, gaps, step) for word, gaps in training.gaps.items()}


def _pieces(word: bytes, gaps: list[int], step: int) -> list[bytes]:
    open_gaps = [i for i, closed_by in enumerate(gaps, start=1) if closed_by >= step]
    return [word[start:end] for start, end in zip([0, *open_gaps], [*open_gaps, len(word)], strict=True)]


def pair_counts_at(training: BPETraining, step: int) -> Counter[tuple[bytes, bytes]]:
    """How often each pair of pieces stands side by side after this many merges.

    The next merge joins the most frequent of them. Raises InputError as words_at does.
    """
    counts: Counter[tuple[bytes, bytes]] = Counter()
    for word, pieces in words_at(training, step).items():
        for pair in pairwise(pieces):
            counts[pair] += training.words[word]
    return counts


def pair_sources(training: BPETraining, step: int, pair: tuple[bytes, bytes]) -> dict[bytes, tuple[int, int]]:
    """Where the count of a pair comes from: word -> (times in this word, times that the word occurs).

    Raises InputError as words_at does.
    """
    inside = {word: list(pairwise(pieces)).count(pair) for word, pieces in words_at(training, step).items()}
    return {word: (times, training.words[word]) for word, times in inside.items() if times}
