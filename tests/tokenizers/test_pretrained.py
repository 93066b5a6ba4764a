from __future__ import annotations

import hashlib
import inspect
import re
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tiktoken_ext import openai_public

from engine.errors import InputError
from engine.tokenizers.bpe import load_ranks
from engine.tokenizers.pretrained import (
    TOKENIZER_DIR,
    TOKENIZERS,
    encode_text,
    load_tokenizer,
    make_tokenizer,
    token_bytes,
    token_text,
)

if TYPE_CHECKING:
    import tiktoken

AWKWARD = [
    "<|endoftext|>",
    "<|end",
    " ",
    "  ",
    "\n",
    "\t",
    "'s",
    "'LL",
    "\x1c",
    "é",
    "é",
    "👩‍👩‍👧",
    "שלום",
    "ไทย",
    "\ud83d",
    "\ude00",
]
# Every code point, halves of surrogate pairs among them.
any_text = st.lists(st.sampled_from(AWKWARD) | st.text(st.characters(exclude_categories=()))).map("".join)
SUMS = {
    "gpt2": "a6e53843de9df98ff6a6523542cb1e930138e73b8f042e2d0139996b83c4db5a",
    "pocket": "8afe8048c30f0132a7a9f3fe0fb99d5f1493baaf8b1da6662ac0585328a607a2",
}
# What a run of this character is cut around. \x1c is white space to Python's re, and not to tiktoken.
LONG_RUNS = [space * 20_000 for space in (" ", "\n", "\t", " \n", "\u3000", "\x1c")]


@pytest.mark.parametrize("name", TOKENIZERS)
def test_shipped_files_are_the_ones_in_the_readme(name: str) -> None:
    digest = hashlib.sha256((TOKENIZER_DIR / f"{name}.tiktoken.gz").read_bytes()).hexdigest()
    assert digest == SUMS[name]
    assert digest in (TOKENIZER_DIR / "README.md").read_text(encoding="utf-8")


def test_gpt2_ranks_are_the_published_ones(reference: tiktoken.Encoding) -> None:
    """tiktoken has checked the sums of both tables when it made `reference`."""
    ranks = load_ranks(TOKENIZER_DIR / "gpt2.tiktoken.gz")
    assert len(ranks) == 50_256
    assert ranks == {reference.decode_single_token_bytes(i): i for i in range(50_256)}


def test_gpt2_tables_have_the_sums_in_tiktoken(tables: dict[str, bytes]) -> None:
    """The fixture `reference` would not notice a tiktoken that stopped checking."""
    written = set(re.findall(r'_hash="([0-9a-f]{64})"', inspect.getsource(openai_public.gpt2)))
    assert {hashlib.sha256(table).hexdigest() for table in tables.values()} == written


def test_sizes() -> None:
    assert load_tokenizer("gpt2").n_vocab == 50_257
    assert load_tokenizer("pocket").n_vocab == 8_192
    assert load_tokenizer("pocket").eot_token == 8_191


def test_the_example_of_the_notes() -> None:
    text = "Hello, do you like tea? <|endoftext|> In the sunlit terraces of someunknownPlace."
    ids = encode_text(load_tokenizer("gpt2"), text, allow_special=True)
    assert ids == [
        15496,
        11,
        466,
        345,
        588,
        8887,
        30,
        220,
        50256,
        554,
        262,
        4252,
        18250,
        8812,
        2114,
        286,
        617,
        34680,
        27271,
        13,
    ]


@settings(max_examples=60)
@given(any_text)
def test_ids_equal_tiktokens(reference: tiktoken.Encoding, text: str) -> None:
    ours = load_tokenizer("gpt2")
    assert encode_text(ours, text) == reference.encode_ordinary(text)
    allowed = reference.encode(text, allowed_special="all")
    assert encode_text(ours, text, allow_special=True) == allowed


@settings(max_examples=60)
@given(any_text, st.sampled_from(TOKENIZERS), st.booleans())
def test_decoding_gives_the_text_back(text: str, name: str, allow_special: bool) -> None:
    tokenizer = load_tokenizer(name)
    whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    assert tokenizer.decode(encode_text(tokenizer, text, allow_special)) == whole


@pytest.mark.parametrize("run", LONG_RUNS, ids=lambda run: ascii(run[:2]))
def test_text_around_a_long_space_is_cut_without_a_trace(reference: tiktoken.Encoding, run: str) -> None:
    """Runs short enough for tiktoken's stack and long enough to be cut."""
    ours = load_tokenizer("gpt2")
    for text in (run, run + "x", "x" + run, f"a{run}b{run}", f"{run}'s", f"é{run}<|endoftext|>{run}<|end"):
        assert encode_text(ours, text) == reference.encode_ordinary(text)
        allowed = reference.encode(text, allowed_special="all")
        assert encode_text(ours, text, allow_special=True) == allowed


@pytest.mark.parametrize("character", ["a", " ", "\n", "\t", "!", "7", "😀", "ก", "\ud800"], ids=ascii)
def test_a_megabyte_of_one_character(character: str) -> None:
    """In the middle of a text, where spaces alone overflow tiktoken's stack."""
    text = f"x{character * 1_000_000}x"
    tokenizer = load_tokenizer("gpt2")
    started = time.perf_counter()
    ids = encode_text(tokenizer, text)
    assert time.perf_counter() - started < 20  # 0.1 to 2 s alone; a quadratic one would take hours
    assert tokenizer.decode(ids) == text.replace("\ud800", "\ufffd")


def test_special_token_only_where_allowed() -> None:
    tokenizer = load_tokenizer("gpt2")
    assert encode_text(tokenizer, "<|endoftext|>") == [27, 91, 437, 1659, 5239, 91, 29]
    assert encode_text(tokenizer, "<|endoftext|>", allow_special=True) == [50_256]
    assert encode_text(tokenizer, "", allow_special=True) == []


def test_halves_of_a_pair_are_joined() -> None:
    tokenizer = load_tokenizer("gpt2")
    assert encode_text(tokenizer, "\ud83d\ude00") == encode_text(tokenizer, "😀")
    assert tokenizer.decode(encode_text(tokenizer, "a\ud83d")) == "a\ufffd"


def test_tokens_as_bytes_and_as_text() -> None:
    tokenizer = load_tokenizer("gpt2")
    ids = encode_text(tokenizer, " tea😀")
    assert [token_bytes(tokenizer, i) for i in ids] == [b" tea", b"\xf0\x9f\x98", b"\x80"]
    assert [token_text(tokenizer, i) for i in ids] == [" tea", "<0xF0><0x9F><0x98>", "<0x80>"]
    assert token_text(tokenizer, 50_256) == "<|endoftext|>"


@pytest.mark.parametrize("token_id", [-1, 50_257, 2**70])
def test_an_id_that_is_not_there(token_id: int) -> None:
    with pytest.raises(InputError, match="IDs go from 0 to 50,256"):
        token_bytes(load_tokenizer("gpt2"), token_id)


def test_a_name_that_is_not_there() -> None:
    with pytest.raises(InputError, match="choose one of pocket, gpt2"):
        load_tokenizer("../gpt2")


def test_own_ranks() -> None:
    ranks = {bytes([b]): b for b in range(256)} | {b"ab": 256}
    tokenizer = make_tokenizer("own", ranks)
    assert encode_text(tokenizer, "abba<|endoftext|>", allow_special=True) == [256, 98, 97, 257]


def test_loading_needs_no_torch() -> None:
    """The home page counts tokens before any model is loaded."""
    code = "import sys, engine; engine.load_tokenizer('pocket'); print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
