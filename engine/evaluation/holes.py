"""A sentence with a hole: what a left-to-right model expects there, and how well each word suits the whole sentence.

A GPT cannot look ahead. But it can read the whole sentence once with each candidate in the hole and say how probable
that sentence is: P(left, word, right) = P(left) x P(word | left) x P(right | left, word), the chain rule.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from engine.attention import check_length
from engine.errors import InputError
from engine.fast import fast_hidden

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.model import GPTModel


@dataclass(frozen=True)
class FilledHole:
    """Candidates for a hole, N of them, in the order given.

    word   (N,) ln P(candidate | left), summed over its tokens
    right  (N, R) ln P of each token to the right of the hole, given everything before it
    """

    word: Tensor
    right: Tensor

    @property
    def sentence(self) -> Tensor:
        """(N,) ln P(candidate and right | left): the whole sentence's, less ln P(left), which all share."""
        return self.word + self.right.sum(dim=-1)

    @property
    def share(self) -> Tensor:
        """(N,) each candidate's probability given left and right, if it must be one of these candidates."""
        return torch.softmax(self.sentence, dim=0)


@torch.no_grad()
def next_probabilities(model: GPTModel, left: Sequence[int]) -> Tensor:
    """Probabilities (V,) of the token after the left side: a softmax over the whole vocabulary.

    left  token IDs; begin with <|endoftext|> when the sentence begins a text

    Raises InputError for no token or more than the context length.
    """
    return model.out_head(fast_hidden(model, _ids(model, [left]))[0, -1]).double().softmax(-1)


@torch.no_grad()
def fill_hole(
    model: GPTModel, left: Sequence[int], candidates: Sequence[Sequence[int]], right: Sequence[int], batch: int = 64
) -> FilledHole:
    """Score each candidate by the probability of the whole sentence, many sentences at a time.

    left, right  token IDs on both sides of the hole; right may be empty
    candidates   N token sequences, of any lengths
    batch        sentences run at once

    Raises InputError when left or a candidate is empty, or the longest sentence does not fit into the context.
    """
    if not left or not candidates or not all(candidates):
        raise InputError("give at least one token on the left and one in each candidate.")
    check_length(len(left) + max(map(len, candidates)) + len(right), model.cfg.context_length)
    words, rights = [], []
    for start in range(0, len(candidates), batch):
        group = candidates[start : start + batch]
        longest = max(map(len, group))
        # What fills up a shorter row comes last, so the mask hides it from all that is scored.
        rows = [[*left, *word, *right, *([left[0]] * (longest - len(word)))] for word in group]
        scores = _log_probabilities(model, _ids(model, rows), len(left))
        words += [row[: len(word)].sum() for row, word in zip(scores, group, strict=True)]
        rights += [row[len(word) : len(word) + len(right)] for row, word in zip(scores, group, strict=True)]
    return FilledHole(torch.stack(words), torch.stack(rights))


def _log_probabilities(model: GPTModel, ids: Tensor, first: int) -> Tensor:
    """Ln P (B, T - first) of the tokens from place `first` on, each given all before it, for ids (B, T)."""
    hidden = fast_hidden(model, ids[:, :-1])[:, first - 1 :]
    logits = model.out_head(hidden).float()
    targets = logits.gather(-1, ids[:, first:, None])[..., 0]
    return (targets - logits.logsumexp(-1)).double()


def _ids(model: GPTModel, rows: Sequence[Sequence[int]]) -> Tensor:
    return torch.tensor([list(row) for row in rows], device=model.tok_emb.weight.device, dtype=torch.long)
