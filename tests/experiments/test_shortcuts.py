"""The notes' deep network: the book's numbers, and slopes whose product is PyTorch's own gradient."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from engine.errors import InputError
from engine.experiments.shortcuts import book_network, layer_gradients, slope_chain
from engine.model import ExampleDeepNeuralNetwork, gradient_means


@pytest.mark.parametrize("shortcut", [False, True])
@pytest.mark.parametrize(("depth", "seed"), [(2, 0), (5, 123), (30, 99_999)])
def test_the_network_is_that_of_the_global_seed(depth: int, seed: int, shortcut: bool) -> None:
    torch.manual_seed(seed)
    theirs = ExampleDeepNeuralNetwork([3] * depth + [1], shortcut)
    before = torch.get_rng_state()
    ours = book_network(depth, shortcut, seed)
    assert torch.equal(torch.get_rng_state(), before), "the global generator has drawn nothing"
    assert all(torch.equal(a, b) for a, b in zip(ours.parameters(), theirs.parameters(), strict=True))
    x = torch.tensor([[1.0, 0.0, -1.0]])
    found = layer_gradients(depth, shortcut, seed)
    assert dict(zip(found.names, found.means, strict=True)) == gradient_means(theirs, x)
    assert found.means.tolist() == pytest.approx([np.abs(g).mean() for g in found.gradients], rel=1e-5)
    assert found.output == theirs(x).item()
    assert found.loss == found.output**2


def test_the_books_numbers() -> None:
    """The book, section 4.4."""
    printed = {
        False: [
            0.00020173587836325169,
            0.00012011159560643137,
            0.0007152039906941354,
            0.0013988736318424344,
            0.005049645435065031,
        ],
        True: [0.22169792652130127, 0.20694105327129364, 0.32896995544433594, 0.2665732204914093, 1.3258541822433472],
    }
    for shortcut, means in printed.items():
        assert layer_gradients(5, shortcut, 123).means.tolist() == pytest.approx(means, rel=1e-5)


@pytest.mark.parametrize("shortcut", [False, True])
@pytest.mark.parametrize(("depth", "seed"), [(2, 0), (5, 123), (30, 7)])
def test_the_product_of_slopes_is_the_gradient(depth: int, seed: int, shortcut: bool) -> None:
    chain = slope_chain(depth, shortcut, seed)
    net = ExampleDeepNeuralNetwork([1] * (depth + 1), shortcut).double()
    with torch.no_grad():
        for layer, w, b in zip(net.layers, chain.weights, chain.biases, strict=True):
            layer[0].weight.fill_(w)
            layer[0].bias.fill_(b)
    places = [torch.ones(1, dtype=torch.float64, requires_grad=True)]
    for layer in net.layers:
        places.append(places[-1] + layer(places[-1]) if shortcut else layer(places[-1]))
    torch.testing.assert_close(places[-1], net(places[0]))
    gradients = [g.item() for g in torch.autograd.grad(places[-1], places)]
    assert chain.total == pytest.approx(gradients[0], rel=1e-9)
    assert chain.arriving.tolist() == pytest.approx(gradients[1:], rel=1e-9)
    assert np.prod(chain.slopes + shortcut) == pytest.approx(chain.total, rel=1e-9)
    assert chain.places.tolist() == pytest.approx([p.item() for p in places], rel=1e-9)


def test_what_the_lesson_says() -> None:
    """Thirty layers: billions of times less without shortcuts, and still plenty with them."""
    five, thirty = layer_gradients(5, False, 123), layer_gradients(30, False, 123)
    assert thirty.means[0] < five.means[0] / 1e9
    assert layer_gradients(30, True, 123).means[0] > 0.1
    ten, with_them = layer_gradients(10, False, 123), layer_gradients(10, True, 123)
    assert (ten.means < 0.01 * with_them.means.max()).all()


@pytest.mark.parametrize("depth", [1, 31])
def test_refusals(depth: int) -> None:
    for run in (layer_gradients, slope_chain):
        with pytest.raises(InputError, match="2 to 30"):
            run(depth, True, 0)
