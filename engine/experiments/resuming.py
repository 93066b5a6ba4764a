"""Training stopped and gone on with: with everything saved, without the optimizer's memory, with weights alone.

Source: Loshchilov and Hutter 2019, "Decoupled Weight Decay Regularization"; the notes' section 5.4.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
import torch.nn.functional as F

from engine.analysis.saving import seed_dropout_
from engine.config import GPTConfig
from engine.errors import check_bounds
from engine.experiments.norm_placement import shipped_text
from engine.model import GPTModel, gpt2_init_

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

STEPS = 60
BOUNDS = {"saved_at": (5, STEPS - 10), "learning_rate": (1e-4, 0.03), "seed": (0, 99_999)}
WINDOW, BATCH, WIDTH, HEADS, LAYERS, DROP_RATE = 16, 8, 32, 2, 2, 0.1
HELD_OUT = 16  # windows at the end of the text that are never trained on


@dataclass(frozen=True)
class ResumeSettings:
    """What the reader sets.

    saved_at       steps done when everything is saved
    learning_rate  of AdamW
    seed           of the first weights, the batches and dropout
    """

    saved_at: int = 30
    learning_rate: float = 0.01
    seed: int = 1

    def __post_init__(self) -> None:
        check_bounds(self, BOUNDS)


@dataclass(frozen=True)
class Resumed:
    """Four curves and what was saved.

    whole                   (STEPS + 1,) loss on held-out text after 0, 1, ... steps, never stopped, nats a character
    exact                   (STEPS + 1 - saved_at,) the same from the save on: weights, optimizer, random numbers
    new_optimizer           weights and random numbers, but an AdamW that remembers nothing
    weights_only            nothing but the weights: batches and dropout start again from the seed
    weight_bytes            of the saved weights' file; likewise optimizer_bytes, random_bytes
    parameters              numbers that are trained
    memories                numbers AdamW keeps for them: two each
    optimizer_step          its count of steps
    first_memory            the first weight, and AdamW's two running means for it
    """

    whole: Floats
    exact: Floats
    new_optimizer: Floats
    weights_only: Floats
    weight_bytes: int
    optimizer_bytes: int
    random_bytes: int
    parameters: int
    memories: int
    optimizer_step: int
    first_memory: tuple[float, float, float]


class _Training:
    """A tiny GPT with its optimizer and its one source of random numbers."""

    def __init__(self, settings: ResumeSettings) -> None:
        ids, vocab_size = shipped_text()
        self.random = torch.Generator().manual_seed(settings.seed)
        self.model = GPTModel(GPTConfig(vocab_size, WINDOW, WIDTH, HEADS, LAYERS, drop_rate=DROP_RATE))
        gpt2_init_(self.model, self.random)
        seed_dropout_(self.model, DROP_RATE, self.random)
        self.optimizer = torch.optim.AdamW(self.model.parameters(), lr=settings.learning_rate)
        cut = len(ids) - HELD_OUT * (WINDOW + 1)
        self.ids, self.held_out = ids[:cut], ids[cut:].view(HELD_OUT, WINDOW + 1)

    def loss(self, batch: torch.Tensor) -> torch.Tensor:
        return F.cross_entropy(self.model(batch[:, :-1]).flatten(0, 1), batch[:, 1:].flatten())

    @torch.no_grad()
    def measured(self) -> float:
        self.model.eval()
        return self.loss(self.held_out).item()

    def run(self, steps: int) -> list[float]:
        """Train and measure after every step."""
        curve = []
        for _ in range(steps):
            self.model.train()
            starts = torch.randint(len(self.ids) - WINDOW, (BATCH,), generator=self.random)
            loss = self.loss(self.ids[starts[:, None] + torch.arange(WINDOW + 1)])
            self.optimizer.zero_grad()
            loss.backward()
            self.optimizer.step()
            curve.append(self.measured())
        return curve


def resume(settings: ResumeSettings) -> Resumed:
    """Train once without a stop, saving on the way; then go on from the save in three ways."""
    run = _Training(settings)
    whole = [run.measured(), *run.run(settings.saved_at)]
    files = [_file(run.model.state_dict()), _file(run.optimizer.state_dict()), _file(run.random.get_state())]
    left = STEPS - settings.saved_at
    whole += run.run(left)

    def gone_on(optimizer: bool, random: bool) -> Floats:
        fresh = _Training(settings)
        fresh.model.load_state_dict(_load(files[0]))
        if optimizer:
            fresh.optimizer.load_state_dict(_load(files[1]))
        fresh.random.manual_seed(settings.seed)
        if random:
            fresh.random.set_state(_load(files[2]))
        return np.array([fresh.measured(), *fresh.run(left)])

    saved = _load(files[1])["state"]
    first = _load(files[0])["tok_emb.weight"][0, 0].item()
    return Resumed(
        np.array(whole),
        gone_on(optimizer=True, random=True),
        gone_on(optimizer=False, random=True),
        gone_on(optimizer=False, random=False),
        weight_bytes=len(files[0]),
        optimizer_bytes=len(files[1]),
        random_bytes=len(files[2]),
        parameters=sum(p.numel() for p in run.model.parameters()),
        memories=sum(one["exp_avg"].numel() + one["exp_avg_sq"].numel() for one in saved.values()),
        optimizer_step=int(saved[0]["step"]),
        first_memory=(first, saved[0]["exp_avg"][0, 0].item(), saved[0]["exp_avg_sq"][0, 0].item()),
    )


def _file(state: Any) -> bytes:
    stream = io.BytesIO()
    torch.save(state, stream)
    return stream.getvalue()


def _load(file: bytes) -> Any:
    return torch.load(io.BytesIO(file), weights_only=True)
