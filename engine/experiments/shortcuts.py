"""Gradients layer by layer in the notes' deep network, with and without shortcuts, and the slopes that make them.

Source: He et al. 2015, "Deep Residual Learning for Image Recognition"; the notes' section 4.4.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from engine.attention_steps import seeded
from engine.errors import InputError
from engine.model import ExampleDeepNeuralNetwork, gradient_means

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

WIDTH = 3
DEPTHS = (2, 30)
INPUT = (1.0, 0.0, -1.0)  # the notes' example


@dataclass(frozen=True)
class LayerGradients:
    """What print_gradients prints, and what its means are made of; input side first.

    names      (depth,) of the weight matrices
    means      (depth,) mean size of each one's gradients
    gradients  (depth,) the gradients themselves, (3, 3), the last (1, 3)
    output     what the network answers
    loss       its squared distance from 0
    """

    names: list[str]
    means: Floats
    gradients: list[NDArray[np.float32]]
    output: float
    loss: float


@dataclass(frozen=True)
class Chain:
    """One number through layers of one unit each; entry l belongs to layer l, input side first.

    weights, biases  (depth,)
    places           (depth + 1,) the number before the first layer and after each
    slopes           (depth,) w times GELU's slope: how much a layer's own output grows with its input
    arriving         (depth,) slope of the last output with respect to what comes out of layer l, by multiplying
    total            slope of the last output with respect to the input
    """

    weights: Floats
    biases: Floats
    places: Floats
    slopes: Floats
    arriving: Floats
    total: float


def book_network(depth: int, use_shortcut: bool, seed: int) -> ExampleDeepNeuralNetwork:
    """The network that `torch.manual_seed(seed)` would give, leaving the global generator alone.

    depth  layers, 2 to 30: all 3 numbers wide, the last one narrows to 1; 5 are the notes' [3, 3, 3, 3, 3, 1]

    Raises InputError for a depth out of bounds.
    """
    _check(depth)
    return _network([WIDTH] * depth + [1], use_shortcut, seed)


def layer_gradients(depth: int, use_shortcut: bool, seed: int) -> LayerGradients:
    """gradient_means of the notes' network for the input [1, 0, -1], whose answer should be 0.

    Raises InputError for a depth out of bounds.
    """
    net = book_network(depth, use_shortcut, seed)
    x = torch.tensor([INPUT])
    means = gradient_means(net, x)
    matrices = [p.grad for name, p in net.named_parameters() if name in means and p.grad is not None]
    output = net(x).item()
    return LayerGradients(list(means), np.array(list(means.values())), [g.numpy() for g in matrices], output, output**2)


def slope_chain(depth: int, use_shortcut: bool, seed: int) -> Chain:
    """The same network one number wide, for the input 1: every slope is a single number, and they multiply.

    Without a shortcut a layer multiplies the gradient by its slope s, with one by 1 + s.

    Raises InputError for a depth out of bounds.
    """
    _check(depth)
    net = _network([1] * (depth + 1), use_shortcut, seed).double()
    places = [torch.ones(1, dtype=torch.float64)]
    slopes, weights, biases = [], [], []
    for layer in net.layers:
        x = places[-1].detach().requires_grad_()
        out = layer(x)
        (slope,) = torch.autograd.grad(out, x)
        places.append((x + out if use_shortcut else out).detach())
        slopes.append(slope.item())
        weight, bias = layer.parameters()
        weights.append(weight.item())
        biases.append(bias.item())
    factors = np.array(slopes) + (1.0 if use_shortcut else 0.0)
    from_the_end = np.cumprod(factors[::-1])[::-1]  # entry l: slope of the output with respect to layer l's input
    arriving = np.append(from_the_end[1:], 1.0)
    values = np.array([p.item() for p in places])
    return Chain(np.array(weights), np.array(biases), values, np.array(slopes), arriving, float(from_the_end[0]))


def _check(depth: int) -> None:
    low, high = DEPTHS
    if not low <= depth <= high:
        raise InputError(f"the depth is {depth}; give {low} to {high} layers.")


def _network(sizes: Sequence[int], use_shortcut: bool, seed: int) -> ExampleDeepNeuralNetwork:
    return seeded(lambda: ExampleDeepNeuralNetwork(sizes, use_shortcut), seed)
