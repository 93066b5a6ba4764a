"""The tokenizers that ship: GPT-2's and the pocket model's, as tiktoken encodings that need no network."""

from __future__ import annotations

import codecs
from functools import cache
from pathlib import Path

import tiktoken

from engine.errors import InputError
from engine.tokenizers.bpe import GPT2_PATTERN, load_ranks

TOKENIZER_DIR = Path(__file__).resolve().parents[2] / "data" / "tokenizers"
TOKENIZERS = ("pocket", "gpt2")
END_OF_TEXT = "<|endoftext|>"


@cache
def load_tokenizer(name: str) -> tiktoken.Encoding:
    """The encoding with this name: gpt2 (50,257 tokens) or pocket (8,192 tokens).

    Raises InputError for another name, WeightsError when its file is damaged.
    """
    if name not in TOKENIZERS:
        raise InputError(f"there is no tokenizer {name!r}; choose one of {', '.join(TOKENIZERS)}.")
    ranks = load_ranks(TOKENIZER_DIR / f"{name}.tiktoken.gz")
    return tiktoken.Encoding(
        name, pat_str=GPT2_PATTERN, mergeable_ranks=ranks, special_tokens={END_OF_TEXT: len(ranks)}
    )


def encode_text(tokenizer: tiktoken.Encoding, text: str, allow_special: bool = False) -> list[int]:
    """Token IDs of any text; half surrogates become U+FFFD.

    allow_special  read <|endoftext|> in the text as that one token instead of as ordinary characters
    """
    if allow_special:
        return tokenizer.encode(text, allowed_special="all", disallowed_special=())
    return tokenizer.encode_ordinary(text)


def token_bytes(tokenizer: tiktoken.Encoding, token_id: int) -> bytes:
    """The bytes that a token stands for.

    Raises InputError for an ID that the tokenizer does not have.
    """
    try:
        return tokenizer.decode_single_token_bytes(token_id)
    except KeyError as e:
        raise InputError(f"there is no token {token_id}; IDs go from 0 to {tokenizer.n_vocab - 1:,}.") from e


def token_text(tokenizer: tiktoken.Encoding, token_id: int) -> str:
    """A token as text for people: bytes that are no whole character are shown as <0xE2>."""
    return token_bytes(tokenizer, token_id).decode("utf-8", errors="glassbox_bytes")


def _show_bytes(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeDecodeError)
    return "".join(f"<0x{b:02X}>" for b in error.object[error.start : error.end]), error.end



codecs.register_error("glassbox_bytes", _show_bytes)
