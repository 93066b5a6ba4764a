"""Batches of similar length: every text once an epoch, in another order, with little padding."""

from __future__ import annotations

import torch

from engine.finetune.batches import LengthBatches


def test_every_message_once_an_epoch_and_near_ones_together() -> None:
    lengths = torch.randint(1, 100, (203,), generator=torch.Generator().manual_seed(0)).tolist()
    batches = LengthBatches(lengths, 8, torch.Generator().manual_seed(0))
    first, second = list(batches), list(batches)
    for epoch in (first, second):
        assert sorted(i for batch in epoch for i in batch) == list(range(203))
        assert len(epoch) == len(batches)
    assert first != second
    padded = sum(len(b) * max(lengths[i] for i in b) for b in first)
    assert padded < 1.25 * sum(lengths)
