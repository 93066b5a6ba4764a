"""Backpropagation on a graph small enough to see: p = sigmoid(w x + b), loss = -ln p.

Source: Rumelhart, Hinton and Williams 1986, "Learning representations by back-propagating errors".
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from engine.errors import InputError

LARGEST = 5.0
# Each arrow of the graph, from what goes in to what comes out.
EDGES = (("w", "wx"), ("x", "wx"), ("wx", "z"), ("b", "z"), ("z", "p"), ("p", "loss"))


@dataclass(frozen=True)
class Graph:
    """One pass forward and one backward.

    values     of every node
    slopes     of every arrow: how its head changes when its tail does, alone
    gradients  of the loss to every node: slopes multiplied along the way back
    """

    values: dict[str, float]
    slopes: dict[tuple[str, str], float]
    gradients: dict[str, float]


def backpropagate(w: float, x: float, b: float) -> Graph:
    """Compute the loss, then walk back and multiply slopes (the chain rule).

    Raises InputError for numbers beyond 5 in size.
    """
    if not all(abs(value) <= LARGEST for value in (w, x, b)):
        raise InputError(f"w, x and b must be from {-LARGEST:g} to {LARGEST:g}.")
    z = w * x + b
    p = 1 / (1 + math.exp(-z))
    values = {"w": w, "x": x, "b": b, "wx": w * x, "z": z, "p": p, "loss": -math.log(p)}
    slopes = dict(zip(EDGES, (x, w, 1.0, 1.0, p * (1 - p), -1 / p), strict=True))
    gradients = {"loss": 1.0}
    for tail, head in reversed(EDGES):
        gradients[tail] = gradients[head] * slopes[tail, head]
    return Graph(values, slopes, gradients)
