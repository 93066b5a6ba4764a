"""Leave one word out: against a model whose answer is known in closed form, and texts of every script."""

from __future__ import annotations

import numpy as np
import pytest

from engine.analysis.leave_one_out import MOST_WORDS, leave_one_out, without_word, word_spans
from engine.errors import InputError

WEIGHTS = {"free": 2.0, "prize": 1.0, "mum": -1.5}


def adds_up(texts):
    """Class 1 has a score that is the sum of its words' weights."""
    score = np.array([sum(WEIGHTS.get(word, 0.0) for word in text.split()) for text in texts])
    p = 1 / (1 + np.exp(-score))
    return np.stack([1 - p, p], axis=1)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def test_by_hand():
    found = leave_one_out(adds_up, "free prize for mum", 1)
    assert found.words == ["free", "prize", "for", "mum"]
    assert found.whole == pytest.approx(sigmoid(1.5))
    np.testing.assert_allclose(found.without, [sigmoid(-0.5), sigmoid(0.5), sigmoid(1.5), sigmoid(3.0)])
    assert found.empty == 0.5
    assert np.sign(found.support.round(12)).tolist() == [1, 1, 0, -1]
    # The other class: the same with the sign changed.
    np.testing.assert_allclose(leave_one_out(adds_up, "free prize for mum", 0).support, -found.support, atol=1e-12)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("  see you\tat\n8! ", ["see", "you", "at", "8!"]),
        ("你好 world", ["你", "好", "world"]),
        ("ก็ดีครับ", ["ก็", "ดี", "ค", "รั", "บ"]),
        ("שלום לך", ["שלום", "לך"]),
        ("👩‍👩‍👧 ok", ["👩‍👩‍👧", "ok"]),
        ("", []),
        (" \n ", []),
    ],
)
def test_words_of_any_script(text, words):
    assert [text[a:b] for a, b in word_spans(text).tolist()] == words


def test_a_word_goes_with_one_space():
    text = "free prize for mum"
    shorter = [without_word(text, a, b) for a, b in word_spans(text).tolist()]
    assert shorter == ["prize for mum", "free for mum", "free prize mum", "free prize for"]
    assert without_word("你好吗", 1, 2) == "你吗"
    assert without_word("one", 0, 3) == ""


def test_long_texts_and_empty_ones():
    assert len(leave_one_out(adds_up, "word " * 10_000, 1).without) == MOST_WORDS
    with pytest.raises(InputError):
        leave_one_out(adds_up, "   ", 1)
