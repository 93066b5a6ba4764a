"""The same sizes, other weights: what comes from the seed and what is refused."""

from __future__ import annotations

import pytest
import torch

from engine.analysis.untrained import untrained_twin
from engine.config import GPT2_SIZES, GPTConfig
from engine.errors import InputError
from engine.model import GPTModel

CFG = GPTConfig(vocab_size=61, context_length=12, emb_dim=16, n_heads=2, n_layers=2, drop_rate=0.0)


def test_an_untrained_twin_has_the_same_sizes_and_comes_from_its_seed():
    state = torch.random.get_rng_state()
    twins = [untrained_twin(CFG, seed) for seed in (1, 1, 2)]
    first, second, other = (twin.state_dict() for twin in twins)
    assert {n: t.shape for n, t in first.items()} == {n: t.shape for n, t in GPTModel(CFG).state_dict().items()}
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert not torch.equal(first["tok_emb.weight"], other["tok_emb.weight"])
    assert not twins[0].training
    torch.random.set_rng_state(state)
    with pytest.raises(InputError, match="untrained twin"):
        untrained_twin(GPT2_SIZES["gpt2-large (774M)"], 1)
