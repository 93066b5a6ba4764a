"""The classifier to beat: words counted, weighted and added up (TF-IDF and logistic regression)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

# A word with its apostrophes, or a sign that tells something about a message.
WORD_PATTERN = r"\w+(?:['’]\w+)*|[£$€!?]"


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
    """A fitted counting model; its score, parts and telling words are for two classes: above 0 means the second."""

    classes: tuple[str, ...]
    vectorizer: Any
    regression: Any

    def probabilities(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """(N, C) probabilities of the classes, in the order of `classes`."""
        if not len(texts):
            return np.zeros((0, len(self.classes)))
        return self.regression.predict_proba(self.vectorizer.transform(texts))

    def classify(self, texts: Sequence[str]) -> list[str]:
        """The likeliest class of each text."""
        return [self.classes[i] for i in self.probabilities(texts).argmax(axis=1)]

    @property
    def intercept(self) -> float:
        """The score of a message none of whose words is known."""
        return float(self.regression.intercept_[0])

    def parts(self, text: str) -> list[Part]:
        """A text's known words, strongest first; their products and the intercept add up to its score."""
        row = self.vectorizer.transform([text]).tocoo()
        words, weights = self.vectorizer.get_feature_names_out(), self.regression.coef_[0]
        present = zip(row.col, row.data, strict=True)
        parts = [Part(str(words[i]), float(value), float(weights[i])) for i, value in present]
        return sorted(parts, key=lambda part: -abs(part.product))

    def telling_words(self, count: int) -> tuple[list[tuple[str, float]], list[tuple[str, float]]]:
        """The words with the strongest weights: (word, weight) for the first class, then for the second."""
        words, weights = self.vectorizer.get_feature_names_out(), self.regression.coef_[0]
        order = weights.argsort()
        first = [(str(words[i]), float(weights[i])) for i in order[:count]]
        second = [(str(words[i]), float(weights[i])) for i in order[::-1][:count]]
        return first, second


def fit_counting_model(
    texts: Sequence[str], labels: Sequence[str], longest: int = 1, class_weights: bool = False
) -> CountingModel:
    """Fit TF-IDF and logistic regression to labelled texts; the strength of both is scikit-learn's default.

    texts    the training messages
    labels   the class of each, two classes or more
    longest  words that are counted together: 1 single words, 2 also pairs of neighbours
    class_weights  in the loss every class counts the same, as in ClassifierRecipe

    Raises InputError unless there is one label a text, of at least two classes, and at least one word.
    """
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression

    if len(texts) != len(labels):
        raise InputError(f"there are {len(texts)} texts and {len(labels)} labels; give one label a text.")
    if len(set(labels)) < 2:
        raise InputError(f"the counting model tells two classes or more apart; {len(set(labels))} were given.")
    vectorizer = TfidfVectorizer(token_pattern=WORD_PATTERN, sublinear_tf=True, ngram_range=(1, longest))
    try:
        features = vectorizer.fit_transform(texts)
    except ValueError as e:
        raise InputError("the texts have not one word to count; give texts with words.") from e
    weights = "balanced" if class_weights else None
    regression = LogisticRegression(max_iter=1000, class_weight=weights).fit(features, labels)
    return CountingModel(tuple(map(str, regression.classes_)), vectorizer, regression)
