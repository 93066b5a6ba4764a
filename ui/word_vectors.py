"""Words with a few numbers each, as a person types them: one word per line, then its numbers."""

from __future__ import annotations

import math

from engine.errors import InputError

MOST_WORDS = 10
MOST_NUMBERS = 6
LARGEST = 100

# The notes' (and the book's) example, section 3.3.
JOURNEY = """\
Your 0.43 0.15 0.89
journey 0.55 0.87 0.66
starts 0.57 0.85 0.64
with 0.22 0.58 0.33
one 0.77 0.25 0.10
step 0.05 0.80 0.55"""


def read_word_vectors(text: str) -> tuple[list[str], list[list[float]]]:
    """The words, and for each its numbers; all words have equally many.

    text  one word per line and 1 to 6 numbers from -100 to 100 after it, separated by spaces or commas
    Raises InputError naming the line when it cannot be read.
    """
    lines = [(number, line) for number, line in enumerate(text.splitlines(), start=1) if line.strip()]
    if not lines:
        raise InputError("there are no words; write one on each line with its numbers, such as: journey 0.55 0.87 0.66")
    if len(lines) > MOST_WORDS:
        raise InputError(f"there are {len(lines):,} words; this page shows at most {MOST_WORDS}, so delete some lines.")
    words, vectors = [], []
    for number, line in lines:
        word, *rest = line.replace(",", " ").split() or [""]
        vectors.append([read_number(part, number) for part in rest])
        words.append(word)
        if not 1 <= len(rest) <= MOST_NUMBERS:
            raise InputError(
                f"line {number} has {len(rest):,} numbers; write a word and then 1 to {MOST_NUMBERS} numbers."
            )
        if len(rest) != len(vectors[0]):
            raise InputError(
                f"line {number} has {len(rest)} numbers and the first word has {len(vectors[0])}; "
                "give every word equally many."
            )
    return words, vectors


def read_number(part: str, line: int) -> float:
    """One number; InputError with the line's number when it is none or too large."""
    try:
        value = float(part)
    except ValueError:
        value = math.nan
    if math.isnan(value):
        raise InputError(f"{part[:20]!r} in line {line} is not a number; write it like 0.55.")
    if abs(value) > LARGEST:
        raise InputError(f"{part[:20]} in line {line} is too large; stay between -{LARGEST} and {LARGEST}.")
    return value
