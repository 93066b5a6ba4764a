"""Our own messages: as many as promised, none like another, no real number or address."""

from __future__ import annotations

import re
from itertools import combinations

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score

from engine.datasets.labelled import load_messages, random_split
from engine.evaluation.baseline import fit_counting_model

PIECE = 5
MOST_ALIKE = 0.2  # the README's promise; near-duplicates would be at 0.6 and more


def pieces(text: str) -> set[str]:
    """All runs of five characters, spaces evened out and capitals ignored."""
    text = " ".join(text.lower().split())
    return {text[i : i + PIECE] for i in range(max(1, len(text) - PIECE + 1))}


def test_balanced_and_clean() -> None:
    messages = load_messages()
    assert list(messages.columns) == ["label", "text"]
    assert messages["label"].value_counts().to_dict() == {"ham": 717, "spam": 717}
    assert messages["label"][:600].value_counts().to_dict() == {"ham": 300, "spam": 300}  # a lesson's part
    assert (messages["text"].str.strip() == messages["text"]).all()
    assert messages["text"].str.len().between(1, 400).all()


def test_no_two_are_alike() -> None:
    each = [(pieces(text), text) for text in load_messages()["text"]]
    for (a, first), (b, second) in combinations(each, 2):
        assert len(a & b) < MOST_ALIKE * len(a | b), f"{first!r} and {second!r}"


def test_links_and_numbers_are_fictional() -> None:
    for text in load_messages()["text"]:
        for host in re.findall(r"\b(?:[a-z0-9-]+\.)+(?:com|net|org|io|co|uk|ly|info|biz)\b", text.lower()):
            assert re.search(r"(^|\.)example\.(com|net|org)$", host), text
        for number in re.findall(r"\b0\d{2,4}[ -]?\d{3,6}(?:[ -]?\d{3,4})?\b", text):
            assert number.replace(" ", "").startswith(("07700900", "02079460")), text


def test_length_does_not_tell_them_apart() -> None:
    """A classifier that reads should not be beaten by one that measures: short spam and long ham are there too."""
    messages = load_messages()
    characters = np.log(messages["text"].str.len().to_numpy().reshape(-1, 1))
    assert cross_val_score(LogisticRegression(), characters, messages["label"], cv=5).mean() < 0.65


def test_hard_enough_that_counting_words_is_not_perfect() -> None:
    """And easy enough that it is much better than guessing: otherwise the comparison would show nothing."""
    train, _, test = random_split(load_messages(), 2 / 3, 0)
    model = fit_counting_model(list(train["text"]), list(train["label"]))
    right = sum(a == b for a, b in zip(model.classify(list(test["text"])), test["label"], strict=True))
    assert 0.7 * len(test) < right < 0.95 * len(test)
