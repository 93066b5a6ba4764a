"""The logit lens: what the model would answer if it stopped after an earlier block.

The final norm and the head were trained to read the last stream only, so an early answer is a reading through
glasses made for someone else: it shows what is already there in the head's own directions, and no more.

Source: nostalgebraist 2020, "interpreting GPT: the logit lens".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

if TYPE_CHECKING:
    from engine.model import GPTModel


@dataclass(frozen=True)
class Lens:
    """What every level of the stream would answer at every place.

    top                 (N, T) the likeliest token's ID
    top_probability     (N, T) its probability, of a softmax over the whole vocabulary
    answer              (T,) the last level's likeliest token: the model's answer
    answer_probability  (N, T) the probability of that answer at every level
    answer_rank         (N, T) its rank, 1 for the likeliest
    """

    top: Tensor
    top_probability: Tensor
    answer: Tensor
    answer_probability: Tensor
    answer_rank: Tensor


@torch.no_grad()
def lens_logits(model: GPTModel, streams: Tensor) -> Tensor:
    """Logits (..., V) of streams (..., D), read with the model's own final norm and head."""
    return model.out_head(model.final_norm(streams))


def logit_lens(model: GPTModel, levels: Tensor) -> Lens:
    """Read every level of a stream (N, T, D); the last level is the whole model."""
    answer = lens_logits(model, levels[-1]).argmax(-1)
    rows: list[tuple[Tensor, ...]] = []
    for level in levels:  # one level at a time: N T V numbers would not fit for a large model
        logits = lens_logits(model, level).float()
        own = logits.gather(-1, answer[:, None])
        log_total = logits.logsumexp(-1)
        best = logits.max(-1)
        rank = 1 + (logits > own).sum(-1)
        rows.append((best.indices, (best.values - log_total).exp(), (own[:, 0] - log_total).exp(), rank))
    top, top_probability, probability, rank = (torch.stack(column) for column in zip(*rows, strict=True))
    return Lens(top, top_probability, answer, probability, rank)
