"""tiktoken's own GPT-2 encoding as the reference, without a network."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
import tiktoken
import tiktoken.load

from engine.tokenizers.bpe import gpt2_byte_order, load_ranks
from engine.tokenizers.pretrained import TOKENIZER_DIR
from engine.tokenizers.replay import merge_trace

if TYPE_CHECKING:
    from collections.abc import Iterator


def published_tables(ranks: dict[bytes, int]) -> dict[str, bytes]:
    """OpenAI's vocab.bpe and encoder.json, written again from the ranks, byte for byte.

    In both, each byte is a printable character: itself where it is one, else the next from U+0100 on.
    """
    unprintable = (b for b in gpt2_byte_order() if not chr(b).isprintable() or b == ord(" "))
    letter = {b: chr(b) for b in range(256)} | {b: chr(0x100 + i) for i, b in enumerate(unprintable)}

    def written(piece: bytes) -> str:
        return "".join(letter[b] for b in piece)

    in_order = sorted(ranks, key=ranks.__getitem__)
    pairs = (merge_trace(piece, ranks).states[-2] for piece in in_order if len(piece) > 1)
    merges = "\n".join(" ".join(map(written, pair)) for pair in pairs)
    ids = {written(piece): rank for piece, rank in ranks.items()} | {"<|endoftext|>": len(ranks)}
    return {
        "vocab.bpe": f"#version: 0.2\n{merges}\n".encode(),
        "encoder.json": json.dumps(ids).encode(),
    }


@pytest.fixture(scope="session")
def tables() -> dict[str, bytes]:
    """The published tables, from the ranks that ship."""
    return published_tables(load_ranks(TOKENIZER_DIR / "gpt2.tiktoken.gz"))


@pytest.fixture(scope="session")
def reference(tables: dict[str, bytes], tmp_path_factory: pytest.TempPathFactory) -> Iterator[tiktoken.Encoding]:
    """tiktoken.get_encoding("gpt2"), given our tables in place of its download.

    tiktoken compares their sha256 with those of OpenAI's files and raises ValueError where one differs.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TIKTOKEN_CACHE_DIR", str(tmp_path_factory.mktemp("tiktoken")))
        patch.setattr(tiktoken.load, "read_file", lambda url: tables[url.rsplit("/", 1)[-1]])
        yield tiktoken.get_encoding("gpt2")
