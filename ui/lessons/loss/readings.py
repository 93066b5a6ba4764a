"""What the lesson on the loss computes: one text through the model, the steps from logits to perplexity."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from engine.evaluation.metrics import perplexity_of
from ui.code import model_cell

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ui.models import LoadedModel

    Doubles = NDArray[np.float64]

MOST_TOKENS = 128  # predicted; more could not be told apart in a picture
MOST_BLOCKS = 6  # of the untrained model: what it has not learned does not depend on its depth
SEED = 123
CANDIDATES = 4


@dataclass(frozen=True)
class Candidate:
    """One row of the vocabulary at the chosen place; id None: all tokens without a row of their own."""

    id: int | None
    logit: float
    weight: float  # e^(logit - highest logit)
    probability: float


@dataclass(frozen=True)
class Reading:
    """A text and how surprised the model was by each of its tokens.

    inputs, targets  (T,) texts of tokens; the first input is <|endoftext|>
    ids              (T,) the targets' IDs
    probabilities    (T,) that the model gave to the targets
    surprises        (T,) minus their logarithms, nats
    torch_loss       of torch.nn.functional.cross_entropy
    bytes            of UTF-8 that the targets stand for
    """

    inputs: list[str]
    targets: list[str]
    ids: list[int]
    probabilities: Doubles
    surprises: Doubles
    torch_loss: float
    bytes: int
    left_out: int
    vocab_size: int

    @property
    def loss(self) -> float:
        """Mean surprise, nats a token."""
        return float(self.surprises.mean())

    @property
    def perplexity(self) -> float:
        """exp(loss)."""
        return perplexity_of(self.loss)

    @property
    def bits_per_byte(self) -> float:
        """Bits for one byte of the text."""
        return float(self.surprises.sum()) / math.log(2) / self.bytes


def token_ids(loaded: LoadedModel, text: str) -> tuple[list[int], int]:
    """<|endoftext|> and the text's tokens, and how many were left out."""
    from engine.tokenizers.pretrained import encode_text

    ids = encode_text(loaded.tokenizer, text)
    most = min(MOST_TOKENS, loaded.model.cfg.context_length)
    return [loaded.tokenizer.eot_token, *ids[:most]], max(0, len(ids) - most)


def read(loaded: LoadedModel, text: str) -> Reading:
    """One text through the model; raises InputError for an empty one."""
    import torch

    from engine.evaluation.loss_steps import loss_steps
    from engine.tokenizers.pretrained import token_bytes, token_text

    ids, left_out = token_ids(loaded, text)
    steps = loss_steps(loaded.model, torch.tensor(ids))
    tokens = [token_text(loaded.tokenizer, i) for i in ids]
    return Reading(
        tokens[:-1],
        tokens[1:],
        ids[1:],
        steps.probabilities.cpu().numpy(),
        steps.surprises.cpu().numpy(),
        steps.torch_loss,
        sum(len(token_bytes(loaded.tokenizer, i)) for i in ids[1:]),
        left_out,
        loaded.model.cfg.vocab_size,
    )


def candidates(loaded: LoadedModel, text: str, place: int) -> list[Candidate]:
    """The vocabulary at one place: the likeliest tokens, the target, and the rest as one row."""
    import torch

    from engine.evaluation.loss_steps import loss_steps

    ids = torch.tensor(token_ids(loaded, text)[0])
    logits = loss_steps(loaded.model, ids).logits[place].double()
    weights = (logits - logits.max()).exp()
    total = weights.sum()
    shown = logits.topk(CANDIDATES).indices.tolist()
    target = int(ids[place + 1])
    shown = shown if target in shown else [*shown, target]
    rows = [Candidate(i, logits[i].item(), weights[i].item(), (weights[i] / total).item()) for i in shown]
    rest = weights.clone()
    rest[shown] = 0
    return [*rows, Candidate(None, math.nan, rest.sum().item(), (rest.sum() / total).item())]


def untrained(loaded: LoadedModel, text: str) -> tuple[float, float]:
    """Loss of models that have learned nothing on the same text, nats: GPT-2's first weights, and larger ones."""
    import torch

    from engine.evaluation.loss_steps import untrained_loss

    cfg = loaded.model.cfg
    cfg = replace(cfg, n_layers=min(cfg.n_layers, MOST_BLOCKS), tie_weights=True)
    ids = torch.tensor(token_ids(loaded, text)[0])
    return untrained_loss(cfg, ids, SEED), untrained_loss(cfg, ids, SEED, gpt2_init=False)


def code(text: str, name: str, n_layers: int) -> list[str]:
    """The engine calls behind the page, as cells of a notebook."""
    most = f"min({MOST_TOKENS}, model.cfg.context_length)"
    return [
        model_cell(name),
        "import math\nfrom dataclasses import replace\n\nimport torch\n\n"
        "from engine.evaluation.loss_steps import loss_steps, untrained_loss\n"
        "from engine.tokenizers.pretrained import encode_text\n\n"
        f"ids = torch.tensor([tokenizer.eot_token, *encode_text(tokenizer, {text!r})[:{most}]])\n"
        "steps = loss_steps(model, ids)",
        "for target, p, surprise in zip(steps.targets, steps.probabilities, steps.surprises):\n"
        "    print(repr(tokenizer.decode([target])), f'{p:.6f} {surprise:.4f} nats')",
        "print('loss', steps.loss, 'perplexity', steps.perplexity)\nprint('torch says', steps.torch_loss)",
        "print('ln(vocabulary)', math.log(model.cfg.vocab_size))\n"
        f"print('untrained', untrained_loss(replace(model.cfg, n_layers={min(n_layers, MOST_BLOCKS)}, "
        f"tie_weights=True), ids, seed={SEED}))",
    ]
