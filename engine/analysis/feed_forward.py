"""Inside a model's feed-forward: the hidden units of each token, which are active, and what each adds.

Source of the view of a unit as a key that is matched and a value that is added: Geva et al. 2021, "Transformer
Feed-Forward Layers Are Key-Value Memories"; of reading a value as pushes on tokens: Geva et al. 2022, "Transformer
Feed-Forward Layers Build Predictions by Promoting Concepts in the Vocabulary Space".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import torch
from torch import nn

from engine.errors import InputError
from engine.trace import trace, trace_in_groups

if TYPE_CHECKING:
    from torch import Tensor

    from engine.model import FeedForward, GPTModel


@dataclass(frozen=True)
class HiddenUnits:
    """A text on its way through one block's feed-forward.

    x        (T, D) what goes in: the stream, normalised
    sums     (T, 4 D) what each hidden unit adds up, before the bend
    hidden   (T, 4 D) after GELU
    out      (T, D) what is added to the stream
    columns  (4 D, D) row u is what unit u adds to the stream, for each 1 that it is active
    """

    x: Tensor
    sums: Tensor
    hidden: Tensor
    out: Tensor
    columns: Tensor

    def additions(self) -> Tensor:
        """How much each unit adds for each token, (T, 4 D): the length of its column times its activation."""
        return self.hidden.abs() * self.columns.norm(dim=-1)


@torch.no_grad()
def hidden_units(model: GPTModel, ids: Tensor, layer: int) -> HiddenUnits:
    """One block's feed-forward on a text, step by step.

    ids    (T,) token IDs
    layer  the block, from 0

    Raises InputError as engine.trace does.
    """
    stream = trace(model, ids, [layer]).resid_mid[layer]
    block = model.blocks[layer]
    wide, bend, narrow = _parts(block.ff)
    x = block.norm2(stream)
    sums = wide(x)
    hidden = bend(sums)
    return HiddenUnits(x, sums, hidden, narrow(hidden), narrow.weight.detach().T)


@torch.no_grad()
def active_share(model: GPTModel, ids: Tensor) -> Tensor:
    """What share of the hidden units is active, (L, T): their sum is above 0, so that GELU lets it pass.

    ids  (T,) token IDs

    Raises InputError as engine.trace does.
    """
    rows = []
    for kept in trace_in_groups(model, ids):
        for layer in kept.layers:
            block = model.blocks[layer]
            sums = _parts(block.ff)[0](block.norm2(kept.resid_mid[layer]))
            rows.append((sums > 0).float().mean(dim=-1))
    return torch.stack(rows)


def unit_weights(model: GPTModel, layer: int, unit: int) -> tuple[Tensor, float, Tensor]:
    """A hidden unit's own numbers: the weights (D,) and the bias of its sum, and the column (D,) that it adds.

    Raises InputError for a unit that the block does not have.
    """
    wide, _, narrow = _parts(model.blocks[layer].ff)
    if not 0 <= unit < wide.out_features:
        raise InputError(f"there is no unit {unit}; a block of this model has 0 to {wide.out_features - 1:,}.")
    return wide.weight[unit].detach(), wide.bias[unit].item(), narrow.weight[:, unit].detach()


@torch.no_grad()
def unit_pushes(model: GPTModel, layer: int, unit: int) -> Tensor:
    """How a unit's column pushes the score of every token (V,), for each 1 that the unit puts out.

    The column goes through the last layer norm's centring and scale and through the head. Its division by the
    stream's spread, the same for all tokens, and whatever later blocks make of the column are left out.

    Raises InputError for a unit that the block does not have.
    """
    _, _, column = unit_weights(model, layer, unit)
    return model.out_head((column - column.mean()) * model.final_norm.scale)


def _parts(ff: FeedForward) -> tuple[nn.Linear, nn.Module, nn.Linear]:
    """Widen, bend, narrow."""
    wide, bend, narrow = ff.layers
    return cast("nn.Linear", wide), bend, cast("nn.Linear", narrow)
