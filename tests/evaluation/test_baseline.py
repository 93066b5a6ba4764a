"""The counting model: its arithmetic, its words, its errors."""

from __future__ import annotations

import math

import numpy as np
import pytest

from engine.errors import InputError
from engine.evaluation.baseline import CountingModel, fit_counting_model

TEXTS = ["win money now", "free money", "claim your free prize", "see you at home", "dinner at eight", "love you, mum"]
LABELS = ["spam"] * 3 + ["ham"] * 3


@pytest.fixture(scope="module")
def model() -> CountingModel:
    return fit_counting_model(TEXTS, LABELS)


def test_learns_its_examples(model: CountingModel) -> None:
    assert model.classify(TEXTS) == LABELS
    assert model.classes == ("ham", "spam")


def test_parts_add_up_to_the_probability(model: CountingModel) -> None:
    for text in ("free money for mum", "nothing known here whatsoever", "", "free " * 500):
        score = model.intercept + sum(part.product for part in model.parts(text))
        assert 1 / (1 + math.exp(-score)) == pytest.approx(model.probabilities([text])[0, 1], abs=1e-12)


def test_word_order_does_not_count(model: CountingModel) -> None:
    assert np.allclose(model.probabilities(["free money mum"]), model.probabilities(["mum money free"]), atol=1e-15)


def test_telling_words_are_the_largest_weights(model: CountingModel) -> None:
    ham, spam = model.telling_words(3)
    weights = dict(zip(model.vectorizer.get_feature_names_out(), model.regression.coef_[0], strict=True))
    assert [value for _, value in spam] == sorted(weights.values(), reverse=True)[:3]
    assert [value for _, value in ham] == sorted(weights.values())[:3]
    assert "money" in [word for word, _ in spam]


def test_with_class_weights_every_class_has_the_same_say() -> None:
    """At the best intercept the weighted errors cancel: the classes' mean probabilities of spam average to a half."""
    texts, labels = TEXTS[:4], LABELS[:4]  # three of spam, one of ham
    for weighted, expected in ((True, 0.5), (False, 0.75)):
        spam = fit_counting_model(texts, labels, class_weights=weighted).probabilities(texts)[:, 1]
        mean = (spam[:3].mean() + spam[3]) / 2 if weighted else spam.mean()
        assert mean == pytest.approx(expected, abs=1e-3)


def test_no_texts_no_probabilities(model: CountingModel) -> None:
    assert model.probabilities([]).shape == (0, 2)


@pytest.mark.parametrize(
    ("texts", "labels"), [(TEXTS, LABELS[:5]), (TEXTS, ["a"] * 6), (["?" * 0, " "], ["a", "b"]), ([], [])]
)
def test_unusable_examples_are_refused(texts: list[str], labels: list[str]) -> None:
    with pytest.raises(InputError):
        fit_counting_model(texts, labels)


def test_three_classes_and_pairs_of_words() -> None:
    model = fit_counting_model(
        [*TEXTS, "goal in extra time", "the match is on"], [*LABELS, "sport", "sport"], longest=2
    )
    assert model.classes == ("ham", "spam", "sport")
    assert model.classify(["extra time goal", "free money"]) == ["sport", "spam"]
    assert model.probabilities([]).shape == (0, 3)
    assert "free money" in model.vectorizer.get_feature_names_out()
