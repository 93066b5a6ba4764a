"""Windows over a long text: each input is a stretch of tokens, its target the same stretch one token later.

tokens            In the heart of the city
input,  window 0  In the heart of
target, window 0     the heart of the
"""

from __future__ import annotations

from typing import Protocol

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from engine.errors import InputError
from engine.tokenizers.pretrained import load_tokenizer


class Tokenizer(Protocol):
    """What the data sets need of a tokenizer; tiktoken's encodings have it."""

    def encode(self, text: str, *, allowed_special: set[str]) -> list[int]:
        """The token IDs of a text."""
        ...


class GPTDatasetV1(Dataset[tuple[Tensor, Tensor]]):
    """All windows of a text (notes, section 2.6).

    txt         the text
    tokenizer   turns it into token IDs
    max_length  tokens in a window
    stride      tokens from the start of one window to the start of the next

    Raises InputError for a max_length or stride below 1.
    """

    def __init__(self, txt: str, tokenizer: Tokenizer, max_length: int, stride: int) -> None:
        if max_length < 1 or stride < 1:
            raise InputError(f"max_length ({max_length}) and stride ({stride}) must both be at least 1.")
        token_ids = tokenizer.encode(txt, allowed_special={"<|endoftext|>"})
        starts = range(0, len(token_ids) - max_length, stride)
        self.input_ids = [torch.tensor(token_ids[i : i + max_length]) for i in starts]
        self.target_ids = [torch.tensor(token_ids[i + 1 : i + max_length + 1]) for i in starts]

    def __len__(self) -> int:
        return len(self.input_ids)

    def __getitem__(self, idx: int) -> tuple[Tensor, Tensor]:
        return self.input_ids[idx], self.target_ids[idx]


def create_dataloader_v1(
    txt: str,
    batch_size: int = 4,
    max_length: int = 256,
    stride: int = 128,
    shuffle: bool = True,
    drop_last: bool = True,
    num_workers: int = 0,
    *,
    tokenizer: str = "gpt2",
    generator: torch.Generator | None = None,
) -> DataLoader[tuple[Tensor, Tensor]]:
    """Batches of a text's windows, inputs and targets (B, max_length) (notes, section 2.6).

    tokenizer  gpt2 or pocket
    generator  where shuffling draws from; the same seed in it gives the same order

    Raises InputError for a max_length or stride below 1, another tokenizer, or a text too short for one window.
    """
    windows = GPTDatasetV1(txt, load_tokenizer(tokenizer), max_length, stride)
    if not len(windows):
        raise InputError(
            f"the text is too short for one window of {max_length:,} tokens and the token after it; give a longer text "
            "or a smaller max_length."
        )
    return DataLoader(
        windows,
        batch_size=batch_size,
        shuffle=shuffle,
        drop_last=drop_last,
        num_workers=num_workers,
        generator=generator,
    )


class TokenDataset(Dataset[tuple[Tensor, Tensor]]):
    """Windows, side by side, over token IDs that may lie in a file larger than the memory.

    ids             (N,) whole numbers, such as np.load(path, mmap_mode="r") gives
    context_length  tokens in a window

    Raises InputError when there are too few tokens for one window.
    """

    def __init__(self, ids: np.ndarray, context_length: int) -> None:
        if len(ids) <= context_length:
            raise InputError(
                f"the text has {len(ids):,} tokens and one window of {context_length:,} needs at least "
                f"{context_length + 1:,}; give a longer text or a shorter context."
            )
        self.ids = ids
        self.context_length = context_length

    def __len__(self) -> int:
        return (len(self.ids) - 1) // self.context_length

    def __getitem__(self, idx: int) -> tuple[Tensor, Tensor]:
        start = idx * self.context_length
        window = torch.from_numpy(self.ids[start : start + self.context_length + 1].astype(np.int64))
        return window[:-1], window[1:]
