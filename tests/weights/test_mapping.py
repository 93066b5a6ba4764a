"""Filling a model is all or nothing, and GPT-2's names and shapes are translated exactly."""

from __future__ import annotations

import pytest
import torch

from engine.config import GPTConfig
from engine.errors import WeightsError
from engine.model import GPTModel
from engine.weights.mapping import fill, sources, translate

CFG = GPTConfig(11, 7, 8, 2, 2, 0.0, qkv_bias=True, tie_weights=True)


def model(**changes: object) -> GPTModel:
    torch.manual_seed(1)
    return GPTModel({**CFG.to_dict(), **changes}).eval()


def own(gpt: GPTModel) -> dict[str, torch.Tensor]:
    return {name: p.detach().clone() for name, p in gpt.named_parameters()}


def assert_unchanged(gpt: GPTModel, before: dict[str, torch.Tensor]) -> None:
    for name, p in gpt.named_parameters():
        assert torch.equal(p, before[name]), name


def test_fill_puts_every_weight_in_place() -> None:
    torch.manual_seed(2)
    source = GPTModel(CFG)
    target = model()
    assert fill(target, own(source)) is target
    assert_unchanged(target, own(source))
    assert target.out_head.weight is target.tok_emb.weight
    halves = {name: tensor.half() for name, tensor in own(source).items()}
    fill(target, halves)
    assert all(p.dtype == torch.float32 for p in target.parameters())


def test_a_tied_heads_second_name_is_allowed() -> None:
    target = model()
    weights = own(model())
    fill(target, weights | {"out_head.weight": weights["tok_emb.weight"]})
    with pytest.raises(WeightsError, match="an out_head.weight of their own and its head is the embedding"):
        fill(target, {n: w + 1 for n, w in weights.items()} | {"out_head.weight": weights["tok_emb.weight"]})
    assert_unchanged(target, weights)


@pytest.mark.parametrize("name", [name for name, _ in model().named_parameters()])
def test_one_missing_weight_leaves_the_model_as_it_was(name: str) -> None:
    target = model()
    before = own(target)
    weights = {n: w + 1 for n, w in before.items() if n != name}
    with pytest.raises(WeightsError, match=f"'{name}' is missing; use the configuration they were made with"):
        fill(target, weights)
    assert_unchanged(target, before)


@pytest.mark.parametrize("name", [name for name, _ in model().named_parameters()])
def test_one_weight_of_another_shape_leaves_the_model_as_it_was(name: str) -> None:
    target = model()
    before = own(target)
    weights = {n: w + 1 for n, w in before.items()}
    weights[name] = torch.cat([weights[name], weights[name][:1]])
    with pytest.raises(WeightsError, match=f"{name} is .* and should be"):
        fill(target, weights)
    assert_unchanged(target, before)


def test_a_weight_too_many_leaves_the_model_as_it_was() -> None:
    target = model()
    before = own(target)
    with pytest.raises(WeightsError, match="'lora.weight' has no place in it"):
        fill(target, {n: w + 1 for n, w in before.items()} | {"lora.weight": torch.ones(1)})
    assert_unchanged(target, before)


def as_hugging_face(gpt: GPTModel, prefix: str = "transformer.") -> dict[str, torch.Tensor]:
    """The model's weights under GPT-2's names, in GPT-2's orientation, made without the code under test."""
    state = {"wte.weight": gpt.tok_emb.weight, "wpe.weight": gpt.pos_emb.weight}
    state |= {"ln_f.weight": gpt.final_norm.scale, "ln_f.bias": gpt.final_norm.shift}
    for i, block in enumerate(gpt.trf_blocks):
        att, h = block.att, f"h.{i}."
        three = (att.W_query, att.W_key, att.W_value)
        state |= {h + "attn.c_attn.weight": torch.cat([layer.weight.T for layer in three], dim=1)}
        state |= {h + "attn.c_attn.bias": torch.cat([layer.bias for layer in three])}
        linear = {"attn.c_proj": att.out_proj, "mlp.c_fc": block.ff.layers[0], "mlp.c_proj": block.ff.layers[2]}
        for name, layer in linear.items():
            state |= {f"{h}{name}.weight": layer.weight.T, f"{h}{name}.bias": layer.bias}
        for name, norm in (("ln_1", block.norm1), ("ln_2", block.norm2)):
            state |= {f"{h}{name}.weight": norm.scale, f"{h}{name}.bias": norm.shift}
        state |= {h + "attn.bias": torch.ones(1, 1, 7, 7)}  # their mask, which is no weight
    return {prefix + name: tensor.detach().contiguous() for name, tensor in state.items()}


@pytest.mark.parametrize("prefix", ["transformer.", ""])
def test_translation_is_exact(prefix: str) -> None:
    torch.manual_seed(3)
    source = GPTModel(CFG)
    for p in source.parameters():
        torch.nn.init.normal_(p)
    target = fill(model(), translate(as_hugging_face(source, prefix), CFG))
    assert_unchanged(target, own(source))


def test_an_untied_head_is_taken_when_there_is_one() -> None:
    cfg = GPTConfig(**{**CFG.to_dict(), "tie_weights": False})
    source = model(tie_weights=False)
    state = as_hugging_face(source)
    assert torch.equal(translate(state, cfg)["out_head.weight"], source.tok_emb.weight)
    state["lm_head.weight"] = source.out_head.weight.detach()
    assert torch.equal(translate(state, cfg)["out_head.weight"], source.out_head.weight)


@pytest.mark.parametrize("name", ["wte.weight", "h.1.ln_2.bias", "h.0.attn.c_attn.weight", "h.1.attn.c_attn.bias"])
def test_a_missing_tensor_is_named(name: str) -> None:
    state = as_hugging_face(model())
    del state[f"transformer.{name}"]
    with pytest.raises(WeightsError, match=f"no '{name}'; this is no GPT-2 of 2 layers"):
        translate(state, CFG)


@pytest.mark.parametrize("shape", [(8, 23), (8, 1), (8, 48), ()])
def test_query_key_and_value_of_another_width(shape: tuple[int, ...]) -> None:
    state = as_hugging_face(model())
    state["transformer.h.0.attn.c_attn.weight"] = torch.zeros(shape)
    with pytest.raises(WeightsError, match="c_attn.weight is .* its last size should be 24"):
        translate(state, CFG)


def test_every_parameter_has_a_source() -> None:
    assert set(sources(CFG)) == {name for name, _ in model().named_parameters()}
