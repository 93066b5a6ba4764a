"""Measures of answers, agreement and intervals: worked by hand, or compared with another library."""

from __future__ import annotations

import math

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score

from engine.errors import InputError
from engine.evaluation.agreement import alpha, fit_length, kappa, levels, mean_interval, spearman
from engine.evaluation.answers import chrf, common_words, exact_match, measure, repetition, rouge_l, wins
from engine.evaluation.responses import MOST_ENTRIES, check_responses, read_responses

FOX, DOG = "The quick brown fox jumps over the lazy dog", "The quick brown dog jumps on the log."
HOSTILE = ["", " ", "👍🏽", "שלום", "\x00", "<script>", "a " * 2_000, "नमस्ते", "e\u0301", "."]


def test_rouge_l_by_hand():
    # the quick brown jumps the: 5 of 8 words of one and 5 of 9 of the other
    common = common_words(DOG, FOX)
    assert [common.first[a] for a, _ in common.pairs] == ["the", "quick", "brown", "jumps", "the"]
    assert [common.second[b] for _, b in common.pairs] == ["the", "quick", "brown", "jumps", "the"]
    assert (common.precision, common.recall) == (5 / 8, 5 / 9)
    assert common.f1 == rouge_l(DOG, FOX) == pytest.approx(10 / 17)
    assert rouge_l("привет мир", "привет") == pytest.approx(2 / 3)


def test_rouge_l_is_torchmetrics():
    from torchmetrics.functional.text.rouge import rouge_score

    for one, other in [(DOG, FOX), ("a b c d", "d c b a"), ("It is 3.5 km.", "3.5 kilometres"), ("same", "same")]:
        expected = rouge_score(one, other, rouge_keys="rougeL")["rougeL_fmeasure"]
        assert rouge_l(one, other) == pytest.approx(float(expected), abs=1e-6)


def test_chrf_by_hand():
    # "ab" in "abc": 2 of 2 and of 3 letters, 1 of 1 and of 2 pairs; there are no longer runs on both sides
    precision, recall = (1 + 1) / 2, (2 / 3 + 1 / 2) / 2
    assert chrf("ab", "abc") == pytest.approx(5 * precision * recall / (4 * precision + recall), abs=1e-6)
    assert chrf("same", "same") == 1
    assert chrf("xyz", "abc") == 0


def test_exact_match_forgives_only_form():
    same = [("Red.", "red"), ("“Red”", " red"), ("ﬁne", "fine"), ("a  b", "A b")]
    assert all(exact_match(a, b) for a, b in same)
    assert not any(exact_match(a, b) for a, b in [("red", "read"), ("", "red"), ("red!", "red"), ("the red", "red")])


def test_repetition_by_hand():
    assert repetition("no no no no") == 0.5  # two triples, one of them new
    assert repetition("one two three four") == repetition("one two") == repetition("") == 0
    assert repetition("go go go", 1) == pytest.approx(2 / 3)


@pytest.mark.parametrize("answer", HOSTILE)
def test_any_answer_can_be_measured(answer):
    for reference in ["red", "😀", answer]:
        found = measure({"instruction": "x", "input": "", "output": reference}, answer)
        assert found.solved is None
        assert all(0 <= value <= 1 for value in (found.rouge_l, found.chrf, found.repetition))
    assert found.exact


def test_a_generated_task_is_checked():
    make_tasks = pytest.importorskip("engine.datasets.tasks").make_tasks
    for entry in make_tasks(30, seed=3):
        assert measure(entry, entry["output"]).solved is True
        assert measure(entry, "no such answer").solved is False
        assert measure({**entry, "kind": "unheard of"}, entry["output"]).solved is None


# ---- agreement


def test_spearman_is_scipys():
    from scipy.stats import spearmanr

    rng = np.random.default_rng(0)
    one, other = rng.integers(0, 5, 40), rng.integers(0, 5, 40)
    assert spearman(one, other) == pytest.approx(spearmanr(one, other).statistic)
    assert spearman([1, 2, 3], [10, 20, 21]) == pytest.approx(1)
    assert spearman([1, 2, 3], [3, 2, 1]) == pytest.approx(-1)
    assert math.isnan(spearman([1, 1, 1], [1, 2, 3]))
    for bad in ([1, 2], [1, 2, 3, 4]):
        with pytest.raises(InputError):
            spearman(bad, [1, 2])


def test_kappa_counts_a_near_miss():
    assert levels([0, 19.9, 20, 50, 99, 100], 0, 100).tolist() == [0, 0, 1, 2, 4, 4]
    one, other = [0, 1, 2, 3, 4, 4], [0, 1, 2, 3, 3, 4]
    assert cohen_kappa_score(one, other) < kappa(one, other) < 1
    assert kappa(one, one) == 1
    assert math.isnan(kappa([2, 2], [2, 2]))
    with pytest.raises(InputError):
        kappa([], [])


def test_alpha_of_krippendorffs_own_example():
    """Four observers, twelve units, missing values: 0.743 (Krippendorff 2011, example C)."""
    rows = ["123321412...", "1233224125.3", ".3332342251.", "12332441251."]
    units = [[row[i] for row in rows if row[i] != "."] for i in range(12)]
    assert alpha(units) == pytest.approx(0.743, abs=0.001)
    assert alpha([["a", "a"], ["b", "b"]]) == 1
    assert math.isnan(alpha([["a"], ["b"]]))
    assert math.isnan(alpha([["a", "a"]]))


def test_interval_of_a_mean():
    low, high = mean_interval([0, 1] * 50)
    assert low == pytest.approx(0.5 - 1.96 * 0.05, abs=0.02)
    assert high == pytest.approx(0.5 + 1.96 * 0.05, abs=0.02)
    assert mean_interval([3.0]) == (3, 3)
    assert mean_interval([0, 1, 5]) == mean_interval([0, 1, 5])
    with pytest.raises(InputError):
        mean_interval([])


def test_the_curve_over_length():
    rng = np.random.default_rng(1)
    differences = rng.integers(-20, 21, 400)
    won = (rng.random(400) < 1 / (1 + np.exp(-(0.5 + 0.2 * differences)))).astype(float)
    fit = fit_length(differences, won)
    assert fit.level == pytest.approx(0.5, abs=0.3)
    assert fit.slope == pytest.approx(0.2, abs=0.05)
    assert fit.at_equal_length == pytest.approx(1 / (1 + math.exp(-fit.level)))
    # a mirror: who is compared with whom must not matter
    mirror = fit_length(-differences, 1 - won)
    assert mirror.level == pytest.approx(-fit.level, abs=1e-3)
    assert fit_length([-3, 3, 0], [0, 1, 0.5]).at_equal_length == pytest.approx(0.5, abs=1e-3)
    for bad in ([1, 1], [0, 0]):
        with pytest.raises(InputError):
            fit_length([1, 2], bad)


def test_wins():
    assert wins([1, 2, 3, 0], [0, 2, 5, 1]) == (1, 2, 1)


# ---- files of answers


def entry(**more):
    return {"instruction": "Say it.", "input": "", "output": "it", "model_response": "this", **more}


def test_the_notes_file_is_read():
    import json

    rows = [entry(before="that", kind="plural", number=3), {k: v for k, v in entry(before="x").items() if k != "input"}]
    found = read_responses(json.dumps(rows).encode("utf-16"))
    assert found.keys == ["model_response", "before"]
    assert found.answers("before") == ["that", "x"]
    assert found.entries[0]["kind"] == "plural"
    assert found.entries[1]["input"] == ""
    assert "number" not in found.entries[0]


@pytest.mark.parametrize(
    ("value", "said"),
    [
        *((bad, "at least one entry") for bad in ([], {}, None, 3, "x")),
        ([entry(), 5], "entry 2 is no object"),
        ([entry(), {"instruction": "x", "output": "y"}], "no key besides"),
        ([entry(output=None)], "entry 1: 'output' is no text"),
        ([entry(), {"instruction": "x", "model_response": "y"}], "entry 2: 'output' is missing"),
        ([entry(instruction="  ")], "entry 1 has an empty"),
        ([entry(model_response="x" * 20_001)], "entry 1: 'model_response' has 20,001"),
        ([entry()] * (MOST_ENTRIES + 1), "5,001 entries"),
        ([entry(model_response=5)], "no key besides"),
    ],
)
def test_what_is_no_such_file_gets_a_sentence(value, said):
    with pytest.raises(InputError, match=said):
        check_responses(value)


@pytest.mark.parametrize(
    "data", [b"", b"{", b"[[[[", b"[" * 100_000, b"\x80\x81", b"x" * 5_000_001, b"NaN", b"PK\x03\x04"]
)
def test_any_bytes_get_a_sentence(data):
    with pytest.raises(InputError):
        read_responses(data)
