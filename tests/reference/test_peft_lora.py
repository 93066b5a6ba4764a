"""Our LoRA against peft's: the same model with the same thin matrices gives the same outputs and gradients."""

from __future__ import annotations

import copy

import torch

from engine.config import GPTConfig
from engine.fast import fast_forward, fast_loss
from engine.finetune.lora import LoRALinear, add_lora, merge_lora
from engine.model import GPTModel, gpt2_init_

RANK, ALPHA = 3, 7.0


def test_outputs_gradients_and_merged_weights_are_those_of_peft() -> None:
    from peft import LoraConfig, get_peft_model

    cfg = GPTConfig(vocab_size=61, context_length=12, emb_dim=16, n_heads=4, n_layers=2, drop_rate=0.0, qkv_bias=True)
    ours = gpt2_init_(GPTModel(cfg), torch.Generator().manual_seed(1))
    targets = ["W_query", "W_value", "layers.0"]
    config = LoraConfig(r=RANK, lora_alpha=ALPHA, target_modules=targets, lora_dropout=0.0)
    theirs = get_peft_model(copy.deepcopy(ours), config)  # type: ignore[arg-type]
    add_lora(ours, RANK, ALPHA, torch.Generator().manual_seed(2), targets)

    draw = torch.Generator().manual_seed(3)
    with torch.no_grad():
        for name, layer in ours.named_modules():
            if isinstance(layer, LoRALinear):
                layer.B.normal_(0, 0.3, generator=draw)
                twin = theirs.get_submodule(f"base_model.model.{name}")
                twin.lora_A["default"].weight.copy_(layer.A)
                twin.lora_B["default"].weight.copy_(layer.B)

    ids = torch.randint(0, cfg.vocab_size, (3, 12), generator=draw)
    expected = theirs(ids)
    torch.testing.assert_close(ours(ids), expected)
    torch.testing.assert_close(fast_forward(ours, ids), expected)

    targets_of = ids.roll(-1, 1)
    torch.nn.functional.cross_entropy(theirs(ids).flatten(0, 1), targets_of.flatten()).backward()
    fast_loss(ours, ids, targets_of).backward()
    gradients = [p.grad for p in theirs.parameters() if p.requires_grad]
    learning = [p for p in ours.parameters() if p.requires_grad]
    assert len(gradients) == len(learning) == 2 * 3 * cfg.n_layers
    for mine, other in zip(learning, gradients, strict=True):
        torch.testing.assert_close(mine.grad, other)

    merge_lora(ours)
    merged = theirs.merge_and_unload()
    torch.testing.assert_close(ours.state_dict(), merged.state_dict())
