"""Greedy writing with everything kept: the scores behind every token, and the time of every token."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from engine.decoding import DecodingSettings, stream
from engine.errors import InputError
from engine.fast import fast_hidden
from engine.packed import KVCache, packed

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    from numpy.typing import NDArray

    from engine.decoding import DecodingStep
    from engine.model import GPTModel


@dataclass(frozen=True)
class GreedyText:
    """A text written with the most probable token, again and again.

    ids     the prompt's token IDs, then those written
    prompt  how many of them are the prompt's
    logits  (n, V) the scores that each written token was chosen by
    """

    ids: tuple[int, ...]
    prompt: int
    logits: NDArray[np.float32]


@torch.inference_mode()
def write_greedily(model: GPTModel, ids: list[int], tokens: int) -> GreedyText:
    """Continue one text as generate_text_simple does, and keep the scores of every step (notes, section 4.7).

    ids     (T,) token IDs of the prompt; of more than the context, the end is read
    tokens  how many to add, at least 1

    Raises InputError for an empty prompt.
    """
    if not ids:
        raise InputError("the prompt is empty; type at least one character for the model to continue.")
    context = model.cfg.context_length
    device = model.tok_emb.weight.device
    reader, cache = packed(model), KVCache(model, 1, context)
    written, scores = list(ids), []
    for _ in range(tokens):
        if len(written) > context:
            cache.clear()  # the window moves: every token in it gets another position
        window = written[-context:]
        new = torch.tensor([window[cache.length :]], device=device)
        scores.append(reader.next_logits(new, cache)[0].float().cpu())
        written.append(int(scores[-1].argmax()))
    return GreedyText(tuple(written), len(ids), torch.stack(scores).numpy())


@torch.inference_mode()
def answers(model: GPTModel, ids: list[int], last: int) -> list[int]:
    """The most probable next token after each of the last places of a text.

    ids   (T,) token IDs, not empty; of more than the context, the end is read
    last  how many places, from the end
    """
    window = torch.tensor([ids[-model.cfg.context_length :]], device=model.tok_emb.weight.device)
    return model.out_head(fast_hidden(model, window)[0, -last:]).argmax(dim=-1).tolist()


@dataclass(frozen=True)
class TimedToken:
    """One token, how many tokens the text had before it, and how long it took in seconds."""

    id: int
    length: int
    seconds: float


def timed_tokens(model: GPTModel, ids: list[int], tokens: int, use_cache: bool) -> Iterator[TimedToken]:
    """Write greedily with engine.decoding.stream and time every token, with or without the KV cache.

    Raises InputError at once when the text would not fit into the context, where a cache is of no use, or is empty.
    """
    context = model.cfg.context_length
    if len(ids) + tokens > context:
        raise InputError(
            f"{len(ids):,} tokens and {tokens:,} more do not fit into the context of {context:,}, and once the window "
            "slides a cache is of no use; shorten the text, or write fewer tokens."
        )
    prompt = torch.tensor([ids], dtype=torch.long, device=model.tok_emb.weight.device)
    steps = stream(model, prompt, DecodingSettings(tokens, temperature=0), use_cache=use_cache)
    return _timed(steps, len(ids))


def _timed(steps: Iterator[DecodingStep], length: int) -> Iterator[TimedToken]:
    while True:
        start = time.perf_counter()
        step = next(steps, None)
        if step is None:
            return
        yield TimedToken(int(step.ids), length, time.perf_counter() - start)
        length += 1
