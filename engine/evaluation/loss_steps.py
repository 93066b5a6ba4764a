"""The loss of one text, step by step: logits, softmax, the targets' probabilities, logarithm, mean, minus, exp.

Source: the notes' section 5.1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from torch import Tensor

from engine.errors import InputError
from engine.evaluation.metrics import perplexity_of
from engine.fast import fast_forward
from engine.model import GPTModel, gpt2_init_

if TYPE_CHECKING:
    from engine.config import GPTConfig


@dataclass(frozen=True)
class LossSteps:
    """Every step from logits to perplexity, in double precision from the model's logits on.

    inputs         (T,) the token that the model has just read
    targets        (T,) the token that comes next: the input one place later
    logits         (T, V) a score for every token of the vocabulary, not normalised
    probabilities  (T,) softmax of the logits, at the target
    surprises      (T,) minus the logarithm of these, nats
    torch_loss     torch.nn.functional.cross_entropy of the same logits and targets
    """

    inputs: Tensor
    targets: Tensor
    logits: Tensor
    probabilities: Tensor
    surprises: Tensor
    torch_loss: float

    @property
    def loss(self) -> float:
        """The mean surprise: cross-entropy, nats a token."""
        return self.surprises.mean().item()

    @property
    def perplexity(self) -> float:
        """exp(loss): as unsure as if choosing evenly among this many tokens."""
        return perplexity_of(self.loss)


@torch.no_grad()
def loss_steps(model: GPTModel, ids: Tensor) -> LossSteps:
    """The loss of a text (T + 1,) of token IDs, all but the first predicted.

    Raises InputError for fewer than two tokens, or more than the model can look at.
    """
    if len(ids) < 2:
        raise InputError("there is no next token to predict; give a longer text.")
    ids = ids.to(model.tok_emb.weight.device)
    inputs, targets = ids[:-1], ids[1:]
    logits = fast_forward(model, inputs[None])[0].float()
    log_probabilities = logits.double().log_softmax(-1).gather(-1, targets[:, None])[:, 0]
    torch_loss = F.cross_entropy(logits, targets).item()
    return LossSteps(inputs, targets, logits, log_probabilities.exp(), -log_probabilities, torch_loss)


def untrained_loss(cfg: GPTConfig, ids: Tensor, seed: int, gpt2_init: bool = True) -> float:
    """The loss of a model of this shape that has learned nothing, nats a token.

    ids        (T + 1,) token IDs
    gpt2_init  the embedding with GPT-2's standard deviation 0.02, or with 1 as PyTorch draws it

    Raises InputError as loss_steps does.
    """
    random = torch.Generator().manual_seed(seed)
    model = gpt2_init_(GPTModel(cfg), random)
    if not gpt2_init:
        torch.nn.init.normal_(model.tok_emb.weight, generator=random)
    return loss_steps(model.eval(), ids).loss
