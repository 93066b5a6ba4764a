"""From the corpus's books to the pocket model's tokenizer and token files.

The books are those published from 1860 to 1930: the English that the pocket model is to speak. The tokenizer learns
from all of them; training and validation books become two flat files of 16-bit token IDs, one book after another,
each ended by <|endoftext|>.
"""

from __future__ import annotations

import json
import lzma
import random
import re
from typing import TYPE_CHECKING

import numpy as np
import tiktoken

from engine.tokenizers.bpe import GPT2_PATTERN, load_ranks, save_ranks, train_bpe

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

VOCAB_SIZE = 8192
YEARS = range(1860, 1931)
SEED = 20261123


def books(corpus: Path, split: str) -> Iterator[dict[str, str]]:
    """The corpus's books of one split, within YEARS; every line ends in \\n, whatever it ended in before."""
    for path in sorted(corpus.glob("classics-*.jsonl.xz")):
        with lzma.open(path, "rt", encoding="utf-8") as lines:
            for book in map(json.loads, lines):
                year = re.match(r"\d+", str(book["year"]))
                if book["split"] == split and year and int(year.group()) in YEARS:
                    yield book | {"text": "\n".join(book["text"].splitlines())}


def make_tokenizer(corpus: Path, out: Path) -> None:
    """Train the tokenizer on the training books, unless it is there."""
    if not out.exists():
        texts = (book["text"] for book in books(corpus, "train"))
        # One number is left for <|endoftext|>, the last.
        save_ranks(train_bpe(texts, VOCAB_SIZE - 1, keep_trace=False).ranks, out)


def make_tokens(corpus: Path, ranks: Path, folder: Path) -> None:
    """Write train.npy and validation.npy to folder, unless they are there; training books in a shuffled order."""
    folder.mkdir(parents=True, exist_ok=True)
    end = VOCAB_SIZE - 1
    encoding = tiktoken.Encoding(
        "pocket", pat_str=GPT2_PATTERN, mergeable_ranks=load_ranks(ranks), special_tokens={"<|endoftext|>": end}
    )
    for split in ("train", "validation"):
        path = folder / f"{split}.npy"
        if path.exists():
            continue
        texts = [book["text"] for book in books(corpus, split)]
        if split == "train":
            random.Random(SEED).shuffle(texts)
        ids = [np.array([*encoding.encode_ordinary(text), end], dtype=np.uint16) for text in texts]
        np.save(path, np.concatenate(ids))
