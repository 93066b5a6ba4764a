"""Direct logit attribution: how much of one token's final logit each part of the stream wrote.

The head is linear and the stream is a sum. Only the final norm stands between: with its division frozen at the
value that it has for this text, a logit is a sum of one number for each part.

Source: Elhage et al. 2021, "A Mathematical Framework for Transformer Circuits".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

if TYPE_CHECKING:
    from engine.analysis.stream import Stream
    from engine.model import GPTModel


@dataclass(frozen=True)
class Attribution:
    """Where one logit comes from: contributions.sum() + shift = logit.

    direction      (D,) what the head looks for: its row for the token times the final norm's scale
    centred        (P, D) each part less its own mean, as the norm does
    deviation      the standard deviation of the whole stream, by which the norm divides
    contributions  (P,) centred @ direction / deviation
    shift          what the final norm's shift adds, whatever the text
    logit          the model's own
    """

    direction: Tensor
    centred: Tensor
    deviation: float
    contributions: Tensor
    shift: float
    logit: float


@torch.no_grad()
def attribute_logit(
    model: GPTModel, stream: Stream, place: int, token: int, against_average: bool = False
) -> Attribution:
    """Split the logit of one token after one place into what each part of the stream contributed.

    place            the token of the text after which the model answers
    token            the ID whose logit it is
    against_average  take the logit less the mean logit of all tokens: what is added to every logit alike changes
                     no probability
    """
    norm, head = model.final_norm, model.out_head.weight.double()
    row, logit = head[token], stream.logits[place, token].double()
    if against_average:
        row, logit = row - head.mean(0), logit - stream.logits[place].double().mean()
    parts = stream.parts[:, place].double()
    deviation = (stream.levels[-1, place].double().var(unbiased=False) + norm.eps).sqrt()
    direction = row * norm.scale.double()
    centred = parts - parts.mean(-1, keepdim=True)
    contributions = centred @ direction / deviation
    shift = row @ norm.shift.double()
    return Attribution(direction, centred, deviation.item(), contributions, shift.item(), logit.item())
