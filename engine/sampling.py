"""From scores to one token: the filters of decoding, and a draw that can be looked at.

    scores -> repetition penalty -> temperature -> top-k -> top-p -> min-p -> probabilities -> draw

Each filter is off by default, works on what the one before it left, and is the same as the one of that name in other
libraries, so that settings can be carried over.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from engine.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


@dataclass(frozen=True)
class DecodingSettings:
    """How the next token is chosen, and when to stop.

    max_new_tokens      tokens to add, 0 or more
    temperature         scores are divided by it: below 1 sharper, above 1 flatter, 0 always takes the best token
    top_k               keep the k best tokens, and all that tie with the k-th; None keeps all
    top_p               keep the fewest best tokens that together have at least this probability, above 0 to 1
    min_p               keep tokens with at least this share of the best token's probability, 0 to 1
    repetition_penalty  divide positive scores of tokens already in the text by it, multiply negative ones, 0.01 to
                        100; 1 is off
    stop_ids            tokens that end the text
    seed                of the draws; None draws differently each time

    Raises InputError for a value out of bounds.

    Sources: top-k, Fan et al. 2018; top-p, Holtzman et al. 2020; min-p, Nguyen et al. 2024; repetition penalty,
    Keskar et al. 2019 (CTRL).
    """

    max_new_tokens: int = 50
    temperature: float = 1.0
    top_k: int | None = None
    top_p: float | None = None
    min_p: float | None = None
    repetition_penalty: float = 1.0
    stop_ids: Sequence[int] = ()
    seed: int | None = None

    def __post_init__(self) -> None:
        _whole("max_new_tokens", self.max_new_tokens, 0)
        if not _is_number(self.temperature) or self.temperature < 0:
            raise InputError(
                f"temperature is {self.temperature!r}; give 0 (always the best token) or a number above 0."
            )
        if self.top_k is not None:
            _whole("top_k", self.top_k, 1, " or None to keep all tokens")
        if self.top_p is not None and not (_is_number(self.top_p) and 0 < self.top_p <= 1):
            raise InputError(f"top_p is {self.top_p!r}; give a number above 0 and up to 1, or None to keep all tokens.")
        if self.min_p is not None and not (_is_number(self.min_p) and 0 <= self.min_p <= 1):
            raise InputError(f"min_p is {self.min_p!r}; give a number from 0 to 1, or None to keep all tokens.")
        if not _is_number(self.repetition_penalty) or not 0.01 <= self.repetition_penalty <= 100:
            raise InputError(
                f"repetition_penalty is {self.repetition_penalty!r}; give a number from 0.01 to 100 "
                "(1 changes nothing)."
            )
        for stop in self.stop_ids:
            _whole("a stop token", stop, 0)
        if self.seed is not None and not (isinstance(self.seed, int) and -(2**63) <= self.seed < 2**63):
            raise InputError(f"seed is {self.seed!r}; give a whole number of at most 63 bits, or None.")


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _whole(name: str, value: object, least: int, otherwise: str = "") -> None:
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise InputError(f"{name} is {value!r}; give a whole number of at least {least}{otherwise}.")


def stages(logits: Tensor, settings: DecodingSettings, previous_ids: Tensor | None = None) -> list[tuple[str, Tensor]]:
    """The probabilities after each filter that is on, in the order in which they work.

    logits        (..., V) the model's scores
    previous_ids  (..., T) the text so far; only the repetition penalty needs it
    returns       pairs of name and (..., V) probabilities: "model" first, then "repetition penalty", "temperature",
                  "top-k", "top-p", "min-p" as far as they are on; at temperature 0 nothing follows "temperature"

    Raises InputError for scores that are no numbers, or a penalty without previous_ids.
    """
    return [(name, torch.softmax(scores, dim=-1)) for name, scores in _filters(logits, settings, previous_ids)]


def filtered_probs(logits: Tensor, settings: DecodingSettings, previous_ids: Tensor | None = None) -> Tensor:
    """The probabilities (..., V) to draw from: what the last of `stages` gives."""
    *_, (_, scores) = _filters(logits, settings, previous_ids)
    return torch.softmax(scores, dim=-1)


def softmax_with_temperature(logits: Tensor, temperature: float) -> Tensor:
    """Probabilities of scores (..., V) divided by a temperature; 0 gives all to the best (notes, section 5.3).

    Raises InputError for a temperature below 0.
    """
    return filtered_probs(logits, DecodingSettings(temperature=temperature))


def _filters(logits: Tensor, settings: DecodingSettings, previous_ids: Tensor | None) -> Iterator[tuple[str, Tensor]]:
    """The scores after each filter; tokens that are out have minus infinity."""
    scores = logits.float()
    if not scores.amax(dim=-1).isfinite().all():  # amax passes nan on
        raise InputError("the model's scores are no numbers; its weights are damaged, load them again.")
    yield "model", scores
    if settings.repetition_penalty != 1:
        if previous_ids is None:
            raise InputError("a repetition penalty needs the text so far; give previous_ids.")
        scores = _penalised(scores, previous_ids, settings.repetition_penalty)
        yield "repetition penalty", scores
    if settings.temperature == 0:
        best = scores.argmax(dim=-1, keepdim=True)
        yield "temperature", torch.full_like(scores, -torch.inf).scatter(-1, best, 0.0)
        return
    if settings.temperature != 1:
        # Moved so that the best score is 0: no temperature, however small, makes a score overflow to infinity.
        # Nor do temperatures that float32 rounds to 0 make it 0 / 0.
        scores = (scores - scores.amax(dim=-1, keepdim=True)) / max(settings.temperature, 1e-30)
        yield "temperature", scores
    if settings.top_k is not None:
        kth = scores.topk(min(settings.top_k, scores.shape[-1]), dim=-1).values[..., -1:]
        # All that tie with the k-th stay: which of them comes first is no property of the model.
        scores = scores.masked_fill(scores < kth, -torch.inf)
        yield "top-k", scores
    if settings.top_p is not None:
        scores = _nucleus(scores, settings.top_p) if settings.top_p < 1 else scores
        yield "top-p", scores
    if settings.min_p is not None:
        probs = torch.softmax(scores, dim=-1)
        scores = scores.masked_fill(probs < settings.min_p * probs.amax(dim=-1, keepdim=True), -torch.inf)
        yield "min-p", scores


def _penalised(scores: Tensor, previous_ids: Tensor, penalty: float) -> Tensor:
    seen = scores.gather(-1, previous_ids)
    return scores.scatter(-1, previous_ids, torch.where(seen < 0, seen * penalty, seen / penalty))


def _nucleus(scores: Tensor, top_p: float) -> Tensor:
    """Keep the fewest best tokens with probability top_p together; among equals the lower ID comes first."""
    ordered, order = torch.softmax(scores, dim=-1).sort(dim=-1, descending=True, stable=True)
    before = ordered.cumsum(dim=-1) - ordered
    out = (before >= top_p).scatter(-1, order, before >= top_p)
    return scores.masked_fill(out, -torch.inf)


@dataclass(frozen=True)
class Draw:
    """Tokens drawn from distributions laid out as bars from 0 to 1, most probable token first.

    ids          (B,) the tokens on which the numbers fell
    numbers      (B,) the numbers, 0 to below 1
    start, end   (B,) where the drawn token lies on its bar
    """

    ids: Tensor
    numbers: Tensor
    start: Tensor
    end: Tensor


def draw(probs: Tensor, numbers: Tensor) -> Draw:
    """The tokens on which uniform random numbers fall.

    probs    (B, V) probabilities
    numbers  (B,) from 0 to below 1

    Among equally probable tokens the lower ID lies first.
    """
    possible = (probs > 0).any(dim=0).nonzero()[:, 0]  # few after a filter, and sorting all takes milliseconds
    bars, order = probs[:, possible].double().sort(dim=-1, descending=True, stable=True)
    ends = bars.cumsum(dim=-1)
    ends = ends / ends[:, -1:]  # rounding aside, the bar ends at 1
    place = torch.searchsorted(ends, numbers.double()[:, None], right=True)
    end = ends.gather(-1, place)[:, 0]
    start = torch.where(place > 0, ends.gather(-1, (place - 1).clamp(min=0)), 0.0)[:, 0]
    return Draw(possible[order.gather(-1, place)[:, 0]], numbers, start, end)


@dataclass(frozen=True)
class Summary:
    """A distribution over the vocabulary, in short.

    top_ids    (B, n) the most probable tokens, best first
    top_probs  (B, n) their probabilities
    rest       (B,) what is left for all others
    entropy    (B,) in bits: 0 when one token has it all, log2(V) when all are equal
    """

    top_ids: Tensor
    top_probs: Tensor
    rest: Tensor
    entropy: Tensor


def summarise(probs: Tensor, count: int = 20) -> Summary:
    """The most probable tokens of distributions (B, V), what is left, and the entropy."""
    top_probs, top_ids = probs.topk(min(count, probs.shape[-1]), dim=-1)
    rest = (1 - top_probs.double().sum(dim=-1)).clamp(min=0).float()
    entropy = torch.special.entr(probs).sum(dim=-1) / math.log(2)
    return Summary(top_ids, top_probs, rest, entropy)
