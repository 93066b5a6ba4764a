"""What a real model keeps in memory during one step of training, counted tensor by tensor."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F

from engine.errors import InputError
from engine.fast import fast_loss
from engine.memory import bytes_text, training_memory
from engine.model import GPTModel
from engine.packed import KVCache

if TYPE_CHECKING:
    from collections.abc import Iterable

    from torch import Tensor

    from engine.config import GPTConfig

LARGEST = 1_500_000_000  # bytes; more is not built just to be counted
DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16}


def check_measurable(cfg: GPTConfig, batch: int, length: int, precision: str = "fp32", fused: bool = False) -> None:
    """Raises InputError when a step would take more than LARGEST, or for int8."""
    expected = sum(training_memory(cfg, batch, length, precision, fused).values())
    if expected > LARGEST:
        raise InputError(
            f"one step of this model takes about {bytes_text(expected)}, and at most {bytes_text(LARGEST)} are "
            "measured here; choose a smaller model, fewer texts or shorter ones."
        )


def measured_memory(
    cfg: GPTConfig, batch: int, length: int, precision: str = "fp32", fused: bool = False
) -> dict[str, int]:
    """Build the model on the CPU, take one step with AdamW, and count the bytes of all that was kept.

    The weights are random, because memory does not depend on their values. Keys as in
    engine.memory.training_memory, and `kv_cache` for the same texts; a tensor that several steps keep counts once.

    Raises InputError as check_measurable.
    """
    check_measurable(cfg, batch, length, precision, fused)
    model = GPTModel(cfg).to(DTYPES[precision])
    optimizer = torch.optim.AdamW(model.parameters())
    kept: dict[int, int] = {}
    own = {p.untyped_storage().data_ptr() for p in model.parameters()}

    def keep(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in own:
            kept[storage.data_ptr()] = storage.nbytes()
        return tensor

    ids, targets = (torch.zeros(batch, length, dtype=torch.long) for _ in range(2))
    with torch.enable_grad(), torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        loss = fast_loss(model, ids, targets) if fused else _plain_loss(model, ids, targets)
    loss.backward()
    optimizer.step()
    return {
        "weights": _nbytes(model.parameters()),
        "masks": _nbytes(model.buffers()),
        "gradients": _nbytes(p.grad for p in model.parameters() if p.grad is not None),
        "optimizer": _nbytes(t for state in optimizer.state.values() for t in state.values() if t.dim()),
        "activations": sum(kept.values()),
        "kv_cache": KVCache(model, batch, length).kept.nbytes,
    }


def _plain_loss(model: GPTModel, ids: Tensor, targets: Tensor) -> Tensor:
    return F.cross_entropy(model(ids).flatten(0, 1), targets.flatten())


def _nbytes(tensors: Iterable[Tensor]) -> int:
    return sum(t.nbytes for t in tensors)
