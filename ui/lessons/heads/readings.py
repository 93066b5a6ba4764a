"""What the lesson on heads computes: a text or random tokens through the model, every head measured."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ui.code import model_cell

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor

    from ui.models import LoadedModel

    Floats = NDArray[np.float32]

MOST_TOKENS = 64  # more could not be told apart in a picture
RANDOM_TOKENS = 16


@dataclass(frozen=True)
class Job:
    """Something a head can be good at: the words for it, and the function that measures it."""

    wish: str
    score: str
    function: str  # of engine.analysis.heads
    repeats: bool = False  # measured on random tokens said twice
    unit: str = ""  # what a score means that is no share of the attention


JOBS = {
    "previous": Job("look at the previous token", "weight on the previous token", "previous_token_score"),
    "first": Job("look at the first token", "weight on the first token", "first_token_score"),
    "current": Job("look at their own token", "weight on the token itself", "current_token_score"),
    "same": Job("look at earlier copies of the token", "weight on earlier copies", "same_token_score", True),
    "induction": Job("continue a repetition", "weight on what came next last time", "induction_score", True),
    "entropy": Job(
        "look everywhere at once",
        "entropy of the weights, bits",
        "attention_entropy",
        unit="Entropy: 0 bits when a head looks at one token only, log₂ n bits when it looks at n tokens alike.",
    ),
    "effect": Job(
        "the prediction needs most",
        "change without the head, bits",
        "switch_off_effects",
        unit="How far the probabilities of the next token move when the head is off: KL divergence, 0 for no change.",
    ),
}


@dataclass(frozen=True)
class Reading:
    """A text as the model reads it, and where every head looks.

    weights        (L, H, T, T) attention weights
    probabilities  (V,) of the next token
    left_out       tokens at the end that did not fit into a picture and were not read
    """

    ids: list[int]
    tokens: list[str]
    weights: Floats
    probabilities: Floats
    left_out: int


def token_ids(loaded: LoadedModel, text: str, seed: int | None) -> tuple[Tensor, int]:
    """IDs (T,) of the text, or with a seed of random tokens said twice; and how many were left out."""
    import torch

    from engine.analysis.heads import repeated_random_ids
    from engine.tokenizers.pretrained import encode_text

    if seed is not None:
        ordinary = loaded.tokenizer.n_vocab - 1  # all but <|endoftext|>, the last
        return repeated_random_ids(ordinary, RANDOM_TOKENS, seed), 0
    ids = encode_text(loaded.tokenizer, text)
    return torch.tensor(ids[:MOST_TOKENS], dtype=torch.long), max(0, len(ids) - MOST_TOKENS)


def read(loaded: LoadedModel, text: str, seed: int | None = None) -> Reading:
    """One text through the model."""
    from engine.analysis.heads import attention_weights
    from engine.tokenizers.pretrained import token_text
    from engine.trace import ablated_logits

    ids, left_out = token_ids(loaded, text, seed)
    probabilities = ablated_logits(loaded.model, ids, heads=())[-1].float().softmax(-1)
    weights = attention_weights(loaded.model, ids)
    tokens = [token_text(loaded.tokenizer, i) for i in ids.tolist()]
    return Reading(ids.tolist(), tokens, weights.float().cpu().numpy(), probabilities.cpu().numpy(), left_out)


def effects(loaded: LoadedModel, text: str, seed: int | None = None) -> Floats:
    """(L, H): how much the prediction changes without each head, bits."""
    from engine.analysis.heads import switch_off_effects

    return switch_off_effects(loaded.model, token_ids(loaded, text, seed)[0]).float().cpu().numpy()


def inside(
    loaded: LoadedModel, text: str, layer: int, head: int, seed: int | None = None
) -> tuple[Floats, Floats, Floats]:
    """One head's queries (T, K), keys (T, K) and scores (T, T)."""
    from engine.trace import trace

    kept = trace(loaded.model, token_ids(loaded, text, seed)[0], layers=[layer])
    q, k, scores = (part[layer][head].float().cpu().numpy() for part in (kept.q, kept.k, kept.scores))
    return q, k, scores


def without(
    loaded: LoadedModel, text: str, heads: tuple[tuple[int, int], ...], seed: int | None = None
) -> tuple[Floats, float]:
    """The next-token distribution (V,) without these heads, and its divergence from the whole model's, bits."""
    from engine.analysis.heads import kl_divergence
    from engine.trace import ablated_logits

    ids = token_ids(loaded, text, seed)[0]
    before, after = (ablated_logits(loaded.model, ids, off)[-1].float() for off in ((), heads))
    return after.softmax(-1).cpu().numpy(), kl_divergence(before, after).item()


def measure(job: Job, reading: Reading) -> tuple[Floats, float]:
    """(L, H) scores of every head, and the score of a head that looks at all tokens evenly."""
    import torch

    from engine.analysis import heads

    function = getattr(heads, job.function)
    ids = [torch.tensor(reading.ids)] if job.repeats else []
    size = len(reading.ids)
    even = torch.tril(torch.ones(size, size)) / torch.arange(1, size + 1)[:, None]
    scores = function(torch.tensor(reading.weights), *ids)
    return scores.numpy(), function(even[None, None], *ids).item()


def code(
    text: str, seed: int | None, job: Job, head: tuple[int, int], off: list[tuple[int, int]], name: str
) -> list[str]:
    """The engine calls behind the page, as cells of a notebook."""
    ids = f"ids = torch.tensor(encode_text(tokenizer, {text!r})[:{MOST_TOKENS}])"
    random = f"heads.repeated_random_ids(tokenizer.n_vocab - 1, {RANDOM_TOKENS}, seed={seed or 1})"
    if seed is not None:
        ids = f"ids = {random}"
    layer, h = head
    if job.function == "switch_off_effects":
        measured = "scores = heads.switch_off_effects(model, ids)"
    elif job.repeats:
        measured = (
            f"repeated = {random}\nscores = heads.{job.function}(heads.attention_weights(model, repeated), repeated)"
        )
    else:
        measured = f"scores = heads.{job.function}(heads.attention_weights(model, ids))"
    return [
        f"import torch\n\nfrom engine.analysis import heads\nfrom engine.tokenizers.pretrained import encode_text\n"
        f"from engine.trace import ablated_logits, trace\n{model_cell(name)}\n{ids}",
        f"# {job.score}: the five best heads\n{measured}\nfor found in heads.find_heads(scores):\n    print(found)",
        f"# Layer {layer}, head {h}: how its weights come about\nkept = trace(model, ids, layers=[{layer}])\n"
        f"q, k = kept.q[{layer}][{h}], kept.k[{layer}][{h}]\n"
        f"assert torch.allclose(q @ k.T / k.shape[-1] ** 0.5, kept.scores[{layer}][{h}], atol=1e-4)\n"
        f"print(kept.weights[{layer}][{h}])",
        f"# The prediction without some heads\nwhole = ablated_logits(model, ids, heads=[])[-1]\n"
        f"without = ablated_logits(model, ids, heads={off or [head]})[-1]\n"
        "print(heads.kl_divergence(whole, without), 'bits')\nprint(without.softmax(-1).topk(5))",
    ]
