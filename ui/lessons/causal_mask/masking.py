"""What the lesson on the causal mask computes: scores of six words or of a real head, masked and dropped."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor

    from ui.models import LoadedModel

Arrays = dict[str, "np.ndarray"]
MOST_TOKENS = 8  # more would not fit beside one another
WIDTH = 2  # of queries and keys in the notes' example
WAYS = {
    "before": "−∞ before softmax",
    "after": "0 after softmax, renormalised",
    "difference": "Are they equal?",
    "bare": "0 after softmax, nothing else",
}


@dataclass(frozen=True)
class Masked:
    """Words or tokens, and every matrix of engine.attention_steps.MaskedSteps by name.

    leaks     for each way to mask: the most that a weight in the rows above the last changes when the last word's
              key is turned round; 0 where nothing of the future gets through
    left_out  tokens at the end of the text that were not read
    """

    words: list[str]
    arrays: Arrays
    leaks: dict[str, float]
    left_out: int = 0


def six_words(words: list[str], vectors: list[list[float]], seed: int) -> Masked:
    """The notes' example: words with a few numbers each, through SelfAttention_v2's queries and keys."""
    import torch

    from engine.attention_steps import seeded_v2, trainable_attention

    inputs = torch.tensor(vectors)
    v2 = seeded_v2(inputs.shape[1], WIDTH, seed)
    with torch.no_grad():
        matrices = (v2.W_query.weight.T, v2.W_key.weight.T, v2.W_value.weight.T)
        scores = trainable_attention(inputs, *matrices).scaled
    return mask(words, scores)


def real_head(loaded: LoadedModel, text: str, layer: int, head: int) -> Masked:
    """The first tokens of a text, with the scores of one head of the model."""
    import torch

    from engine.tokenizers.pretrained import encode_text, token_text
    from engine.trace import trace

    ids = encode_text(loaded.tokenizer, text)
    read = torch.tensor(ids[:MOST_TOKENS], dtype=torch.long)
    scores = trace(loaded.model, read, layers=[layer]).scores[layer][head].float().cpu()
    tokens = [token_text(loaded.tokenizer, i) for i in read.tolist()]
    return mask(tokens, scores, max(0, len(ids) - MOST_TOKENS))


def mask(words: list[str], scores: Tensor, left_out: int = 0) -> Masked:
    """The scores (T, T), masked on both sides of softmax; and whether the last word gets through."""
    import torch

    from engine.attention_steps import mask_both_ways

    steps = mask_both_ways(scores)
    # Turning the last word's key round turns the sign of its column of scores.
    turned = mask_both_ways(torch.cat([scores[:, :-1], -scores[:, -1:]], dim=1))
    names = {"before": "before", "after": "after", "bare": "zeroed"}
    change = {way: (getattr(steps, name) - getattr(turned, name))[:-1].abs() for way, name in names.items()}
    leaks = {way: float(c.nan_to_num().max()) if c.numel() else 0.0 for way, c in change.items()}
    return Masked(words, {field.name: getattr(steps, field.name).numpy() for field in fields(steps)}, leaks, left_out)


def dropped(weights: np.ndarray, rate: float, seed: int, draws: int, training: bool) -> np.ndarray:
    """(draws, T, T): the weights after dropout, `draws` times; in evaluation they pass unchanged."""
    import torch

    from engine.attention_steps import drop_weights

    if training:
        return drop_weights(torch.tensor(weights), rate, seed, draws).numpy()
    passed = torch.nn.Dropout(rate).eval()(torch.tensor(weights))
    return passed.expand(draws, *weights.shape).numpy()
