"""Loading weights with one mistake: which mistakes are refused, which go in silently, and what they cost."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from engine.decoding import generate_text_simple
from engine.errors import InputError, WeightsError
from engine.evaluation.loss import score_tokens
from engine.weights.openai_tf import load_weights_into_gpt, to_openai
from engine.weights.pocket import empty_model

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.config import GPTConfig
    from engine.model import GPTModel

    Blocks = list[dict[str, Any]]

# Mistakes in the model's configuration: the shapes or names no longer fit.
IN_THE_CONFIG: dict[str, Callable[[GPTConfig], GPTConfig]] = {
    "context": lambda c: replace(c, context_length=c.context_length // 4 or 1),
    "bias": lambda c: replace(c, qkv_bias=False),
    "layers": lambda c: replace(c, n_layers=c.n_layers + 1),
}


def _swap(block: dict[str, Any]) -> dict[str, Any]:
    """Queries and keys change places."""
    attention = dict(block["attn"])
    attention["c_attn"] = {
        leaf: np.concatenate([part[i] for i in (1, 0, 2)], axis=-1)
        for leaf, array in attention["c_attn"].items()
        for part in [np.split(array, 3, axis=-1)]
    }
    return block | {"attn": attention}


def _turn(block: dict[str, Any]) -> dict[str, Any]:
    """The square matrix behind the heads is not transposed: turned twice, it fits and is wrong."""
    attention = dict(block["attn"])
    attention["c_proj"] = attention["c_proj"] | {"w": attention["c_proj"]["w"].T}
    return block | {"attn": attention}


# Mistakes in what goes where: every shape fits, so nothing is refused.
IN_THE_MAPPING: dict[str, Callable[[Blocks], Blocks]] = {
    "swap": lambda blocks: [_swap(block) for block in blocks],
    "turn": lambda blocks: [_turn(block) for block in blocks],
    "norms": lambda blocks: [block | {"ln_1": block["ln_2"], "ln_2": block["ln_1"]} for block in blocks],
    "order": lambda blocks: blocks[::-1],
}
MISTAKES = ("none", *IN_THE_CONFIG, *IN_THE_MAPPING)


@dataclass(frozen=True)
class Attempt:
    """What became of loading a model's weights.

    refused  the sentence that refused them; empty when they went in
    loss     mean nats of a next token of the text, by the loaded model; no number when refused
    written  token IDs that it writes after the text, greedily; empty when refused
    """

    refused: str
    loss: float = math.nan
    written: tuple[int, ...] = ()


def load_with(model: GPTModel, mistake: str, ids: list[int], new_tokens: int = 12) -> Attempt:
    """Take a model's weights out in OpenAI's layout and load them into an empty GPT, with one mistake.

    mistake  one of MISTAKES
    ids      a text of at least two tokens to measure the loaded model on

    Raises InputError for an unknown mistake or a shorter text.
    """
    if mistake not in MISTAKES:
        raise InputError(f"there is no mistake {mistake!r}; choose one of {', '.join(MISTAKES)}.")
    if len(ids) < 2:
        raise InputError("one token has no next token to predict; give a text of at least two.")
    _, params = to_openai(model)
    # The published weights have biases on queries, keys and values, and so has the model that takes them.
    cfg = replace(model.cfg, qkv_bias=True)
    if mistake in IN_THE_CONFIG:
        cfg = IN_THE_CONFIG[mistake](cfg)
    if mistake in IN_THE_MAPPING:
        params["blocks"] = IN_THE_MAPPING[mistake](params["blocks"])
    gpt = empty_model(cfg).eval()
    try:
        load_weights_into_gpt(gpt, params)
    except WeightsError as e:
        return Attempt(str(e))
    ids = ids[: cfg.context_length]
    start = torch.tensor([ids])
    written = generate_text_simple(gpt, start, new_tokens, cfg.context_length)[0, len(ids) :]
    return Attempt("", score_tokens(gpt, ids, num_bytes=1).loss, tuple(written.tolist()))
