"""Pictures of a classifier in use: every class has its bar and name, curves begin where nothing is left out."""

from __future__ import annotations

import json

import numpy as np

from engine.evaluation.thresholds import confident, sweep
from ui.figures.classifier_using import MOST_POINTS, labels, probability_bars, trade_off

P = np.array([[0.9, 0.1], [0.2, 0.8], [0.4, 0.6], [0.3, 0.7]])
TRUTH = np.array([0, 1, 0, 1])


def test_bars_go_down_and_the_answer_is_marked():
    frame, _ = probability_bars(["a", "b", "c"], [0.2, 0.5, 0.3], 2)
    assert frame["class"].tolist() == ["b", "▸ c", "a"]
    assert frame["kind"].tolist() == ["other classes", "the answer", "other classes"]
    assert "▸" not in "".join(probability_bars(["a", "b"], [0.2, 0.8], -1)[0]["class"])


def test_names_cannot_leave_their_quotes():
    written = labels(['a"b', "c\\", 'd\\"+alert(1)+"'])
    assert json.loads(written.removesuffix("[datum.value]")) == ['a"b', "c\\", 'd\\"+alert(1)+"']


def test_curves_begin_at_0_and_hold_what_was_counted():
    called = {"precision": "precision", "recall": "recall"}
    frame, _ = trade_off(sweep(P, TRUTH, 1), "threshold", 0.5, called, "threshold")
    precision = frame[frame["what"] == "precision"]
    assert precision["at"].tolist() == [0.0, 0.1, 0.6, 0.7, 0.8]
    # At 0.6 three texts are called 1, two of them rightly.
    assert np.allclose(precision["share"], [2 / 4, 2 / 4, 2 / 3, 1, 1])
    assert frame[frame["what"] == "recall"]["share"].tolist() == [1, 1, 1, 1, 0.5]


def test_many_texts_give_few_points():
    p = np.random.default_rng(1).dirichlet([1, 1], 5000)
    called = {"accuracy": "right", "answered": "answered"}
    frame, _ = trade_off(confident(p, np.zeros(5000, int)), "least", 0.5, called, "least")
    assert len(frame) == 2 * (MOST_POINTS + 1)
    assert frame.groupby("what")["at"].agg(["min", "max"])["max"].nunique() == 1
    assert frame[frame["what"] == "answered"]["share"].is_monotonic_decreasing
