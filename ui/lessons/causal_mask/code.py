"""The code behind each part of the lesson on the causal mask."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ui.code import model_cell
from ui.lessons.causal_mask.masking import MOST_TOKENS, WIDTH

if TYPE_CHECKING:
    from collections.abc import Sequence


def six_words(words: Sequence[str], vectors: Sequence[Sequence[float]], seed: int) -> str:
    """A cell that makes `scores` from the words and numbers on screen."""
    rows = "\n".join(f"    {list(vector)!r},  # {word!r}" for word, vector in zip(words, vectors, strict=True))
    return f"""\
import torch

from engine import SelfAttention_v2

inputs = torch.tensor([
{rows}
])
torch.manual_seed({seed})
attention = SelfAttention_v2(d_in={len(vectors[0])}, d_out={WIDTH})
queries, keys = attention.W_query(inputs), attention.W_key(inputs)
scores = (queries @ keys.T / {WIDTH}**0.5).detach()"""


def real_head(name: str, text: str, layer: int, head: int) -> str:
    """A cell that makes `scores` from one head of the model in the sidebar."""
    return f"""\
import torch

from engine.tokenizers.pretrained import encode_text
from engine.trace import trace
{model_cell(name)}
ids = torch.tensor(encode_text(tokenizer, {text!r})[:{MOST_TOKENS}])
scores = trace(model, ids, layers=[{layer}]).scores[{layer}][{head}].cpu()"""


def masks() -> str:
    """A cell that masks `scores` on both sides of softmax."""
    return """\
hidden = torch.triu(torch.ones_like(scores), diagonal=1).bool()

# One way: minus infinity before softmax.
before = torch.softmax(scores.masked_fill(hidden, -torch.inf), dim=-1)

# The other: zeros after softmax, then every row divided by its sum.
zeroed = torch.softmax(scores, dim=-1).masked_fill(hidden, 0)
after = zeroed / zeroed.sum(dim=-1, keepdim=True)

print(before, zeroed, zeroed.sum(dim=-1), sep="\\n")
print("largest difference", (before - after).abs().max())"""


def dropout(rate: float, seed: int, draws: int) -> str:
    """A cell that drops some of the weights `before`."""
    return f"""\
dropout = torch.nn.Dropout({rate!r})
torch.manual_seed({seed})
print("training", dropout(before), sep="\\n")
print("evaluation", dropout.eval()(before), sep="\\n")

# The same first draw, and its mean over many.
from engine.attention_steps import drop_weights

many = drop_weights(before, rate={rate!r}, seed={seed}, draws={draws})
print("first draw", many[0], "mean", many.mean(0), sep="\\n")"""


def leak(text: str, seed: int) -> list[str]:
    """The two trainings."""
    return [
        f"""\
from engine.experiments.leak import LeakSettings, train_leaky_and_masked

settings = LeakSettings({text!r}, seed={seed})
for masked, result in train_leaky_and_masked(settings).items():
    print("with the mask" if masked else "without the mask")
    print("  last training losses", result.losses[-5:])
    print("  loss while the next character is in view", result.reading.mean())
    print("  loss when it is not", result.writing.mean())
    print("  writes", repr(result.written))"""
    ]


def buffer(context_length: int, move: str) -> list[str]:
    """What both modules hold."""
    return [
        f"""\
from engine.experiments.buffers import held_by, try_mask

for registered in (True, False):
    print("register_buffer" if registered else "a plain attribute")
    for held in held_by({context_length}, registered, {move!r}):
        print("  ", held)
    print("   applying the mask:", try_mask(registered, {move!r}) or "works")"""
    ]
