from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import InputError
from ui.word_vectors import JOURNEY, read_word_vectors


def test_the_example():
    words, vectors = read_word_vectors(JOURNEY)
    assert words == ["Your", "journey", "starts", "with", "one", "step"]
    assert vectors[1] == [0.55, 0.87, 0.66]


def test_commas_spaces_and_empty_lines():
    assert read_word_vectors("\n a, 1, 2 \n\nb\t3   4\n") == (["a", "b"], [[1, 2], [3, 4]])


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "no words"),
        ("  \n ", "no words"),
        ("a 1\n" * 11, "at most 10"),
        ("a 1 2\nb 1", "line 2 has 1 numbers"),
        ("a", "line 1 has 0 numbers"),
        ("a 1 2 3 4 5 6 7", "line 1 has 7 numbers"),
        ("a 1\nb x", "'x' in line 2 is not a number"),
        ("a nan", "is not a number"),
        ("a inf", "too large"),
        ("a 1e9", "too large"),
        (",,,", "line 1"),
    ],
)
def test_what_cannot_be_read_says_why(text, says):
    with pytest.raises(InputError, match=says):
        read_word_vectors(text)


@given(st.text(max_size=200))
def test_any_text_is_read_or_answered(text):
    try:
        words, vectors = read_word_vectors(text)
    except InputError:
        return
    assert len(words) == len(vectors) >= 1
    assert len({len(vector) for vector in vectors}) == 1
