"""The lines of a state_dict worked out by hand; dropout only in train mode, and the model left alone."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from engine.analysis.saving import SeededDropout, losses_by_mode, state_entries, totals
from engine.config import GPTConfig
from engine.errors import InputError
from engine.model import GPTModel

CFG = GPTConfig(10, 4, 6, 2, 1, drop_rate=0.0, tie_weights=True)


def test_lines_by_hand() -> None:
    entries = {e.name: e for e in state_entries(GPTModel(CFG))}
    table = entries["tok_emb.weight"]
    assert (table.shape, table.dtype, table.numbers, table.bytes, table.kind) == (
        (10, 6),
        "float32",
        60,
        240,
        "parameter",
    )
    assert entries["out_head.weight"].tied_to == "tok_emb.weight"
    mask = entries["trf_blocks.0.att.mask"]
    assert (mask.shape, mask.numbers, mask.kind, mask.tied_to) == ((4, 4), 16, "buffer", "")


def test_totals_count_a_storage_once() -> None:
    model = GPTModel(CFG)
    found = totals(state_entries(model))
    assert found.parameters == sum(p.numel() for p in model.parameters())
    assert (found.buffers, found.buffer_bytes) == (16, 64)


def test_dropout_only_in_train_mode() -> None:
    torch.manual_seed(0)
    model = GPTModel(CFG).eval()
    ids = torch.tensor([1, 2, 3, 4])
    train, calm = losses_by_mode(model, ids, 0.3, 5, 1)
    assert len(set(train)) == 5
    assert set(calm) == {nn.functional.cross_entropy(model(ids[None, :-1])[0], ids[1:]).item()}
    assert losses_by_mode(model, ids, 0.3, 5, 1) == (train, calm)
    assert set(losses_by_mode(model, ids, 0.0, 2, 1)[0]) == set(calm)
    assert not model.training
    assert isinstance(model.drop_emb, nn.Dropout)


def test_what_is_kept_is_divided_by_the_share_kept() -> None:
    out = SeededDropout(0.75, torch.Generator().manual_seed(0))(torch.ones(4000))
    assert set(out.tolist()) == {0.0, 4.0}
    assert 0.9 < out.mean().item() < 1.1


def test_one_token_is_refused() -> None:
    with pytest.raises(InputError, match="two tokens"):
        losses_by_mode(GPTModel(CFG), torch.tensor([1]), 0.1, 2, 0)
