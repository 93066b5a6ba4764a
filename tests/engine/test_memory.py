"""The formulas for memory, by hand; tests/analysis/test_measured_memory.py holds them to PyTorch."""

from __future__ import annotations

import pytest

from engine.config import GPT_CONFIG_124M, GPTConfig, as_config
from engine.errors import InputError
from engine.memory import (
    activation_bytes,
    adamw_bytes,
    gradient_bytes,
    kv_cache_bytes,
    mask_bytes,
    training_memory,
    weight_bytes,
    writing_memory,
)

NOTES = as_config(GPT_CONFIG_124M)
TINY = GPTConfig(vocab_size=10, context_length=4, emb_dim=2, n_heads=1, n_layers=1, drop_rate=0.0)


def test_four_bytes_for_each_of_163_million_parameters():
    assert weight_bytes(NOTES) == gradient_bytes(NOTES) == 4 * 163_009_536
    assert adamw_bytes(NOTES) == 8 * 163_009_536
    assert weight_bytes(NOTES, "bf16") == 2 * 163_009_536
    assert weight_bytes(NOTES, "int8") == 163_009_536


def test_a_cache_by_hand():
    # 12 blocks, keys and values, 1,024 tokens of 768 numbers, 4 bytes each: 75.5 MB.
    assert kv_cache_bytes(NOTES, 1, 1024) == 12 * 2 * 1024 * 768 * 4
    assert mask_bytes(NOTES) == 12 * 1024 * 1024 * 4


def test_activations_by_hand():
    # 2 texts of 3 tokens: BTD is 12, BHTT 18, BT 6, BTV 60.
    block, ends = 32 * 12 + 18 + 2 * 6, 4 * 12 + 6 + 60
    assert activation_bytes(TINY, 2, 3) == 4 * (block + ends) + 4 * 4 + 8 * (12 + 3)
    block, ends = 16 * 12 + 6 + 4 * 6, 2 * 12 + 2 * 6 + 10 * 2
    assert activation_bytes(TINY, 2, 3, "bf16", fused=True) == 2 * (block + ends) + 8 * 6


def test_totals_have_every_kind():
    assert list(training_memory(TINY, 1, 1)) == ["weights", "masks", "gradients", "optimizer", "activations"]
    assert list(writing_memory(TINY, 1, 1, "int8")) == ["weights", "masks", "kv_cache"]


@pytest.mark.parametrize("what", [gradient_bytes, adamw_bytes])
def test_training_in_int8_gets_a_sentence(what):
    with pytest.raises(InputError, match="too coarse"):
        what(TINY, "int8")
    with pytest.raises(InputError, match="too coarse"):
        activation_bytes(TINY, 1, 1, "int8")


def test_unknown_precision_gets_a_sentence():
    with pytest.raises(InputError, match="fp32, bf16, int8"):
        weight_bytes(TINY, "fp4")
