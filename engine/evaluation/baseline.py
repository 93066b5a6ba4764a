"""The classifier to beat: words counted, weighted and added up (TF-IDF and logistic regression)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.errors import InputError

# Words and pairs of neighbouring words; a rare word counts for more than one that is everywhere.
WORD_PATTERN = r"(?u)\b\w+\b|[£$€!?]"


@dataclass(frozen=True)
class Part:
    """What one word adds to a message's score: how strongly it is there, times its weight in the model."""

    word: str
    presence: float
    weight: float

    @property
    def product(self) -> float:
        """What is added to the score."""
        return self.presence * self.weight


@dataclass(frozen=True)
class CountingModel:
    """A fitted counting model for two classes; scores above 0 mean the second."""

    classes: tuple[str, str]
    vectorizer: Any
    regression: Any

    def probabilities(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """(N, 2) probabilities of the classes, in the order of `classes`."""
        if not len(texts):
            return np.zeros((0, 2))
        return self.regression.predict_proba(self.vectorizer.transform(texts))

    def classify(self, texts: Sequence[str]) -> list[str]:
        """The likelier class of each text."""
        return [self.classes[i] for i in self.probabilities(texts).argmax(axis=1)]

    @property
    def intercept(self) -> float:
        """The score of a message none of whose words is known."""
        return float(self.regression.intercept_[0])

    def parts(self, text: str) -> list[Part]:
        """The known words of a text, strongest first; their products and the intercept add up to its score."""
        row = self.vectorizer.transform([text]).tocoo()
        words, weights = self.vectorizer.get_feature_names_out(), self.regression.coef_[0]
        found = [Part(str(words[i]), float(v), float(weights[i])) for i, v in zip(row.col, row.data, strict=True)]
        return sorted(found, key=lambda part: -abs(part.product))

    def telling_words(self, count: int) -> tuple[list[tuple[str, float]], list[tuple[str, float]]]:
        """The words with the strongest weights: (word, weight) for the first class, then for the second."""
        words, weights = self.vectorizer.get_feature_names_out(), self.regression.coef_[0]
        order = weights.argsort()
        first = [(str(words[i]), float(weights[i])) for i in order[:count]]
        second = [(str(words[i]), float(weights[i])) for i in order[::-1][:count]]
        return first, second


def fit_counting_model(texts: Sequence[str], labels: Sequence[str]) -> CountingModel:
    """Fit TF-IDF and logistic regression to labelled texts, with scikit-learn's own settings.

    texts   the training messages
    labels  the class of each, of two classes

    Raises InputError when texts and labels differ in number, or there are not exactly two classes or no words.
    """
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression

    if len(texts) != len(labels):
        raise InputError(f"there are {len(texts)} texts and {len(labels)} labels; give one label a text.")
    if len(set(labels)) != 2:
        raise InputError(f"the counting model tells two classes apart and was given {len(set(labels))}; give two.")
    vectorizer = TfidfVectorizer(token_pattern=WORD_PATTERN, ngram_range=(1, 2), sublinear_tf=True)
    try:
        features = vectorizer.fit_transform(texts)
    except ValueError as e:
        raise InputError("the texts have not one word to count; give texts with words.") from e
    regression = LogisticRegression(C=10.0, max_iter=1000).fit(features, labels)
    return CountingModel(tuple(str(c) for c in regression.classes_), vectorizer, regression)
