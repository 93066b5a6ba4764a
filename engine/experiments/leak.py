"""What a GPT learns when nothing hides the next token: the same tiny model trained without and with its mask.

Source: the notes' section 3.5, "Information leakage".
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F

from engine.config import GPTConfig
from engine.errors import InputError
from engine.model import GPTModel, gpt2_init_
from engine.trace import trace

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor

    Floats = NDArray[np.float32]

WINDOW = 16  # characters that the model sees at once
SMALLEST_TEXT, LARGEST_TEXT = 60, 5_000  # characters
MOST_SIGNS = 120  # different characters
FEWEST_STEPS, MOST_STEPS = 50, 400
BATCH = 16
WRITTEN = 48  # characters


@dataclass(frozen=True)
class LeakSettings:
    """What the two models learn from, and for how long.

    text   60 to 5,000 characters, at most 120 different ones; every character is a token
    steps  of training, 50 to 400
    seed   of the weights and of the windows, the same for both models
    """

    text: str
    steps: int = 250
    seed: int = 2

    def __post_init__(self) -> None:
        if not SMALLEST_TEXT <= len(self.text) <= LARGEST_TEXT:
            raise InputError(
                f"the text has {len(self.text):,} characters; these models learn from {SMALLEST_TEXT} to "
                f"{LARGEST_TEXT:,}."
            )
        if len(set(self.text)) > MOST_SIGNS:
            raise InputError(
                f"the text has {len(set(self.text)):,} different characters; models as small as these learn from "
                f"texts with at most {MOST_SIGNS}, so take a shorter one or another script."
            )
        if not FEWEST_STEPS <= self.steps <= MOST_STEPS:
            raise InputError(f"steps is {self.steps}; give a number from {FEWEST_STEPS} to {MOST_STEPS}.")


@dataclass(frozen=True)
class LeakResult:
    """One of the two models after training; losses are cross-entropy in nats per character.

    losses    (steps,) of each training step
    reading   (WINDOW,) at each place, with the whole window in view, as in training
    writing   (WINDOW,) at each place, with nothing after it in view, as when the model writes
    window    the characters of one window
    weights   (WINDOW, WINDOW) where its places look, rows sum to 1
    written   what the model writes after the text's first characters, always taking the likeliest
    """

    losses: Floats
    reading: Floats
    writing: Floats
    window: str
    weights: Floats
    written: str
    seconds: float


def train_leaky_and_masked(settings: LeakSettings) -> dict[bool, LeakResult]:
    """Train both models on next-character prediction; the key says whether the model had its causal mask."""
    return {masked: _train(settings, masked) for masked in (False, True)}


def _train(settings: LeakSettings, masked: bool) -> LeakResult:
    started = time.perf_counter()
    signs = sorted(set(settings.text))
    number = {sign: n for n, sign in enumerate(signs)}
    ids = torch.tensor([number[sign] for sign in settings.text])
    windows = ids.unfold(0, WINDOW + 1, 1)  # (N, WINDOW + 1) every stretch of the text
    model = tiny_model(len(signs), settings.seed, masked)
    random = torch.Generator().manual_seed(settings.seed)
    optimizer = torch.optim.AdamW(model.parameters(), lr=8e-3)
    losses = torch.empty(settings.steps)
    for step in range(settings.steps):
        batch = windows[torch.randint(len(windows), (BATCH,), generator=random)]
        loss = place_losses(model(batch[:, :-1]), batch[:, 1:]).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses[step] = loss.detach()
    model.eval()
    sample = windows[:: max(1, len(windows) // 128)]
    with torch.no_grad():
        reading = place_losses(model(sample[:, :-1]), sample[:, 1:])
        # The same places again, each as the last thing that is there.
        ends = [model(sample[:, : n + 1])[:, -1:] for n in range(WINDOW)]
        writing = place_losses(torch.cat(ends, dim=1), sample[:, 1:])
    weights = trace(model, windows[0, :-1]).weights[0].mean(0)
    return LeakResult(
        losses.numpy(),
        reading.mean(0).numpy(),
        writing.mean(0).numpy(),
        settings.text[:WINDOW],
        weights.numpy(),
        "".join(signs[n] for n in write(model, ids[: WINDOW // 2].tolist())),
        time.perf_counter() - started,
    )


def tiny_model(vocab_size: int, seed: int, masked: bool) -> GPTModel:
    """A GPT of one block and one head; with masked=False every place sees the whole window."""
    cfg = GPTConfig(vocab_size, context_length=WINDOW, emb_dim=32, n_heads=1, n_layers=1, drop_rate=0.0)
    model = gpt2_init_(GPTModel(cfg), torch.Generator().manual_seed(seed))
    if not masked:
        for block in model.blocks:
            block.att.mask.zero_()
    return model


def place_losses(logits: Tensor, targets: Tensor) -> Tensor:
    """Cross-entropy (B, T) in nats of the logits (B, T, V) at every place."""
    return F.cross_entropy(logits.flatten(0, 1), targets.flatten(), reduction="none").view(targets.shape)


@torch.no_grad()
def write(model: GPTModel, ids: list[int]) -> list[int]:
    """Go on after these IDs, one likeliest character after the other; returns the new ones."""
    out = list(ids)
    for _ in range(WRITTEN):
        out.append(int(model(torch.tensor(out[-WINDOW:])[None])[0, -1].argmax()))
    return out[len(ids) :]
