"""The tokenizers that ship, GPT-2's and the pocket model's; all encoding goes through tiktoken, offline."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import regex
import tiktoken

from engine.errors import InputError
from engine.tokenizers.bpe import GPT2_PATTERN, load_ranks, replace_surrogates

if TYPE_CHECKING:
    from collections.abc import Iterator

TOKENIZER_DIR = Path(__file__).resolve().parents[2] / "data" / "tokenizers"
TOKENIZERS = ("pocket", "gpt2")
END_OF_TEXT = "<|endoftext|>"

# The branch put in front finds nothing new: it takes white space that ends a text, without backtracking.
PATTERN = r"\s++$|" + GPT2_PATTERN
# On a run of some hundred thousand spaces before a word, tiktoken's regular expression overflows its stack.
_LONG_SPACE = regex.compile(r"\s{10000,}")


@cache
def load_tokenizer(name: str) -> tiktoken.Encoding:
    """The encoding with this name: gpt2 (50,257 tokens) or pocket (8,192 tokens).

    Raises InputError for another name, WeightsError when its file is damaged.
    """
    if name not in TOKENIZERS:
        raise InputError(f"there is no tokenizer {name!r}; choose one of {', '.join(TOKENIZERS)}.")
    return make_tokenizer(name, load_ranks(TOKENIZER_DIR / f"{name}.tiktoken.gz"))


def make_tokenizer(name: str, ranks: dict[bytes, int]) -> tiktoken.Encoding:
    """An encoding over trained ranks; <|endoftext|> gets the number after the last of them."""
    return tiktoken.Encoding(name, pat_str=PATTERN, mergeable_ranks=ranks, special_tokens={END_OF_TEXT: len(ranks)})


def encode_text(tokenizer: tiktoken.Encoding, text: str, allow_special: bool = False) -> list[int]:
    """Token IDs of any text, of any length; half surrogates become U+FFFD.

    allow_special  read <|endoftext|> in the text as that one token instead of as ordinary characters
    """
    ids: list[int] = []
    for i, part in enumerate(text.split(END_OF_TEXT) if allow_special else [text]):
        if i:
            ids.append(tokenizer.eot_token)
        for piece in _cut_at_long_spaces(replace_surrogates(part)):
            ids += tokenizer.encode_ordinary(piece)
    return ids


def _cut_at_long_spaces(text: str) -> Iterator[str]:
    """The text in parts that encode to the same tokens as the whole: cut around very long white space."""
    start = 0
    for run in _LONG_SPACE.finditer(text):
        yield text[start : run.start()]
        # The last space belongs to the word that follows, if one does.
        start = run.end() if run.end() == len(text) else run.end() - 1
        yield text[run.start() : start]
    yield text[start:]


def token_bytes(tokenizer: tiktoken.Encoding, token_id: int) -> bytes:
    """The bytes that a token stands for.

    Raises InputError for an ID that the tokenizer does not have.
    """
    try:
        return tokenizer.decode_single_token_bytes(token_id)
    except (KeyError, OverflowError) as e:
        last = tokenizer.n_vocab - 1
        raise InputError(f"there is no token {token_id}; this tokenizer's IDs go from 0 to {last:,}.") from e


def token_text(tokenizer: tiktoken.Encoding, token_id: int) -> str:
    """A token as text for people: bytes that are no whole character are shown as <0xE2>.

    Raises InputError for an ID that the tokenizer does not have.
    """
    return show_bytes(token_bytes(tokenizer, token_id))


def show_bytes(piece: bytes) -> str:
    """Bytes as text for people: those that are no whole character are shown as <0xE2>."""
    text = piece.decode("utf-8", errors="surrogateescape")
    return re.sub("[\udc80-\udcff]", lambda m: f"<0x{ord(m[0]) - 0xDC00:02X}>", text)
