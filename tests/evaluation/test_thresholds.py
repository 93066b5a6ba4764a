"""Rules that turn probabilities into answers: by hand, and against scikit-learn's counts."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import precision_recall_curve, precision_recall_fscore_support

from engine.errors import InputError
from engine.evaluation.metrics import Accuracy
from engine.evaluation.thresholds import UNSURE, Rule, confident, effect, sweep

P = np.array([[0.9, 0.1, 0.0], [0.4, 0.35, 0.25], [0.2, 0.3, 0.5], [0.1, 0.6, 0.3]])
TRUTH = [0, 1, 2, 1]


def test_rules_by_hand():
    assert Rule().decide(P).tolist() == [0, 0, 2, 1]
    assert Rule(favoured=1, threshold=0.3).decide(P).tolist() == [0, 1, 1, 1]
    assert Rule(favoured=0, threshold=0.95).decide(P).tolist() == [1, 1, 2, 1]
    assert Rule(least=0.5).decide(P).tolist() == [0, UNSURE, 2, 1]
    assert Rule(favoured=0, threshold=0.0, least=1.0).decide(P).tolist() == [UNSURE] * 4


def test_effect_by_hand():
    found = effect(Rule(least=0.55), P, TRUTH)
    assert (found.texts, found.answered, found.right) == (4, 2, 2)
    assert found.accuracy == Accuracy(2, 2)
    assert found.precision == (Accuracy(1, 1), Accuracy(1, 1), None)
    assert found.recall == (Accuracy(1, 1), Accuracy(1, 2), Accuracy(0, 1))
    assert effect(Rule(least=1.0), P, TRUTH).accuracy is None


def random(seed: int = 3):
    rng = np.random.default_rng(seed)
    p = rng.dirichlet([0.5] * 3, 200).round(2)  # rounded: some probabilities are equal
    return p, np.where(rng.random(200) < 0.6, p.argmax(axis=1), rng.integers(0, 3, 200))


def test_effect_is_scikit_learns():
    p, truth = random()
    found = effect(Rule(), p, truth)
    precision, recall, _, _ = precision_recall_fscore_support(truth, p.argmax(axis=1))
    assert [one.share for one in found.precision] == pytest.approx(precision)
    assert [one.share for one in found.recall] == pytest.approx(recall)


def test_sweep_is_scikit_learns_and_what_the_rule_does():
    p, truth = random()
    found = sweep(p, truth, 1)
    precision, recall, thresholds = precision_recall_curve(truth == 1, p[:, 1])
    assert found["threshold"] == pytest.approx(thresholds)
    assert found["precision"] == pytest.approx(precision[:-1])
    assert found["recall"] == pytest.approx(recall[:-1])
    for i in (0, 5, -1):
        done = effect(Rule(1, float(found["threshold"][i])), p, truth)
        assert done.precision[1].share == pytest.approx(found["precision"][i])
        assert done.recall[1].share == pytest.approx(found["recall"][i])


def test_confidence_is_what_the_rule_does():
    p, truth = random()
    for rule in (Rule(), Rule(1, 0.2), Rule(0, 0.9, 0.7)):
        found = confident(p, truth, rule)
        for i in (0, 7, -1):
            done = effect(replace(rule, least=float(found["least"][i])), p, truth)
            assert done.answered / done.texts == pytest.approx(found["answered"][i])
            assert done.accuracy.share == pytest.approx(found["accuracy"][i])


def test_mistakes_are_sentences():
    with pytest.raises(InputError, match="from 0 to 1"):
        Rule(threshold=1.5)
    with pytest.raises(InputError, match="no class number 3"):
        Rule(favoured=3).decide(P)
    with pytest.raises(InputError, match="no text of the validation part"):
        sweep(P, [0, 0, 0, 0], 1)
