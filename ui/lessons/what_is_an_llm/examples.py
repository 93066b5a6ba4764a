"""The training examples that a text gives for nothing: every start of it with the token that comes next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.errors import InputError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ui.models import LoadedModel


@dataclass(frozen=True)
class Examples:
    """The tokens of a text and how well the model knew each one from those before.

    texts          T tokens as text for people
    ids            their IDs
    probabilities  (T - 1,) what the model gave token 1, 2, …
    guesses        T - 1 tokens: the model's best guess in each place
    cut            tokens of the text that did not fit into the context
    """

    texts: list[str]
    ids: list[int]
    probabilities: NDArray[np.float64]
    guesses: list[str]
    cut: int


def examples(loaded: LoadedModel, text: str) -> Examples:
    """All examples of the text, with the model's probability of each right answer.

    Raises InputError for a text of fewer than two tokens.
    """
    import torch

    from engine.fast import fast_forward
    from engine.tokenizers.pretrained import encode_text, token_text

    ids = encode_text(loaded.tokenizer, text)
    if len(ids) < 2:
        raise InputError("a text of fewer than two tokens has no next token to predict; write a few words.")
    kept = ids[: loaded.model.cfg.context_length]
    batch = torch.tensor([kept], device=loaded.device)
    probabilities = fast_forward(loaded.model, batch)[0, :-1].float().softmax(dim=-1)  # (T - 1, V)
    right = probabilities.gather(1, batch[0, 1:, None])[:, 0]
    return Examples(
        texts=[token_text(loaded.tokenizer, i) for i in kept],
        ids=kept,
        probabilities=right.double().cpu().numpy(),
        guesses=[token_text(loaded.tokenizer, i) for i in probabilities.argmax(dim=-1).tolist()],
        cut=len(ids) - len(kept),
    )
