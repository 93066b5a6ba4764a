from __future__ import annotations

import doctest
import gzip
import json
import random
from collections import Counter
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
import regex
import tokenizers
from hypothesis import given, settings
from hypothesis import strategies as st

import engine.tokenizers.bpe
import engine.tokenizers.replay
import engine.tokenizers.words
from engine.errors import InputError, WeightsError
from engine.tokenizers.bpe import GPT2_PATTERN, count_words, gpt2_byte_order, load_ranks, save_ranks, train_bpe
from engine.tokenizers.pretrained import (
    TOKENIZER_DIR,
    TOKENIZERS,
    encode_text,
    load_tokenizer,
    make_tokenizer,
    token_bytes,
)
from engine.tokenizers.replay import merge_trace, pair_counts_at, pair_sources, words_at

if TYPE_CHECKING:
    from pathlib import Path

# Few letters, so that pairs repeat and tie; any text beside them. Not the code points that Python's Unicode
# does not know yet: tiktoken and the package regex may be of different ages and split there differently.
repetitive = st.text("ab c", max_size=40)
known = st.text(st.characters(exclude_categories=["Cn", "Cs"]), max_size=40)
some_text = repetitive | known
SYLLABLES = ["ba", "lo", "ti", "men", "er", "qu", "a", "sto", "ing", "the", "ß", "é"]
DICE = random.Random(0)
LEXICON = ["".join(DICE.choices(SYLLABLES, k=DICE.randint(1, 7))) for _ in range(2000)]
A_BOOK = " ".join(DICE.choices(LEXICON, k=8000))
SHIPPED = {name: load_ranks(TOKENIZER_DIR / f"{name}.tiktoken.gz") for name in TOKENIZERS}


def train_by_rescan(text: str, merges: int) -> list[tuple[tuple[bytes, bytes], int, int, dict[bytes, list[bytes]]]]:
    """The definition: count every pair anew, join the most frequent; ties go to the lowest ranks."""
    words = count_words(text)
    split = {word: [bytes([b]) for b in word] for word in words}
    rank = {bytes([b]): i for i, b in enumerate(gpt2_byte_order())}
    steps = []
    for _ in range(merges):
        counts: Counter[tuple[bytes, bytes]] = Counter()
        for word, pieces in split.items():
            for pair in pairwise(pieces):
                counts[pair] += words[word]
        if not counts:
            break
        most = max(counts.values())
        tied = [pair for pair, count in counts.items() if count == most]
        left, right = min(tied, key=lambda pair: (rank[pair[0]], rank[pair[1]]))
        for pieces in split.values():
            i = 0
            while i < len(pieces) - 1:
                if (pieces[i], pieces[i + 1]) == (left, right):
                    pieces[i : i + 2] = [left + right]
                i += 1
        rank[left + right] = len(rank)
        steps.append(((left, right), most, len(tied) - 1, {word: [*pieces] for word, pieces in split.items()}))
    return steps


def test_an_example_worked_by_hand() -> None:
    """Words: "ab", " ab", " abc", " bc", once each. (a, b) three times; (space, a) and (b, c) twice; …"""
    training = train_bpe("ab ab abc bc", 1000)
    table = [(s.pair, s.count, s.ties, s.affected) for s in training.trace]
    assert table == [
        ((b"a", b"b"), 3, 0, (b"ab", b" ab", b" abc")),
        ((b" ", b"ab"), 2, 0, (b" ab", b" abc")),
        # (space, b), (b, c) and (" ab", c) once each: b has the lowest rank of a left piece.
        ((b"b", b"c"), 1, 2, (b" bc",)),
        ((b" ", b"bc"), 1, 1, (b" bc",)),
        ((b" ab", b"c"), 1, 0, (b" abc",)),
    ]
    assert [(s.step, s.rank, s.token) for s in training.trace] == [
        (0, 256, b"ab"),
        (1, 257, b" ab"),
        (2, 258, b"bc"),
        (3, 259, b" bc"),
        (4, 260, b" abc"),
    ]
    assert words_at(training, 2) == {
        b"ab": [b"ab"],
        b" ab": [b" ab"],
        b" abc": [b" ab", b"c"],
        b" bc": [b" ", b"b", b"c"],
    }
    assert pair_sources(training, 0, (b"a", b"b")) == {b"ab": (1, 1), b" ab": (1, 1), b" abc": (1, 1)}
    assert list(training.ranks_after(2))[256:] == [b"ab", b" ab"]
    assert pair_counts_at(training, 1) == {
        (b" ", b"ab"): 2,
        (b"ab", b"c"): 1,
        (b" ", b"b"): 1,
        (b"b", b"c"): 1,
    }


@settings(max_examples=60)
@given(some_text, st.integers(0, 30))
def test_every_step_is_what_the_definition_says(text: str, merges: int) -> None:
    training = train_bpe(text, 256 + merges)
    steps = train_by_rescan(text, merges)
    assert [(s.pair, s.count, s.ties) for s in training.trace] == [step[:3] for step in steps]
    before = words_at(training, 0)
    assert before == {word: [bytes([b]) for b in word] for word in training.words}
    for step, (_, _, _, split) in zip(training.trace, steps, strict=True):
        after = words_at(training, step.step + 1)
        assert after == split
        assert step.affected == tuple(word for word in training.words if before[word] != after[word])
        counts = pair_counts_at(training, step.step)
        assert counts[step.pair] == step.count == max(counts.values())
        assert list(counts.values()).count(step.count) == step.ties + 1
        sources = pair_sources(training, step.step, step.pair)
        assert sum(times * occurs for times, occurs in sources.values()) == step.count
        assert tuple(sources) == step.affected
        before = after


@settings(max_examples=60)
@given(some_text, st.integers(256, 320))
def test_pieces_are_numbered_without_gaps(text: str, vocab_size: int) -> None:
    """No merge makes a piece that is there: tiktoken could not tell the two apart."""
    training = train_bpe(text, vocab_size)
    assert list(training.ranks.values()) == list(range(256 + len(training.merges)))
    assert [left + right for left, right in training.merges] == list(training.ranks)[256:]
    if len(training.ranks) < vocab_size:
        assert all(len(pieces) == 1 for pieces in words_at(training, len(training.merges)).values())


@settings(max_examples=60)
@given(some_text, st.integers(256, 320), some_text)
def test_trained_tokenizer_merge_trace_and_tiktoken_agree(text: str, vocab_size: int, other: str) -> None:
    training = train_bpe(text, vocab_size)
    tokenizer = make_tokenizer("own", training.ranks)
    for each in (text, other):
        ids = encode_text(tokenizer, each)
        assert tokenizer.decode(ids) == each
        by_trace = [piece for word in words_in_order(each) for piece in merge_trace(word, training.ranks).states[-1]]
        assert [token_bytes(tokenizer, i) for i in ids] == by_trace
    for word, pieces in words_at(training, len(training.merges)).items():
        assert tuple(pieces) == merge_trace(word, training.ranks).states[-1]


def words_in_order(text: str) -> list[bytes]:
    """The pre-split words, repetitions too."""
    return [word.encode() for word in regex.findall(GPT2_PATTERN, text)]


@given(some_text, st.sampled_from(TOKENIZERS))
def test_merge_trace_of_shipped_tokenizers(text: str, name: str) -> None:
    tokenizer = load_tokenizer(name)
    ids = encode_text(tokenizer, text)
    by_trace = [piece for word in words_in_order(text) for piece in merge_trace(word, SHIPPED[name]).states[-1]]
    assert [token_bytes(tokenizer, i) for i in ids] == by_trace


@given(st.binary(max_size=12))
def test_each_state_of_a_trace_makes_one_merge(word: bytes) -> None:
    ranks = SHIPPED["gpt2"]
    trace = merge_trace(word, ranks)
    assert trace.states[0] == tuple(bytes([b]) for b in word)
    for before, after, rank, place in zip(trace.states, trace.states[1:], trace.ranks, trace.places, strict=False):
        assert ranks[after[place]] == rank
        assert (*before[:place], before[place] + before[place + 1], *before[place + 2 :]) == after
    assert len(trace.states) == len(trace.ranks) + 1 == len(trace.places) + 1


def merges_of_the_rust_library(text: str, vocab_size: int) -> list[tuple[bytes, bytes]]:
    """The package tokenizers: the same pre-splitting, byte order and rule for ties."""
    other = tokenizers.Tokenizer(tokenizers.models.BPE())
    other.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
    alphabet = tokenizers.pre_tokenizers.ByteLevel.alphabet()
    trainer = tokenizers.trainers.BpeTrainer(vocab_size=vocab_size, initial_alphabet=alphabet, show_progress=False)
    other.train_from_iterator([text], trainer)
    byte_of = dict(zip(sorted(alphabet), gpt2_byte_order(), strict=True))
    merges = json.loads(other.to_str())["model"]["merges"]
    return [tuple(bytes(byte_of[letter] for letter in piece) for piece in pair) for pair in merges]


@settings(max_examples=60)
@given(repetitive)
def test_merges_equal_those_of_the_rust_library(text: str) -> None:
    assert train_bpe(text, 300).merges == merges_of_the_rust_library(text, 300)


def test_a_thousand_merges_equal_those_of_the_rust_library() -> None:
    training = train_bpe(A_BOOK, 1256)
    assert len(training.merges) == 1000
    assert training.merges == merges_of_the_rust_library(A_BOOK, 1256)


@pytest.mark.parametrize("text", ["", " ", "a", "a a", "\n"])
def test_text_with_little_to_merge_ends_early(text: str) -> None:
    training = train_bpe(text, 1000)
    assert len(training.merges) == (1 if text == "a a" else 0)
    assert len(training.trace) == len(training.merges)
    assert words_at(training, 0).keys() == training.words.keys()
    assert not train_bpe("", 256).words


def test_one_long_word_costs_what_its_pairs_cost() -> None:
    """A text without spaces is one word; a trainer that rescans changed words would need minutes."""
    letters = "".join(random.Random(0).choices("abcdefgh", k=50_000))
    training = train_bpe(letters, 1256)
    assert len(training.words) == 1
    assert len(training.merges) == 1000


def test_several_texts_are_counted_together() -> None:
    assert train_bpe(["ab", " ab"], 300).merges == train_bpe("ab ab", 300).merges
    assert count_words(["a b", " b"]) == {b"a": 1, b" b": 2}


def test_halves_of_surrogate_pairs_are_counted_as_they_are_encoded() -> None:
    assert count_words("\ud83d\ude00") == {"😀".encode(): 1}
    assert count_words("a\ud83d") == {b"a": 1, "\ufffd".encode(): 1}


def test_the_trace_can_be_left_out() -> None:
    training = train_bpe(A_BOOK, 300, keep_trace=False)
    assert training.trace == []
    assert training.gaps == {}
    assert training.merges == train_bpe(A_BOOK, 300).merges
    with pytest.raises(InputError, match="keep_trace=True"):
        words_at(training, 1)


@pytest.mark.parametrize("step", [-1, 2])
def test_a_step_outside_of_the_training(step: int) -> None:
    with pytest.raises(InputError, match="1 merges"):
        words_at(train_bpe("ab", 300), step)


def test_bad_settings() -> None:
    with pytest.raises(InputError, match="at least 256"):
        train_bpe("text", 255)
    with pytest.raises(InputError, match="not a regular expression"):
        train_bpe("text", 300, pattern="(")


@pytest.mark.parametrize("name", ["own.tiktoken", "own.tiktoken.gz"])
@pytest.mark.parametrize("text", ["", "ab ab abc", "ไทย 😀"])
def test_ranks_survive_the_disk(tmp_path: Path, name: str, text: str) -> None:
    ranks = train_bpe(text, 300).ranks
    save_ranks(ranks, tmp_path / name)
    assert load_ranks(tmp_path / name) == ranks
    first = (tmp_path / name).read_bytes()
    save_ranks(dict(reversed(ranks.items())), tmp_path / name)
    assert (tmp_path / name).read_bytes() == first


def test_damaged_files(tmp_path: Path) -> None:
    path = tmp_path / "own.tiktoken.gz"
    with pytest.raises(WeightsError, match="holds no tokenizer ranks"):
        load_ranks(path)
    save_ranks(train_bpe("ab ab abc", 300).ranks, path)
    whole = path.read_bytes()
    flipped = bytearray(whole)
    flipped[40] ^= 0xFF
    lines = gzip.decompress(whole).splitlines(keepends=True)
    for bad in (
        whole[:-20],
        bytes(flipped),
        b"hello",
        b"!!! 1\n",
        b"AA== one\n",
        b"",
        b"".join(lines[1:]),
        b"".join(lines[:-2] + lines[-1:]),
    ):
        path.write_bytes(bad)
        with pytest.raises(WeightsError, match="own.tiktoken.gz"):
            load_ranks(path)


@pytest.mark.parametrize(
    "module",
    [engine.tokenizers.bpe, engine.tokenizers.replay, engine.tokenizers.words],
    ids=lambda m: m.__name__,
)
def test_examples_in_docstrings(module: object) -> None:
    assert doctest.testmod(module).attempted > 0
    assert doctest.testmod(module).failed == 0
