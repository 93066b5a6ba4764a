"""Pretraining: next-token prediction over a long text, through the fast path, with checkpoints."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.data import DataLoader, Subset

from engine.datasets.windows import TokenDataset
from engine.decoding import DecodingSettings, stream
from engine.device import supports_bf16
from engine.errors import InputError
from engine.fast import fast_forward, fast_loss
from engine.model import GPTModel
from engine.tokenizers.pretrained import encode_text
from engine.training.loop import LoopSettings, train
from engine.training.optim import Schedule, adamw, muon

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    import numpy as np
    import tiktoken

    from engine.training.events import Event

EVALUATION_WINDOWS = 64


@dataclass(frozen=True)
class PretrainSettings:
    """How to pretrain; periods are in optimizer steps.

    steps             optimizer steps in the whole run
    batch_size        windows in a step
    optimizer         muon (Muon for the blocks' matrices, AdamW for the rest) or adamw
    learning_rate     adamw's rate; muon has its own two
    warmup_steps      steps until the full rate; a tenth of the run if that is shorter
    schedule          how the rate falls to zero after that: linear, cosine, or constant (not at all)
    hold              share of the run at the full rate, before it falls
    eval_every        steps between evaluations on the same few windows
    sample_every      steps between samples
    checkpoint_every  steps between checkpoints
    seed              of the order of the windows
    split             parts that a batch is computed in, for less memory
    """

    steps: int = 1000
    batch_size: int = 16
    optimizer: str = "muon"
    learning_rate: float = 1e-3
    warmup_steps: int = 100
    schedule: str = "linear"
    hold: float = 0.3
    eval_every: int = 100
    sample_every: int = 0
    checkpoint_every: int = 50
    seed: int = 123
    split: int = 1

    def __post_init__(self) -> None:
        if self.steps < 1 or self.batch_size < 1:
            raise InputError("steps and batch_size must both be at least 1.")
        if self.optimizer not in ("muon", "adamw"):
            raise InputError(f"there is no optimizer {self.optimizer!r} here; choose muon or adamw.")
        if not 0 < self.learning_rate < math.inf:
            raise InputError(f"learning_rate is {self.learning_rate}; give a number above 0.")


def pretrain(
    model: GPTModel,
    train_ids: np.ndarray,
    val_ids: np.ndarray,
    settings: PretrainSettings,
    *,
    sample: Callable[[], str] | None = None,
    checkpoint: str | Path | None = None,
    stop: Callable[[], bool] = lambda: False,
) -> Iterator[Event]:
    """Train the model in place on windows of train_ids, in an order set by the seed; yields what happens.

    train_ids, val_ids        (N,) token IDs, in memory or mapped from disk
    sample, checkpoint, stop  as in engine.training.loop.train

    Raises InputError when a text is too short for one window or one batch.
    """
    device = next(model.parameters()).device
    context = model.cfg.context_length
    # On a GPU the whole forward pass becomes a few kernels; on a CPU compiling costs more than it gives.
    loss_of = partial(_compiled_loss, torch.compile(fast_forward)) if device.type == "cuda" else _loss
    batches = partial(DataLoader, batch_size=settings.batch_size)
    if len(val_ids) <= context:
        raise InputError(
            f"the part for validation has {len(val_ids):,} tokens and one window of {context:,} needs at least "
            f"{context + 1:,}; give a longer text or a shorter context."
        )
    train_data, val_data = TokenDataset(train_ids, context), TokenDataset(val_ids, context)
    order = torch.Generator().manual_seed(settings.seed)
    train_some, val_some = batches(_spread(train_data)), batches(_spread(val_data))
    yield from train(
        model,
        batches(train_data, shuffle=True, drop_last=True, generator=order),
        muon(model) if settings.optimizer == "muon" else adamw(model, settings.learning_rate),
        LoopSettings(
            epochs=1_000_000,
            max_steps=settings.steps,
            split=settings.split,
            precision="bf16" if supports_bf16(device) else "fp32",
            eval_every=settings.eval_every,
            sample_every=settings.sample_every,
            checkpoint_every=settings.checkpoint_every,
        ),
        batch_loss=loss_of,
        schedule=Schedule(
            settings.steps,
            min(settings.warmup_steps, settings.steps // 10),
            shape=settings.schedule,
            hold=settings.hold,
        ),
        evaluate=lambda: (_mean_loss(model, train_some, loss_of), _mean_loss(model, val_some, loss_of)),
        sample=sample,
        checkpoint=checkpoint,
        stop=stop,
    )


def split_ids(ids: np.ndarray, validation_share: float = 0.1) -> tuple[np.ndarray, np.ndarray]:
    """The first part of a text for training, its end for validation."""
    cut = int(len(ids) * (1 - validation_share))
    return ids[:cut], ids[cut:]


def continuation(model: GPTModel, encoding: tiktoken.Encoding, prompt: str, tokens: int = 40) -> str:
    """What the model writes after the prompt, likeliest token first; leaves it in training mode."""
    ids = encode_text(encoding, prompt)[-model.cfg.context_length :] or [encoding.eot_token]
    model.eval()
    start = torch.tensor([ids], device=model.tok_emb.weight.device)
    new = [int(step.ids[0]) for step in stream(model, start, DecodingSettings(tokens, temperature=0.0))]
    model.train()
    return prompt + encoding.decode(new)


def _loss(model: nn.Module, inputs: Tensor, targets: Tensor) -> Tensor:
    assert isinstance(model, GPTModel)
    return fast_loss(model, inputs, targets)


def _compiled_loss(
    forward: Callable[[GPTModel, Tensor], Tensor], model: nn.Module, inputs: Tensor, targets: Tensor
) -> Tensor:
    assert isinstance(model, GPTModel)
    return F.cross_entropy(forward(model, inputs).flatten(0, 1), targets.flatten())


@torch.no_grad()
def _mean_loss(model: GPTModel, loader: DataLoader[tuple[Tensor, Tensor]], loss_of: Callable[..., Tensor]) -> float:
    device = next(model.parameters()).device
    model.eval()
    losses = [(loss_of(model, x.to(device), y.to(device)).item(), len(x)) for x, y in loader]
    model.train()
    return sum(loss * n for loss, n in losses) / sum(n for _, n in losses)


def _spread(data: TokenDataset) -> Subset[tuple[Tensor, Tensor]]:
    """The same few windows at every evaluation, spread evenly over the text."""
    return Subset(data, range(0, len(data), max(1, len(data) // EVALUATION_WINDOWS)))
