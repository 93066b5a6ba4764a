"""Attention masks: what they allow is what PyTorch's and our own layers really let through."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from engine.analysis.masks import KINDS, attention_mask
from engine.attention import MultiHeadAttention
from engine.errors import InputError


def influence(run, size: int) -> torch.Tensor:
    """(size, size): whether output i changes when input j does."""
    x = torch.randn(size, 8, generator=torch.Generator().manual_seed(0))
    before = run(x)
    found = torch.zeros(size, size, dtype=torch.bool)
    for j in range(size):
        nudged = x.clone()
        nudged[j] += 1
        found[:, j] = (run(nudged) - before).abs().amax(dim=-1) > 1e-5
    return found


@pytest.fixture(autouse=True)
def _seeded():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        yield


def test_by_hand() -> None:
    assert attention_mask("encoder-decoder", 2, 2).int().tolist() == [
        [1, 1, 0, 0],
        [1, 1, 0, 0],
        [1, 1, 1, 0],
        [1, 1, 1, 1],
    ]


def test_a_decoder_is_our_own_attention() -> None:
    layer = MultiHeadAttention(8, 8, context_length=5, dropout=0.0, num_heads=2)
    assert torch.equal(~layer.mask.bool(), attention_mask("decoder", 5))
    with torch.no_grad():
        assert torch.equal(influence(lambda x: layer(x[None])[0], 5), attention_mask("decoder", 5))


def test_an_encoder_is_pytorchs() -> None:
    layer = nn.TransformerEncoderLayer(8, 2, 16, dropout=0.0, batch_first=True)
    with torch.no_grad():
        assert influence(lambda x: layer(x[None])[0], 4).all()
    assert attention_mask("encoder", 4).all()


def test_an_encoder_decoder_is_pytorchs() -> None:
    model = nn.Transformer(8, 2, 1, 1, 16, dropout=0.0, batch_first=True)
    causal = nn.Transformer.generate_square_subsequent_mask(3)

    def run(x):
        memory = model.encoder(x[None, :4])
        return torch.cat([memory[0], model.decoder(x[None, 4:], memory, tgt_mask=causal)[0]])

    with torch.no_grad():
        assert torch.equal(influence(run, 7), attention_mask("encoder-decoder", 4, 3))


@pytest.mark.parametrize(("kind", "sizes"), [("x", (1, 1)), ("encoder", (0,)), (KINDS[2], (2, 0))])
def test_errors_are_sentences(kind, sizes) -> None:
    with pytest.raises(InputError):
        attention_mask(kind, *sizes)
