"""A GPT of our own as judge: how probable are "1" and "2" as its next token, asked which answer is better.

Nobody taught such a model to judge. What it says shows what a judge must be checked for: one that looks at the place
of an answer, and not at the answer, says the same when both have changed places.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from engine.errors import InputError
from engine.evaluation.preferences import Preference, both_orders
from engine.fast import fast_hidden
from engine.tokenizers.pretrained import encode_text

if TYPE_CHECKING:
    import tiktoken

    from engine.datasets.instructions import Entry
    from engine.model import GPTModel

LEAD = "\n\nThe better one is answer"  # after the question, so that a number comes next


@dataclass(frozen=True)
class Choice:
    """The probabilities of "1" and of "2" as the next token, of a softmax over the whole vocabulary."""

    first: float
    second: float

    @property
    def rest(self) -> float:
        """The probability of everything else that it could say."""
        return 1 - self.first - self.second

    @property
    def said(self) -> str:
        """The likelier one of both, as a judge would reply."""
        return "tie" if self.first == self.second else "1" if self.first > self.second else "2"


@torch.inference_mode()
def choose(model: GPTModel, tokenizer: tiktoken.Encoding, prompt: str) -> Choice:
    """The model's choice after a question of engine.evaluation.preferences.pair_prompt.

    Raises InputError when the question is longer than the model's context.
    """
    one, two = (encode_text(tokenizer, f"{prompt}{LEAD} {digit}") for digit in "12")
    place = next(i for i, (a, b) in enumerate(zip(one, two, strict=False)) if a != b)
    if place > model.cfg.context_length:
        raise InputError(
            f"the question has {place} tokens, and the model reads {model.cfg.context_length}; compare shorter answers."
        )
    ids = torch.tensor([one[:place]], device=model.tok_emb.weight.device)
    probabilities = model.out_head(fast_hidden(model, ids)[0, -1]).float().softmax(dim=-1)
    return Choice(float(probabilities[one[place]]), float(probabilities[two[place]]))


def prefer(
    model: GPTModel, tokenizer: tiktoken.Encoding, entry: Entry, answer: str, other: str
) -> tuple[Choice, Choice]:
    """Its choices with the answer in the first place, and in the second; `preference` says what they come to."""
    one, two = (choose(model, tokenizer, prompt) for prompt in both_orders(entry, answer, other))
    return one, two


def preference(choices: tuple[Choice, Choice]) -> Preference:
    """Both choices as a judge's replies."""
    return Preference((choices[0].said, choices[1].said))
