"""Look-alikes found without comparing each with each: the same clusters as by comparing each with each."""

from __future__ import annotations

import random

import pytest

from engine.datasets.alike import ALIKE, PIECE, alike, clusters
from engine.datasets.labelled import load_messages


def pieces(text: str) -> set[str]:
    return {text[i : i + PIECE] for i in range(len(text) - PIECE + 1)}


def test_likeness_is_the_share_of_common_pieces() -> None:
    a, b = "the train is late", "the train is early"
    both = pieces(a) & pieces(b)
    assert alike(a, b) == pytest.approx(len(both) / len(pieces(a) | pieces(b)))
    assert alike(a, a.upper().replace(" ", "  ")) == 1
    assert alike("code 1234 for you", "code 9876 for you") == 1  # digits are one another's like
    assert alike("", "") == 1
    assert alike("abc", "abd") == 0


def by_hand(texts: list[str]) -> list[int]:
    """For each text the first one that it hangs together with, each compared with each."""
    first = list(range(len(texts)))
    for i in range(len(texts)):
        for j in range(i):
            if alike(texts[i], texts[j]) >= ALIKE and first[i] != first[j]:
                low, high = sorted((first[i], first[j]))
                first = [low if one == high else one for one in first]
    return first


def test_the_clusters_are_those_of_comparing_each_with_each() -> None:
    rng = random.Random(7)
    texts: list[str] = []
    for text in load_messages()["text"][:60]:
        texts.append(text)
        for _ in range(rng.randrange(4)):  # copies with one to three letters changed
            letters = list(text)
            for _ in range(rng.randint(1, 3)):
                letters[rng.randrange(len(letters))] = rng.choice("xyz")
            texts.append("".join(letters))
    rng.shuffle(texts)
    found = clusters(texts).tolist()
    assert found == by_hand(texts)
    assert len(set(found)) < len(texts)


def test_clusters_of_odd_texts() -> None:
    assert clusters([]).tolist() == []
    assert clusters([""]).tolist() == [0]
    assert clusters(["", "x", " ", "X", "y", "\ud83d"]).tolist() == [0, 1, 0, 1, 4, 5]
    same = ["all of these are one and the same text"] * 5_000
    assert set(clusters(same).tolist()) == {0}
    long = ["word " * 400_000, "other " * 300_000, "word " * 400_000 + "!"]
    assert clusters(long).tolist() == [0, 1, 0]
