"""What PyTorch keeps in one step of training, against the formulas of engine.memory."""

from __future__ import annotations

import pytest

from engine.analysis.measured_memory import measured_memory
from engine.config import GPT2_SIZES, POCKET_CONFIG, GPTConfig
from engine.errors import InputError
from engine.memory import kv_cache_bytes, training_memory

SMALL = GPTConfig(vocab_size=97, context_length=20, emb_dim=24, n_heads=3, n_layers=2, drop_rate=0.0, qkv_bias=True)
SINGLE = {False: 4, True: 0}  # bytes of a single number that no formula counts: the loss


def assert_as_predicted(cfg, batch, length, precision, fused):
    measured = measured_memory(cfg, batch, length, precision, fused)
    expected = training_memory(cfg, batch, length, precision, fused)
    for kind in ("weights", "masks", "gradients", "optimizer"):
        assert measured[kind] == expected[kind], kind
    assert measured["kv_cache"] == kv_cache_bytes(cfg, batch, length, precision)
    return measured["activations"], expected["activations"]


@pytest.mark.parametrize("fused", [False, True])
def test_the_pocket_model_to_the_byte(fused):
    measured, expected = assert_as_predicted(POCKET_CONFIG, 2, 64, "fp32", fused)
    assert measured == expected + SINGLE[fused]


@pytest.mark.parametrize("fused", [False, True])
@pytest.mark.parametrize(("batch", "length"), [(3, 20), (1, 7), (2, 2)])
def test_other_shapes_to_the_byte(batch, length, fused):
    measured, expected = assert_as_predicted(SMALL, batch, length, "fp32", fused)
    assert measured == expected + SINGLE[fused]


@pytest.mark.parametrize("fused", [False, True])
def test_bf16_within_one_percent(fused):
    # Some kernels keep their sums in fp32.
    measured, expected = assert_as_predicted(POCKET_CONFIG, 1, 64, "bf16", fused)
    assert measured == pytest.approx(expected, rel=0.01)


def test_what_is_too_large_is_not_built():
    with pytest.raises(InputError, match="about 26.5 GB"):
        measured_memory(GPT2_SIZES["gpt2-xl (1558M)"], 1, 128)
    with pytest.raises(InputError, match="too coarse"):
        measured_memory(SMALL, 1, 4, "int8")
