"""How a model changed while it learned: its embeddings in one and the same view, and what dropout does to its loss."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import nn

from engine.errors import InputError
from engine.fast import fast_loss

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.model import GPTModel

    Floats = NDArray[np.float32]


@dataclass(frozen=True)
class View:
    """A plane in the space of embeddings: the two directions in which they differ most.

    centre      (D,) their mean
    directions  (2, D) orthonormal
    share       part of their variance that the plane shows, 0 to 1
    """

    centre: Floats
    directions: Floats
    share: float


def principal_view(vectors: Floats) -> View:
    """The plane that shows most of how the vectors (N, D) differ.

    Raises InputError for fewer than three vectors.

    Source: Pearson 1901, "On Lines and Planes of Closest Fit to Systems of Points in Space".
    """
    if len(vectors) < 3:
        raise InputError("a map needs at least three different tokens; give a longer text.")
    centre = vectors.mean(axis=0)
    _, sizes, directions = np.linalg.svd(vectors - centre, full_matrices=False)
    total = float((sizes**2).sum())
    return View(centre, directions[:2], float((sizes[:2] ** 2).sum()) / total if total else 0.0)


def seen_from(vectors: Floats, view: View) -> Floats:
    """Where the vectors (N, D) lie in the plane, (N, 2), measured from their own mean."""
    places: Floats = (vectors - vectors.mean(axis=0)) @ view.directions.T
    return places


def frequent_tokens(ids: NDArray[np.int64], most: int) -> list[int]:
    """The most frequent token IDs of a text (N,), most frequent first; the smaller ID first where equal."""
    found, counts = np.unique(ids, return_counts=True)
    order = np.lexsort((found, -counts))
    return [int(i) for i in found[order[:most]]]


@torch.no_grad()
def dropout_losses(
    model: GPTModel, inputs: torch.Tensor, targets: torch.Tensor, drop_rate: float, draws: int, seed: int
) -> tuple[float, Floats]:
    """The loss of one batch in evaluation mode, and in training mode with dropout drawn anew each time.

    model            left in evaluation mode with the dropout it had
    inputs, targets  (B, T) token IDs
    drop_rate        share of activations dropped, 0 to below 1
    returns          nats a token: one number, and (draws,) numbers

    Raises InputError for a drop_rate out of bounds.
    """
    if not 0 <= drop_rate < 1:
        raise InputError(f"drop_rate is {drop_rate}; give a number from 0 to below 1.")
    layers = [layer for layer in model.modules() if isinstance(layer, nn.Dropout)]
    before = [layer.p for layer in layers]
    devices = [inputs.device] if inputs.device.type == "cuda" else []
    try:
        model.eval()
        calm = float(fast_loss(model, inputs, targets))
        for layer in layers:
            layer.p = drop_rate
        model.train()
        # Dropout draws from the global generator: use a fork of it, seeded for these draws alone.
        with torch.random.fork_rng(devices):
            torch.default_generator.manual_seed(seed)
            if devices:
                torch.cuda.default_generators[inputs.device.index or 0].manual_seed(seed)
            noisy = [float(fast_loss(model, inputs, targets)) for _ in range(draws)]
    finally:
        for layer, p in zip(layers, before, strict=True):
            layer.p = p
        model.eval()
    return calm, np.array(noisy, dtype=np.float32)
