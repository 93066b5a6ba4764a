"""The two texts that the lesson compares, and where in the loop the reader stands."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import streamlit as st

from engine.errors import InputError
from engine.tokenizers.pretrained import encode_text, token_text
from ui import models

if TYPE_CHECKING:
    import numpy as np
    import tiktoken

    from engine.analysis.greedy import GreedyText
    from engine.model import GPTModel
    from ui.models import LoadedModel

MOST = 24  # tokens that the lesson writes
STAGES = {
    "encode": "1 encode",
    "forward": "2 forward",
    "last": "3 last place",
    "softmax": "4 softmax",
    "argmax": "5 argmax",
    "append": "6 append",
}


@dataclass(frozen=True)
class Writer:
    """A model writing: the text, and the step that is looked at.

    step  which new token, from 0
    """

    model: GPTModel
    tokenizer: tiktoken.Encoding
    text: GreedyText
    step: int

    @property
    def read(self) -> list[int]:
        """What the model reads at this step: prompt and tokens so far, at most the context."""
        return list(self.text.ids[: self.text.prompt + self.step])[-self.model.cfg.context_length :]

    @property
    def slid(self) -> int:
        """Tokens at the beginning of the text that are out of its sight."""
        return self.text.prompt + self.step - len(self.read)

    @property
    def new(self) -> int:
        """The token that this step adds."""
        return self.text.ids[self.text.prompt + self.step]

    @cached_property
    def logits(self) -> np.ndarray:
        """(V,) the last place's scores at this step."""
        return self.text.logits[self.step]

    @cached_property
    def probs(self) -> np.ndarray:
        """(V,) their softmax, in double precision."""
        import numpy as np

        exact = np.exp(self.logits.astype(np.float64) - float(self.logits.max()))
        return exact / exact.sum()

    def label(self, token: int) -> str:
        """A token's text."""
        return token_text(self.tokenizer, token)


def writer(loaded: LoadedModel, text: str, step: int) -> Writer:
    """The chosen model at this step. Raises InputError for an empty text."""
    return Writer(
        loaded.model, loaded.tokenizer, _written(loaded.name, text, None, loaded.model, loaded.tokenizer), step
    )


def untrained(loaded: LoadedModel, text: str, step: int, seed: int) -> Writer:
    """Its twin with random weights. Raises InputError for an empty text, or a model too large to be doubled."""
    model = _twin(loaded.name, str(loaded.device), seed, loaded)
    return Writer(model, loaded.tokenizer, _written(loaded.name, text, seed, model, loaded.tokenizer), step)


@st.cache_resource(max_entries=2, show_spinner="Drawing random weights …")
def _twin(name: str, device: str, seed: int, _loaded: LoadedModel) -> GPTModel:
    from engine.analysis.untrained import untrained_twin

    return untrained_twin(_loaded.model.cfg, seed).to(_loaded.device)


@st.cache_resource(max_entries=12, show_spinner="Writing …")
def _written(name: str, text: str, seed: int | None, _model: GPTModel, _tokenizer: tiktoken.Encoding) -> GreedyText:
    """24 tokens, once for each model and text; what is cached is shared, so read it only."""
    from engine.analysis.greedy import write_greedily

    ids = encode_text(_tokenizer, text)
    if not ids:
        raise InputError("the text is empty; type at least one character for the model to continue.")
    with models.GATE:
        return write_greedily(_model, ids, MOST)


def place_of(number: int) -> tuple[int, str]:
    """A place in the loop as token and stage; places are counted from 0 through all stages of all tokens."""
    return number // len(STAGES), list(STAGES)[number % len(STAGES)]


def number_of(step: int, stage: str) -> int:
    """The place in the loop of a token's stage."""
    return step * len(STAGES) + list(STAGES).index(stage)


def equal_ranks(logits: np.ndarray, probs: np.ndarray) -> int:
    """How many tokens have the same rank by logits (V,) and by probabilities (V,), best first."""
    import numpy as np

    by_logit, by_prob = (np.argsort(-values, kind="stable") for values in (logits, probs))
    return int((by_logit == by_prob).sum())
