"""The smallest GPT that trains, and data for it."""

from __future__ import annotations

import torch
from torch.utils.data import DataLoader, TensorDataset

from engine.model import GPTModel

VOCAB, CONTEXT = 13, 6
TINY = {
    "vocab_size": VOCAB,
    "context_length": CONTEXT,
    "emb_dim": 8,
    "n_heads": 2,
    "n_layers": 1,
    "drop_rate": 0.2,
    "qkv_bias": False,
}


def tiny_model(seed: int = 1, **changes: object) -> GPTModel:
    """A model whose weights follow from the seed; the global random numbers start there too."""
    torch.manual_seed(seed)
    return GPTModel({**TINY, **changes})


def windows(n: int, seed: int = 9) -> TensorDataset:
    """n windows of random tokens with their targets, the same for the same seed."""
    ids = torch.randint(0, VOCAB, (n, CONTEXT + 1), generator=torch.Generator().manual_seed(seed))
    return TensorDataset(ids[:, :-1], ids[:, 1:])


def loader(n: int = 10, batch_size: int = 2, **settings: object) -> DataLoader:
    """Batches of windows."""
    return DataLoader(windows(n), batch_size=batch_size, **settings)


def weights(model: torch.nn.Module) -> dict[str, torch.Tensor]:
    """A copy of the model's weights as they are now."""
    return {name: tensor.clone() for name, tensor in model.state_dict().items()}


def assert_same_weights(a: dict[str, torch.Tensor], b: dict[str, torch.Tensor]) -> None:
    """Bit for bit."""
    assert a.keys() == b.keys()
    for name in a:
        assert torch.equal(a[name], b[name]), name
