"""LoRA by hand-worked numbers, and what it leaves alone. tests/reference compares it with peft."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import torch
from torch import nn

from engine.errors import InputError
from engine.fast import fast_forward, fast_loss
from engine.finetune.lora import LoRALinear, add_lora, merge_lora
from engine.packed import KVCache, packed

if TYPE_CHECKING:
    from engine.model import GPTModel


def test_one_layer_by_hand() -> None:
    """W = 1, b = 1, A = (1 2), B = (3), alpha / rank = 2: for x = (1 1), 1 + 1 + 1 and 2 · 3 · (1 + 2) more."""
    linear = nn.Linear(2, 1)
    nn.init.ones_(linear.weight), nn.init.ones_(linear.bias)
    layer = LoRALinear(linear, rank=1, alpha=2)
    with torch.no_grad():
        layer.A.copy_(torch.tensor([[1.0, 2.0]]))
        layer.B.copy_(torch.tensor([[3.0]]))
    assert layer(torch.ones(1, 2)).item() == 21
    assert layer.weight.tolist() == [[7.0, 13.0]]


def test_it_starts_as_the_model_was_and_only_its_own_matrices_learn(tiny: GPTModel) -> None:
    ids = torch.arange(8).view(1, 8)
    before, frozen = tiny(ids), {name: p.clone() for name, p in tiny.named_parameters()}
    add_lora(tiny, 2, 4, torch.Generator().manual_seed(1))
    assert torch.equal(tiny(ids), before)
    learning = {name: p for name, p in tiny.named_parameters() if p.requires_grad}
    assert {name.rpartition(".")[2] for name in learning} == {"A", "B"}

    optimizer = torch.optim.SGD(learning.values(), lr=1.0)
    for _ in range(2):
        optimizer.zero_grad()
        fast_loss(tiny, ids, ids.roll(-1, 1)).backward()
        optimizer.step()
    after = tiny(ids)
    assert not torch.allclose(after, before, atol=1e-3)
    now = {name.replace(".linear", ""): p for name, p in tiny.named_parameters() if not name.endswith((".A", ".B"))}
    assert all(torch.equal(now[name], p) for name, p in frozen.items())
    torch.testing.assert_close(fast_forward(tiny, ids), after)
    torch.testing.assert_close(packed(tiny).next_logits(ids, KVCache(tiny, 1, 8)), after[:, -1])

    merge_lora(tiny)
    assert not any(isinstance(layer, LoRALinear) for layer in tiny.modules())
    torch.testing.assert_close(tiny(ids), after)
    assert set(tiny.state_dict()) >= set(frozen)


def test_one_seed_gives_one_start(tiny: GPTModel) -> None:
    layer = tiny.blocks[0].att.W_query
    first, second = (LoRALinear(layer, 4, 4, torch.Generator().manual_seed(5)).A for _ in range(2))
    assert torch.equal(first, second)
    assert first.abs().max() <= layer.in_features**-0.5
    assert not LoRALinear(layer, 4, 4).B.any()


@pytest.mark.parametrize(
    ("rank", "alpha", "targets", "sentence"),
    [
        (0, 1, ["W_query"], "at most 32"),
        (33, 1, ["W_query"], "at most 32"),
        (4, 0, ["W_query"], "above 0"),
        (4, 8, ["query"], "no linear layer"),
    ],
)
def test_what_cannot_be_is_said_and_changes_nothing(
    tiny: GPTModel, rank: int, alpha: float, targets: list[str], sentence: str
) -> None:
    with pytest.raises(InputError, match=sentence):
        add_lora(tiny, rank, alpha, targets=targets)
    assert type(tiny.blocks[0].att.W_query) is nn.Linear
    assert tiny.out_head.weight.requires_grad
