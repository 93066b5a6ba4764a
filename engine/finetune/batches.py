"""Texts of different lengths in batches that need little padding."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch.nn.utils.rnn import pad_sequence
from torch.utils.data import Sampler

from engine.finetune.recipe import READ_AT_ONCE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from torch import Tensor


@dataclass(frozen=True)
class Read:
    """So many of all texts have been read by the part of the model that stays as it is."""

    done: int
    total: int


class LengthBatches(Sampler[list[int]]):
    """Batches of texts of similar length in random order: little padding, every text once an epoch."""

    def __init__(self, lengths: Sequence[int], batch_size: int, generator: torch.Generator) -> None:
        self.lengths, self.batch_size, self.generator = lengths, batch_size, generator

    def __len__(self) -> int:
        return -(-len(self.lengths) // self.batch_size)

    def __iter__(self) -> Iterator[list[int]]:
        numbers = torch.randperm(len(self.lengths), generator=self.generator).tolist()
        pool = 8 * self.batch_size  # sorted only within a pool, so that batches differ from epoch to epoch
        batches: list[list[int]] = []
        for start in range(0, len(numbers), pool):
            near = sorted(numbers[start : start + pool], key=self.lengths.__getitem__)
            batches += [near[i : i + self.batch_size] for i in range(0, len(near), self.batch_size)]
        for i in torch.randperm(len(batches), generator=self.generator).tolist():
            yield batches[i]


def by_length(lengths: Sequence[int]) -> Iterator[list[int]]:
    """The places of all texts in batches of similar length, the longest first: later ones fit where those were."""
    order = sorted(range(len(lengths)), key=lengths.__getitem__, reverse=True)
    for start in range(0, len(order), READ_AT_ONCE):
        yield order[start : start + READ_AT_ONCE]


def stack(kept: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
    """What was kept of several texts as one tensor, filled up with zeros; and the lengths (B,)."""
    lengths = torch.tensor([len(one) for one in kept], device=kept[0].device)
    return pad_sequence(list(kept), batch_first=True), lengths
