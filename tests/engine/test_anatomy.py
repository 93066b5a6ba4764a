"""The anatomy of a GPT against real models: names and shapes of parameters, shapes of outputs, sums."""

from __future__ import annotations

import pytest
import torch

from engine.anatomy import anatomy, shape_of
from engine.config import GPT2_SIZES, GPT_CONFIG_124M, POCKET_CONFIG, GPTConfig, as_config, parameter_count
from engine.errors import InputError
from engine.model import GPTModel

ODD = GPTConfig(vocab_size=11, context_length=5, emb_dim=6, n_heads=3, n_layers=1, qkv_bias=True)
SIZES = {"notes": as_config(GPT_CONFIG_124M), "pocket": POCKET_CONFIG, "odd": ODD, **GPT2_SIZES}


def weightless(cfg):
    """A real model whose tensors have shapes but no memory."""
    with torch.device("meta"):
        return GPTModel(cfg)


@pytest.mark.parametrize("name", SIZES)
def test_names_and_shapes_are_those_of_a_real_model(name):
    cfg = SIZES[name]
    real = {n: tuple(p.shape) for n, p in weightless(cfg).named_parameters()}
    expected = {}
    for part in anatomy(cfg):
        for prefix in [f"trf_blocks.{i}." for i in range(part.copies)] if part.in_block else [""]:
            expected |= {f"{prefix}{part.name}.{name}": shape for name, shape in part.weights.items()}
    assert expected == real
    assert sum(part.total for part in anatomy(cfg)) == parameter_count(cfg)


def test_the_numbers_of_the_book():
    def total(**more):
        return sum(part.total for part in anatomy({**GPT_CONFIG_124M, **more}))

    assert total() == 163_009_536
    assert total(tie_weights=True) == 124_412_160
    assert total() - total(tie_weights=True) == 50_257 * 768
    assert total(tie_weights=True, qkv_bias=True) == 124_439_808
    # The book's exercise: attention and feed-forward of one block.
    parts = {part.name: part.parameters for part in anatomy(GPT_CONFIG_124M)}
    assert sum(n for name, n in parts.items() if name.startswith("ff.")) == 4_722_432
    assert sum(n for name, n in parts.items() if name.startswith("att.")) == 2_360_064


@pytest.mark.parametrize("name", SIZES)
def test_shapes_are_those_of_the_layers_outputs(name):
    cfg = SIZES[name]
    model, batch, length = weightless(cfg), 2, 3
    seen = {}
    for path, module in model.named_modules():
        if not path.startswith("trf_blocks.") or path.startswith("trf_blocks.0."):
            short = path.removeprefix("trf_blocks.0.")
            module.register_forward_hook(lambda _, __, out, short=short: seen.update({short: tuple(out.shape)}))
    model(torch.zeros(batch, length, dtype=torch.long, device="meta"))
    for part in anatomy(cfg):
        if part.name in seen:
            assert shape_of(part.gives, cfg, batch, length) == seen[part.name], part.name
    layers = {part.name for part in anatomy(cfg) if part.weights}
    assert layers | {"out_head", "ff.layers.1"} <= seen.keys()


def test_what_flows_in_has_flowed_out_of_something():
    given = {"B T", "T", "B H T K"}  # token IDs, positions, and what splitting into heads makes of B T D
    for part in anatomy(ODD):
        assert set(part.takes) <= given, part.name
        given.add(part.gives)


def test_impossible_sizes_get_a_sentence():
    with pytest.raises(InputError, match="divisible"):
        anatomy({"emb_dim": 10, "n_heads": 3})
