"""The fast path gives the plain model's logits and gradients."""

from __future__ import annotations

from itertools import product

import pytest
import torch

from engine.config import GPTConfig
from engine.errors import InputError
from engine.fast import fast_blocks, fast_forward, fast_hidden
from engine.model import GPTModel


def make(drop_rate: float = 0.0, qkv_bias: bool = False, tied: bool = False, heads: int = 4) -> GPTModel:
    torch.manual_seed(0)
    return GPTModel(GPTConfig(40, 12, 32, heads, 2, drop_rate, qkv_bias, tied))


def some_ids(batch: int, tokens: int) -> torch.Tensor:
    return torch.randint(40, (batch, tokens), generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize(("batch", "tokens"), [(1, 1), (1, 12), (3, 5), (2, 11)])
@pytest.mark.parametrize(("qkv_bias", "tied", "heads"), list(product([False, True], [False, True], [1, 4])))
def test_logits_equal(batch: int, tokens: int, qkv_bias: bool, tied: bool, heads: int) -> None:
    model = make(0.1, qkv_bias, tied, heads).eval()
    ids = some_ids(batch, tokens)
    assert torch.allclose(fast_forward(model, ids), model(ids), atol=1e-5)


def test_gradients_equal() -> None:
    gradients = []
    for forward in (lambda m, x: m(x), fast_forward):
        model = make(tied=True).train()
        forward(model, some_ids(2, 12)).logsumexp(dim=-1).mean().backward()
        gradients.append({name: p.grad for name, p in model.named_parameters()})
    plain, fast = gradients
    for name, gradient in plain.items():
        assert gradient is not None, name
        assert torch.allclose(fast[name], gradient, atol=1e-6), name


def test_dropout_acts_in_training_only() -> None:
    """Each element survives with probability 0.9, so two passes over 40 x 12 logits are never equal by chance."""
    model, ids = make(drop_rate=0.1), some_ids(1, 12)
    model.train()
    assert not torch.equal(fast_forward(model, ids), fast_forward(model, ids))
    model.eval()
    assert torch.equal(fast_forward(model, ids), fast_forward(model, ids))


def test_the_head_reads_what_fast_hidden_gives() -> None:
    model, ids = make().eval(), some_ids(2, 7)
    hidden = fast_hidden(model, ids)
    assert hidden.shape == (2, 7, 32)
    assert torch.allclose(model.out_head(hidden), model(ids), atol=1e-5)
    assert torch.allclose(model.final_norm(fast_blocks(model, ids, 2)), hidden, atol=1e-5)


@pytest.mark.parametrize("tokens", [0, 13])
def test_lengths_that_do_not_fit_are_refused(tokens: int) -> None:
    with pytest.raises(InputError):
        fast_forward(make(), some_ids(1, tokens))


@pytest.mark.gpu
@pytest.mark.parametrize("compiled", [False, True])
def test_logits_equal_on_a_gpu(compiled: bool) -> None:
    model = make().eval()
    expected = model(some_ids(2, 12))
    forward = torch.compile(fast_forward) if compiled else fast_forward
    found = forward(model.to("cuda"), some_ids(2, 12).to("cuda"))
    assert torch.allclose(found.cpu(), expected, atol=1e-3)
