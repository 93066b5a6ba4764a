"""The fast path gives the plain model's logits and gradients."""

from __future__ import annotations

from itertools import product

import pytest
import torch
import torch.nn.functional as F

from engine.config import GPTConfig
from engine.errors import InputError
from engine.fast import _HeadLoss, _short_attention, fast_blocks, fast_forward, fast_hidden, fast_loss
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


# Places of a 3 x 12 batch whose targets do not count: none, an instruction, padding, both, a gap and a whole text.
NOT_COUNTED = {
    "none": [],
    "instruction": [(0, slice(0, 4))],
    "padding": [(0, slice(5, 12)), (2, slice(11, 12))],
    "both": [(0, slice(0, 4)), (0, slice(9, 12)), (1, slice(0, 11)), (2, slice(1, 12))],
    "gap": [(0, slice(3, 6)), (1, slice(0, 12))],
}


@pytest.mark.parametrize("hidden", NOT_COUNTED)
@pytest.mark.parametrize("rows", [1, 5, 512])
@pytest.mark.parametrize("tied", [False, True])
def test_loss_and_its_gradients_equal(hidden: str, rows: int, tied: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the number of rows at a time, and with targets that do not count."""
    monkeypatch.setattr(_HeadLoss, "ROWS", rows)
    ids, targets = some_ids(3, 12), some_ids(3, 12).roll(3)
    for row, places in NOT_COUNTED[hidden]:
        targets[row, places] = -100
    found = []
    plain = lambda m, ids, targets: F.cross_entropy(m(ids).flatten(0, 1), targets.flatten())  # noqa: E731
    for loss_of in (plain, fast_loss):
        model = make(tied=tied, qkv_bias=tied).train()
        loss = loss_of(model, ids, targets)
        (3 * loss).backward()
        found.append((loss, {name: p.grad for name, p in model.named_parameters()}))
    (loss, gradients), (fast, fast_gradients) = found
    assert torch.allclose(fast, loss, atol=1e-6)
    for name, gradient in gradients.items():
        assert gradient is not None, name
        assert torch.allclose(fast_gradients[name], gradient, atol=1e-6), name
    with torch.no_grad():
        assert torch.equal(fast_loss(make(tied=tied, qkv_bias=tied).eval(), ids, targets), fast)


def test_loss_of_no_target_is_no_number_as_in_pytorch() -> None:
    assert fast_loss(make().eval(), some_ids(1, 4), torch.full((1, 4), -100)).isnan()


def test_a_frozen_head_gets_no_gradient_and_the_rest_the_same() -> None:
    ids, found = some_ids(2, 12), []
    for frozen in (False, True):
        model = make().eval()
        model.out_head.requires_grad_(not frozen)
        fast_loss(model, ids, ids.roll(-1)).backward()
        found.append({name: p.grad for name, p in model.named_parameters()})
    learning, frozen_head = found
    assert frozen_head.pop("out_head.weight") is None
    assert all(torch.equal(gradient, learning[name]) for name, gradient in frozen_head.items())


@pytest.mark.parametrize("tokens", [1, 7, 12])
def test_attention_written_out_is_attention(tokens: int) -> None:
    """In float32, where both can be compared to the last digits: values and gradients."""
    draw, found = torch.Generator().manual_seed(3), []
    q, k, v = (torch.randn(2, 3, tokens, 5, generator=draw, requires_grad=True) for _ in range(3))
    for context in (
        _short_attention(q, k, v, torch.nn.Dropout(0.0)),
        F.scaled_dot_product_attention(q, k, v, is_causal=True),
    ):
        found.append((context, *torch.autograd.grad(context.square().sum(), (q, k, v))))
    for ours, theirs in zip(*found, strict=True):
        torch.testing.assert_close(ours, theirs)


def test_loss_in_bf16_is_near() -> None:
    """Eight bits of precision: the loss within a hundredth, each gradient within some percent of its length."""
    ids, targets, found = some_ids(2, 12), some_ids(2, 12).roll(3), []
    targets[0, :4] = targets[1, 8:] = -100
    for enabled in (False, True):
        model = make().train()
        with torch.autocast("cpu", torch.bfloat16, enabled=enabled):
            loss = fast_loss(model, ids, targets)
        loss.backward()
        found.append((loss, torch.cat([p.grad.flatten() for p in model.parameters() if p.grad is not None])))
    (loss, gradient), (near, near_gradient) = found
    assert near.dtype == torch.float32
    assert abs(near - loss) < 0.01
    assert not torch.equal(near, loss)
    assert (near_gradient - gradient).norm() < 0.05 * gradient.norm()


def test_loss_with_a_head_of_another_kind() -> None:
    """A head that is more than its matrix is asked, not read."""
    model, ids = make().eval(), some_ids(2, 12)
    expected = fast_loss(model, ids, ids)
    model.out_head = torch.nn.Sequential(model.out_head)
    assert torch.allclose(fast_loss(model, ids, ids), expected, atol=1e-6)


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
