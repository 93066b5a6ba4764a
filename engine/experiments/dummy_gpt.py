"""How far one changed token reaches: in the GPT's outline, and in the whole."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from engine.config import GPTConfig
from engine.errors import InputError
from engine.model import DummyGPTModel, GPTModel

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor, nn


@dataclass(frozen=True)
class DummySettings:
    """Which token changes, and the models: both with the same random tables, of these sizes.

    place  of the changed token, from 0
    seed   of the random weights
    """

    place: int = 0
    seed: int = 123
    vocab_size: int = 8192
    context_length: int = 32
    emb_dim: int = 64
    n_heads: int = 4
    n_layers: int = 2


@dataclass(frozen=True)
class DummyResult:
    """What a changed token did.

    outline, whole  (T,) the largest change of a logit at each place: of DummyGPTModel, of GPTModel
    shape           of the logits of either model
    changed         (T,) the token IDs after the change
    """

    outline: NDArray[np.float32]
    whole: NDArray[np.float32]
    shape: tuple[int, ...]
    changed: list[int]


@torch.no_grad()
def change_one_token(ids: list[int], settings: DummySettings) -> DummyResult:
    """Run both models on a text and on the same text with one other token.

    ids  (T,) token IDs

    Raises InputError for no token, more than the context, or a place that the text does not have.
    """
    s = settings
    if not ids or len(ids) > s.context_length:
        raise InputError(f"the text has {len(ids)} tokens; write 1 to {s.context_length}.")
    if not 0 <= s.place < len(ids):
        raise InputError(f"there is no place {s.place} in a text of {len(ids)} tokens.")
    cfg = GPTConfig(s.vocab_size, s.context_length, s.emb_dim, s.n_heads, s.n_layers, drop_rate=0.0)
    changed = list(ids)
    changed[s.place] = (ids[s.place] + 1) % s.vocab_size
    texts = torch.tensor([ids, changed])
    outline, whole = (_draw(model, s.seed)(texts) for model in (DummyGPTModel(cfg), GPTModel(cfg)))
    return DummyResult(_change(outline), _change(whole), tuple(outline[:1].shape), changed)


def _draw(model: nn.Module, seed: int) -> nn.Module:
    """Every matrix from a normal distribution, biases 0: the tables come first, so they are alike in both models."""
    random = torch.Generator().manual_seed(seed)
    for name, parameter in model.named_parameters():
        if parameter.dim() == 2:
            parameter.normal_(0, 0.1, generator=random)
        elif name.endswith("bias"):
            parameter.zero_()
    return model


def _change(logits: Tensor) -> NDArray[np.float32]:
    """(2, T, V) -> (T,)."""
    return (logits[0] - logits[1]).abs().amax(dim=-1).numpy()
