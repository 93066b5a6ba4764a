"""One weight of a real model, nudged: how the loss changes, against what the weight's gradient promised."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engine.errors import InputError
from engine.fast import fast_forward

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from engine.model import GPTModel


@dataclass(frozen=True)
class Nudge:
    """One weight and the loss around it.

    row, column  the weight's place in its matrix
    weight       its value
    gradient     slope of the loss at this weight
    loss         before, nats a token
    sizes        (N,) what was added to the weight
    losses       (N,) the loss after
    rounding     distance between neighbouring numbers of single precision at this loss: less cannot be seen
    """

    row: int
    column: int
    weight: float
    gradient: float
    loss: float
    sizes: NDArray[np.float64]
    losses: NDArray[np.float64]
    rounding: float


def matrices(model: GPTModel) -> list[str]:
    """Names of the model's weight matrices, input side first."""
    return [name for name, p in model.named_parameters() if p.dim() == 2]


def nudge_weight(
    model: GPTModel, ids: Tensor, name: str, sizes: Sequence[float], cell: tuple[int, int] | None = None
) -> Nudge:
    """Nudge one weight by each of the sizes and measure the loss of a text; the model itself stays as it is.

    ids    (T + 1,) token IDs
    name   one of matrices(model)
    cell   (row, column) of the weight; the one with the largest gradient when not given

    Raises InputError for a matrix or a cell that is not there, or a text of fewer than two tokens.
    """
    if len(ids) < 2:
        raise InputError("there is no next token to predict; give a longer text.")
    if name not in matrices(model):
        raise InputError(f"the model has no weight matrix {name!r}.")
    with torch.inference_mode(False), torch.enable_grad():
        ids = ids.clone().to(model.tok_emb.weight.device)
        twin, weight = _with_own(model, name)
        loss = _loss(twin, ids)
        (slopes,) = torch.autograd.grad(loss, weight)
    rows, columns = slopes.shape
    row, column = divmod(int(slopes.abs().argmax()), columns) if cell is None else cell
    if not (0 <= row < rows and 0 <= column < columns):
        raise InputError(f"{name} has {rows:,} rows and {columns:,} columns; there is no weight at {row}, {column}.")
    before = weight[row, column].item()
    losses = []
    with torch.no_grad():
        for size in sizes:
            weight[row, column] = before + size
            losses.append(_loss(twin, ids).item())
    rounding = float(np.spacing(np.float32(loss.item())))
    gradient = slopes[row, column].item()
    return Nudge(row, column, before, gradient, loss.item(), np.array(sizes), np.array(losses), rounding)


def _with_own(model: GPTModel, name: str) -> tuple[GPTModel, nn.Parameter]:
    """A model that shares everything but one matrix, which is a copy: others may be using the original."""
    original = model.get_parameter(name)
    shared = {id(t): t for t in (*model.parameters(), *model.buffers()) if t is not original}
    twin = copy.deepcopy(model, shared)
    return twin, twin.get_parameter(name)


def _loss(model: GPTModel, ids: Tensor) -> Tensor:
    return F.cross_entropy(fast_forward(model, ids[None, :-1])[0], ids[1:])
