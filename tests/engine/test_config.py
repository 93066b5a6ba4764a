"""Sizes of models: both ways to give them, their bounds, and how many numbers they mean."""

from __future__ import annotations

import json

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.config import (
    GPT2_SIZES,
    GPT_CONFIG_124M,
    POCKET_CONFIG,
    GPTConfig,
    as_config,
    model_configs,
    parameter_count,
)
from engine.errors import InputError
from engine.model import GPTModel


def test_a_dict_and_a_config_are_the_same() -> None:
    assert as_config(GPT_CONFIG_124M) == GPTConfig()
    assert as_config(GPT_CONFIG_124M).to_dict() == {**GPT_CONFIG_124M, "tie_weights": False}
    cfg = GPTConfig(emb_dim=64, n_heads=4)
    assert as_config(cfg) is cfg
    assert as_config(json.loads(json.dumps(cfg.to_dict()))) == cfg
    assert cfg.head_dim == 16


def test_unknown_setting_is_named_with_those_that_exist() -> None:
    with pytest.raises(InputError, match="unknown setting 'n_head'.*n_heads"):
        as_config({**GPT_CONFIG_124M, "n_head": 12})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("vocab_size", 0),
        ("vocab_size", 1_000_001),
        ("context_length", -1),
        ("context_length", 131_073),
        ("emb_dim", 12.0),
        ("emb_dim", "12"),
        ("n_heads", None),
        ("n_heads", True),
        ("n_layers", 0),
        ("n_layers", float("nan")),
        ("drop_rate", 1.0),
        ("drop_rate", -0.1),
        ("drop_rate", float("nan")),
        ("drop_rate", "0.1"),
    ],
)
def test_a_bad_value_is_named(name: str, value: object) -> None:
    with pytest.raises(InputError, match=rf"^{name} is .*; give a .* from 0?1? ?.*\.$") as caught:
        as_config({**GPT_CONFIG_124M, name: value})
    assert repr(value) in str(caught.value)
    assert isinstance(caught.value, ValueError)


@pytest.mark.parametrize("name", ["qkv_bias", "tie_weights"])
def test_yes_or_no_is_true_or_false(name: str) -> None:
    """The text "false" would count as true."""
    with pytest.raises(InputError, match=f"^{name} is 'false'; give true or false"):
        as_config({**GPT_CONFIG_124M, name: "false"})


def test_heads_must_divide_the_width() -> None:
    with pytest.raises(InputError, match=r"emb_dim \(100\) must be divisible by n_heads \(12\)"):
        GPTConfig(emb_dim=100)


def test_parameters_of_the_books_model() -> None:
    """The book's figures (section 4.6): 163,009,536, and 124,412,160 without the head."""
    assert parameter_count(GPT_CONFIG_124M) == 163_009_536
    assert parameter_count({**GPT_CONFIG_124M, "tie_weights": True}) == 124_412_160


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("gpt2-small (124M)", 124_439_808),
        ("gpt2-medium (355M)", 354_823_168),
        ("gpt2-large (774M)", 774_030_080),
        ("gpt2-xl (1558M)", 1_557_611_200),
    ],
)
def test_parameters_of_the_released_gpt2s(name: str, parameters: int) -> None:
    """The counts that Hugging Face's models report; they give the sizes their names."""
    assert parameter_count(GPT2_SIZES[name]) == parameters
    assert GPT2_SIZES[name].n_layers == model_configs[name]["n_layers"]
    assert f"{round(parameters / 1e6)}M" in name


@settings(max_examples=40)
@given(
    heads=st.integers(1, 3),
    head_dim=st.integers(1, 4),
    layers=st.integers(1, 3),
    vocab=st.integers(1, 20),
    context=st.integers(1, 9),
    bias=st.booleans(),
    tied=st.booleans(),
)
def test_the_formula_counts_what_the_model_has(
    heads: int, head_dim: int, layers: int, vocab: int, context: int, bias: bool, tied: bool
) -> None:
    cfg = GPTConfig(vocab, context, heads * head_dim, heads, layers, 0.0, bias, tied)
    with torch.device("meta"):
        model = GPTModel(cfg)
    assert parameter_count(cfg) == sum(p.numel() for p in model.parameters())


def test_the_pocket_model_is_small() -> None:
    """Half precision: two bytes a parameter, and at most 40 MB."""
    assert 2 * parameter_count(POCKET_CONFIG) <= 40_000_000
