"""Figures of the lesson on generating, on small arrays: rows, rest, order, points."""

from __future__ import annotations

import numpy as np
import pytest

from ui.figures.generating import ROWS, next_token_bars, order_curve, time_curve

LOGITS = np.array([0.5, 3.0, -2.0, 1.0, 1.5, 0.0, 2.5, -1.0, 0.25, 0.75, -3.0, 2.0], dtype=np.float32)
PROBS = np.exp(LOGITS.astype(float)) / np.exp(LOGITS.astype(float)).sum()


def test_best_tokens_come_first_and_the_rest_is_all_others():
    frame, spec = next_token_bars(LOGITS, PROBS, str, "probability", 1, True)
    assert frame["id"].tolist() == [1, 6, 11, 4, 3, 9, 0, 8, -1]
    assert frame["value"].sum() == pytest.approx(1)
    assert frame["mark"].tolist() == [True] + ROWS * [False]
    assert spec["params"][0]["value"][-1] == "rest: 4"


def test_a_chosen_token_gets_a_row():
    frame, _ = next_token_bars(LOGITS, PROBS, str, "logit", 10, False)
    assert frame["id"].tolist() == [1, 6, 11, 4, 3, 9, 0, 10, -1]
    assert frame["value"].tolist()[:8] == LOGITS[frame["id"][:8]].tolist()
    assert frame["shown"].iloc[-1] == "−2.00 to 0.250"
    assert not frame["mark"].any()


def test_a_vocabulary_smaller_than_the_rows():
    for kind in ("logit", "probability"):
        frame, _ = next_token_bars(LOGITS[:1], np.ones(1), str, kind, 0, True)
        assert frame["id"].tolist() == [0, -1]


def test_the_curve_rises_and_has_the_ends_and_the_chosen_one():
    random = np.random.default_rng(0).normal(size=5000).astype(np.float32)
    probs = np.exp(random.astype(float)) / np.exp(random.astype(float)).sum()
    frame, _ = order_curve(random, probs, 17, str)
    drawn = frame.sort_values("logit")
    assert drawn["probability"].is_monotonic_increasing
    assert drawn["logit"].iloc[[0, -1]].tolist() == [random.min(), random.max()]
    assert frame.loc[frame["chosen"], "token"].tolist() == ["17"]


def test_times_are_milliseconds():
    frame, _ = time_curve({"a": [(3, 0.5), (4, 0.25)], "b": []})
    assert frame["ms"].tolist() == [500, 250]
    assert frame["length"].tolist() == [3, 4]
    time_curve({"a": [], "b": []})
