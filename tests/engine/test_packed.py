"""Packed weights give the plain model's scores, in every order, and never those of an older model."""

from __future__ import annotations

import gc
import weakref

import pytest
import torch
from torch import nn

from engine import packed as module
from engine.config import GPTConfig
from engine.errors import InputError
from engine.model import GPTModel
from engine.packed import AS_IS, BF16, SPLIT, KVCache, PackedGPT, packed

SIZES = {
    "biases and a tied head": GPTConfig(60, 16, 48, 4, 2, 0.1, qkv_bias=True, tie_weights=True),
    "neither": GPTConfig(60, 16, 48, 4, 2, 0.1),
    "one of everything": GPTConfig(1, 1, 1, 1, 1, 0.0),
    "one head, a vocabulary below the width": GPTConfig(7, 16, 32, 1, 3, 0.0),
}


def make(cfg: GPTConfig = SIZES["neither"]) -> GPTModel:
    torch.manual_seed(0)
    return GPTModel(cfg).eval()


@pytest.mark.parametrize("cfg", SIZES.values(), ids=SIZES)
@pytest.mark.parametrize(("order", "threads"), [(AS_IS, 1), (SPLIT, 1), (SPLIT, 2), (SPLIT, 7)])
def test_scores_equal_the_plain_models(
    cfg: GPTConfig, order: str, threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The whole text at once, then one token at a time, up to a full context; seven parts divide no matrix here."""
    monkeypatch.setattr(torch, "get_num_threads", lambda: threads)
    model = make(cfg)
    ids = torch.randint(cfg.vocab_size, (3, cfg.context_length), generator=torch.Generator().manual_seed(1))
    fast, cache = PackedGPT(model, order), KVCache(model, 3, cfg.context_length)
    start = max(1, cfg.context_length // 2)
    found = [fast.next_logits(ids[:, :start], cache)]
    found += [fast.next_logits(ids[:, i : i + 1], cache) for i in range(start, cfg.context_length)]
    assert cache.length == cfg.context_length
    expected = model(ids)[:, start - 1 :]
    assert torch.allclose(torch.stack(found, dim=1), expected, atol=1e-5)


def test_several_new_tokens_behind_cached_ones_do_not_see_each_others_future() -> None:
    model, ids = make(), torch.randint(60, (2, 10), generator=torch.Generator().manual_seed(1))
    fast, cache = PackedGPT(model, AS_IS), KVCache(model, 2, 16)
    found = [fast.next_logits(part, cache) for part in ids.split([4, 5, 1], dim=1)]
    assert torch.allclose(torch.stack(found, dim=1), model(ids)[:, [3, 8, 9]], atol=1e-5)


def test_bf16_is_near() -> None:
    """Eight bits of a number are right to 1 in 256; scores here are below 2."""
    model, ids = make(), torch.randint(60, (1, 10), generator=torch.Generator().manual_seed(1))
    expected = model(ids)
    fast, cache = PackedGPT(model, BF16), KVCache(model, 1, 16)
    found = [fast.next_logits(ids[:, :6], cache)]
    found += [fast.next_logits(ids[:, i : i + 1], cache) for i in range(6, 10)]
    assert torch.allclose(torch.stack(found, dim=1), expected[:, 5:], atol=0.03)
    assert not torch.equal(found[-1], expected[:, -1])


def test_bf16_needs_the_hardware(monkeypatch: pytest.MonkeyPatch) -> None:
    model = make()
    monkeypatch.setattr(module, "supports_bf16", lambda device: False)
    with pytest.raises(InputError, match="no arithmetic in bfloat16"):
        packed(model, "bf16")
    monkeypatch.setattr(module, "supports_bf16", lambda device: True)
    assert packed(model, "bf16") is packed(model, "bf16")
    assert packed(model) is not packed(model, "bf16")


def test_text_beyond_the_cache_or_empty_is_refused() -> None:
    model = make()
    cache = KVCache(model, 1, 4)
    with pytest.raises(InputError, match="5 tokens and the model can look at 4"):
        PackedGPT(model, AS_IS).next_logits(torch.zeros((1, 5), dtype=torch.long), cache)
    with pytest.raises(InputError, match="no token to start from"):
        PackedGPT(model, AS_IS).next_logits(torch.zeros((1, 0), dtype=torch.long), cache)


def scores(model: GPTModel) -> torch.Tensor:
    return packed(model).next_logits(torch.tensor([[1, 2, 3]]), KVCache(model, 1, 4))


def _replace_head(model: GPTModel) -> None:
    model.out_head = nn.Linear(48, 60, bias=False)


def _swap_two_rows(model: GPTModel) -> None:
    """The sum stays; only the version tells."""
    with torch.no_grad():
        model.out_head.weight[[0, 1]] = model.out_head.weight[[1, 0]]


CHANGES = {
    "in place": lambda m: m.out_head.weight.requires_grad_(False).mul_(2),
    "through .data": lambda m: m.blocks[1].att.W_value.weight.data[3].zero_(),
    "rows swapped": _swap_two_rows,
    "another tensor": lambda m: setattr(m.tok_emb.weight, "data", torch.randn(60, 48)),
    "another layer": _replace_head,
    "loaded": lambda m: m.load_state_dict(GPTModel(SIZES["neither"]).state_dict()),
    "a step of an optimizer": lambda m: _step(m),
}


def _step(model: GPTModel) -> None:
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.1, fused=True)
    model(torch.tensor([[1, 2, 3]])).logsumexp(-1).mean().backward()
    optimizer.step()
    optimizer.zero_grad()


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_changed_model_never_writes_with_its_old_weights(change: object) -> None:
    model = make()
    before = scores(model)
    change(model)  # type: ignore[operator]
    expected = model(torch.tensor([[1, 2, 3]]))[:, -1]
    assert not torch.allclose(before, expected, atol=1e-3)
    assert torch.allclose(scores(model), expected, atol=1e-5)


def test_the_copy_is_kept_while_nothing_changes() -> None:
    model = make()
    assert packed(model) is packed(model)


def test_the_copy_goes_with_its_model() -> None:
    model = make()
    copy = weakref.ref(packed(model))
    assert copy() is not None
    del model
    gc.collect()
    assert copy() is None


def test_nothing_is_copied_in_training_or_when_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    model = make()
    assert packed(model) is packed(model)
    model.out_head.weight.grad = torch.zeros_like(model.out_head.weight)
    assert packed(model) is not packed(model)
    model.out_head.weight.grad = None
    monkeypatch.setattr(module, "LARGEST_COPY", 1000)
    assert packed(model) is not packed(model)


def test_layers_of_another_kind_are_called() -> None:
    """A layer that is not nn.Linear, as LoRA puts in its place, keeps its own arithmetic."""

    class Doubled(nn.Linear):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return 2 * super().forward(x)

    model = make()
    model.blocks[0].att.W_query = Doubled(48, 48)
    ids = torch.tensor([[1, 2, 3]])
    for order in (SPLIT, BF16):
        found = PackedGPT(model, order).next_logits(ids, KVCache(model, 1, 4))
        assert torch.allclose(found, model(ids)[:, -1], atol=0.03 if order == BF16 else 1e-5)


def test_other_precisions_are_refused() -> None:
    with pytest.raises(InputError, match="no precision 'int8'; choose fp32 or bf16"):
        packed(make(), "int8")


@pytest.mark.gpu
def test_a_gpu_gives_the_same_scores() -> None:
    model = make()
    expected = scores(model)
    model.to("cuda")
    ids = torch.tensor([[1, 2, 3]], device="cuda")
    for precision, tolerance in (("fp32", 1e-4), ("bf16", 0.03)):
        found = packed(model, precision).next_logits(ids, KVCache(model, 1, 4))
        assert torch.allclose(found.cpu(), expected, atol=tolerance)
