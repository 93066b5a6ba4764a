"""The book's way to take a pretraining step, as the notes' section 5.2 describes it: what ours is measured against."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F

from engine.model import GPTModel

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor


def book_step(cfg: dict[str, object], inputs: Tensor, targets: Tensor) -> Callable[[], float]:
    """A function that takes one step: plain modules, attention written out, AdamW as PyTorch has it by default."""
    torch.manual_seed(123)
    model = GPTModel(cfg).train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=4e-4, weight_decay=0.1)

    def step() -> float:
        optimizer.zero_grad()
        logits = model(inputs)
        loss = F.cross_entropy(logits.flatten(0, 1), targets.flatten())
        loss.backward()
        optimizer.step()
        return loss.item()

    return step
