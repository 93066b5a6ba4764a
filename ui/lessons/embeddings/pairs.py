"""Pairs of words that stand in one relation each: the questions that analogies are scored on."""

from __future__ import annotations

from itertools import permutations
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ui.lessons.embeddings.tokens import TokenTable

RELATIONS = {
    "man → woman": "man woman, king queen, father mother, son daughter, brother sister, boy girl, husband wife, uncle "
    "aunt",
    "one → many": "hand hands, eye eyes, day days, tree trees, house houses, friend friends, book books, year years",
    "now → then": "go went, see saw, take took, know knew, come came, give gave, speak spoke, run ran",
    "base → -ing": "go going, look looking, think thinking, sit sitting, speak speaking, walk walking, come coming, "
    "say saying",
    "opposites": "good bad, old young, high low, long short, rich poor, light dark, right wrong, strong weak",
    "country → people": "England English, France French, Germany German, Spain Spanish, Italy Italian, America "
    "American, Russia Russian",
}


def questions(table: TokenTable) -> dict[str, list[tuple[int, int, int, int]]]:
    """For each relation every pair against every other: IDs (a, b, c, expected), "b is to a as c is to expected".

    Only pairs whose two words are single tokens of this model; a relation with fewer than two is left out.
    """
    found = {}
    for name, text in RELATIONS.items():
        pairs = [[table.number.get(f"·{word}") for word in pair.split()] for pair in text.split(", ")]
        known = [(left, right) for left, right in pairs if left is not None and right is not None]
        asked = [(right, left, c, expected) for (left, right), (c, expected) in permutations(known, 2)]
        if asked:
            found[name] = asked
    return found
