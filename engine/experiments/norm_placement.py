"""Norm before or norm after: two small GPTs with equal first weights, trained side by side on the same batches.

Pre-norm is the block of GPT-2: x + f(norm(x)). Post-norm is that of the first transformer: norm(x + f(x)).

Source: Xiong et al. 2020, "On Layer Normalization in the Transformer Architecture".
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engine.config import GPTConfig
from engine.datasets.labelled import load_messages
from engine.errors import check_bounds
from engine.model import GPTModel, TransformerBlock

if TYPE_CHECKING:
    from collections.abc import Iterator

BOUNDS = {"n_layers": (1, 12), "learning_rate": (1e-4, 0.1), "steps": (1, 200), "seed": (0, 99_999)}
WINDOW, BATCH, WIDTH, HEADS = 24, 12, 32, 2
EVERY = 2  # steps from one point of the curves to the next


@dataclass(frozen=True)
class NormSettings:
    """What the reader sets.

    n_layers       blocks of both models
    learning_rate  of Adam
    steps          optimizer steps
    seed           of the first weights and of the batches
    """

    n_layers: int = 6
    learning_rate: float = 3e-3
    steps: int = 80
    seed: int = 1

    def __post_init__(self) -> None:
        check_bounds(self, BOUNDS)


@dataclass(frozen=True)
class NormPoint:
    """One point of both curves: the loss on the batch of this step, nats a character, and the gradients' norm."""

    step: int
    pre_loss: float
    post_loss: float
    pre_gradient: float
    post_gradient: float


class PostNormBlock(TransformerBlock):
    """The block of the first transformer: add, then normalise. The same parameters as TransformerBlock.

    Source: Vaswani et al. 2017, "Attention Is All You Need".
    """

    def forward(self, x: Tensor) -> Tensor:
        """(B, T, D) -> (B, T, D)."""
        x = self.norm1(x + self.drop_shortcut(self.att(x)))
        return self.norm2(x + self.drop_shortcut(self.ff(x)))


def two_models(settings: NormSettings, vocab_size: int) -> tuple[GPTModel, GPTModel]:
    """A pre-norm and a post-norm GPT with equal first weights; the second needs no final norm."""
    cfg = GPTConfig(vocab_size, WINDOW, WIDTH, HEADS, settings.n_layers, drop_rate=0.0)
    pre, post = GPTModel(cfg), GPTModel(cfg)
    post.trf_blocks = nn.Sequential(*[PostNormBlock(cfg) for _ in range(cfg.n_layers)])
    _xavier_init_(pre, torch.Generator().manual_seed(settings.seed))
    post.load_state_dict(pre.state_dict())
    post.final_norm = nn.Identity()  # type: ignore[assignment]
    return pre, post


@torch.no_grad()
def _xavier_init_(model: GPTModel, random: torch.Generator) -> None:
    """First weights that keep the size of what flows through them, as Xiong et al. have them; biases 0.

    Source: Glorot and Bengio 2010, "Understanding the difficulty of training deep feedforward neural networks".
    """
    for name, p in model.named_parameters():
        if name.endswith("bias"):
            p.zero_()
        elif "emb" in name:
            p.normal_(generator=random)
        elif p.dim() == 2:
            nn.init.xavier_normal_(p, generator=random)


def shipped_text() -> tuple[Tensor, int]:
    """Our own messages as numbers of characters (N,), and how many different characters there are."""
    text = "\n".join(load_messages()["text"])
    known = {char: i for i, char in enumerate(sorted(set(text)))}
    return torch.tensor([known[char] for char in text]), len(known)


def train_both(settings: NormSettings) -> Iterator[NormPoint]:
    """Train both models and yield a point every EVERY steps and after the last; a loss that is no number ends a curve.

    Each step takes the same batch for both.
    """
    ids, vocab_size = shipped_text()
    models = two_models(settings, vocab_size)
    optimizers = [torch.optim.Adam(m.parameters(), lr=settings.learning_rate) for m in models]
    random = torch.Generator().manual_seed(settings.seed)
    for step in range(settings.steps):
        starts = torch.randint(len(ids) - WINDOW, (BATCH,), generator=random)
        batch = ids[starts[:, None] + torch.arange(WINDOW + 1)]
        measured = [_step(m, o, batch) for m, o in zip(models, optimizers, strict=True)]
        if step % EVERY == 0 or step == settings.steps - 1:
            (pre, pre_norm), (post, post_norm) = measured
            yield NormPoint(step, pre, post, pre_norm, post_norm)


def _step(model: GPTModel, optimizer: torch.optim.Optimizer, batch: Tensor) -> tuple[float, float]:
    """One step; the loss before it and the norm of all gradients."""
    loss = F.cross_entropy(model(batch[:, :-1]).flatten(0, 1), batch[:, 1:].flatten())
    if not math.isfinite(loss.item()):
        return math.nan, math.nan
    optimizer.zero_grad()
    loss.backward()
    norm = nn.utils.clip_grad_norm_(model.parameters(), math.inf).item()
    optimizer.step()
    return loss.item(), norm
