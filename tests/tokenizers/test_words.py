from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import InputError, UnknownTokenError
from engine.tokenizers.words import SimpleTokenizerV1, SimpleTokenizerV2, build_vocabulary, split_text

SENTENCE = "It's the last he painted, you know,\" Mrs. Gisburn said with pardonable pride."


def test_splitting_as_in_the_notes() -> None:
    assert split_text("Hello, world. Is this-- a test?") == [
        "Hello", ",", "world", ".", "Is", "this", "--", "a", "test", "?",
    ]  # fmt: skip
    assert split_text("It's 7:30; (maybe) a_b!") == [
        "It", "'", "s", "7", ":", "30", ";", "(", "maybe", ")", "a", "_", "b", "!",
    ]  # fmt: skip


def test_spaces_and_capitals() -> None:
    assert split_text("A  b\n", keep_whitespace=True) == ["A", " ", " ", "b", "\n"]
    assert split_text("A  B", lowercase=True) == ["a", "b"]
    assert split_text("") == split_text(" \n ") == []


@settings(max_examples=60)
@given(st.text(max_size=40))
def test_keeping_white_space_loses_nothing(text: str) -> None:
    assert "".join(split_text(text, keep_whitespace=True)) == text
    without = split_text(text)
    assert all(token and token == token.strip() for token in without)
    assert "".join("".join(without).split()) == "".join(text.split())


def test_patterns_of_ones_own() -> None:
    assert split_text("a-b", "-") == ["a", "b"]
    assert split_text("a-b+c", r"(-)|(\+)") == ["a", "-", "b", "+", "c"]
    with pytest.raises(InputError, match="not a regular expression"):
        split_text("a", "(")


def test_a_pattern_that_never_ends_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.tokenizers.words._SECONDS", 0.1)
    with pytest.raises(InputError, match="takes too long"):
        split_text("a" * 50 + "!", r"(a|aa)+$")


def test_a_vocabulary_is_sorted_and_numbered() -> None:
    assert build_vocabulary(["b", "a", "b", "A", ","]) == {",": 0, "A": 1, "a": 2, "b": 3}
    special = ("<|endoftext|>", "<|unk|>")
    assert build_vocabulary(["b", "<|unk|>"], special) == {"b": 0, "<|endoftext|>": 1, "<|unk|>": 2}
    assert build_vocabulary([]) == {}


def test_v1_there_and_back() -> None:
    tokenizer = SimpleTokenizerV1(build_vocabulary(split_text(SENTENCE)))
    ids = tokenizer.encode(SENTENCE)
    assert len(ids) == 20
    assert tokenizer.decode(ids) == "It' s the last he painted, you know,\" Mrs. Gisburn said with pardonable pride."


def test_v1_names_the_unknown_word() -> None:
    tokenizer = SimpleTokenizerV1(build_vocabulary(["tea"]))
    with pytest.raises(UnknownTokenError, match="no 'Hello'"):
        tokenizer.encode("tea Hello")
    with pytest.raises(KeyError):
        tokenizer.encode("Hello")
    with pytest.raises(UnknownTokenError, match="no token has the ID 1"):
        tokenizer.decode([0, 1])


def test_v2_puts_unk_in_its_place() -> None:
    vocabulary = build_vocabulary(["do", "you", "like", "tea", "?"], ("<|endoftext|>", "<|unk|>"))
    tokenizer = SimpleTokenizerV2(vocabulary)
    ids = tokenizer.encode("Hello do you like tea? <|endoftext|> palace")
    assert tokenizer.decode(ids) == "<|unk|> do you like tea? <|endoftext|> <|unk|>"


def test_v2_without_unk_says_what_to_do() -> None:
    with pytest.raises(UnknownTokenError, match=r"neither 'Hello' nor <\|unk\|>; build it with special="):
        SimpleTokenizerV2(build_vocabulary(["tea"])).encode("Hello")
