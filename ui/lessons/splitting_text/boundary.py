"""How a model reads a second text after an unrelated first one: loss and attention across the boundary."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.errors import InputError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor

    from ui.models import LoadedModel

    Floats = NDArray[np.float32]

# What stands between the texts; alone: no first text, only the marker.
JOINTS = {
    "nothing": "nothing between",
    "line": "a blank line between",
    "marker": "the marker between",
    "alone": "second text alone",
}
MOST_FIRST, MOST_SECOND = 100, 20  # tokens


@dataclass(frozen=True)
class Boundary:
    """The second text's tokens, N of them, after the first text.

    tokens  N texts
    loss    by joint: (N,) nats, -ln of the probability that the model gave to each token
    back    by joint, without "alone": (N,) share of each token's attention that goes to the first text's
            tokens, mean over all heads of all layers
    cut     tokens of the first text's beginning and of the second one's end that were left out
    """

    tokens: list[str]
    loss: dict[str, Floats]
    back: dict[str, Floats]
    cut: tuple[int, int]


def read_boundary(loaded: LoadedModel, first: str, second: str) -> Boundary:
    """The second text after the first, joined in each of JOINTS; its token IDs are the same each time.

    Raises InputError when a text is empty.
    """
    import torch

    from engine.fast import fast_forward
    from engine.tokenizers.pretrained import encode_text, token_text

    whole, following = (encode_text(loaded.tokenizer, text) for text in (first, second))
    if not whole or not following:
        raise InputError("both texts need at least one character; type a few words.")
    before, after = whole[-MOST_FIRST:], following[:MOST_SECOND]
    marker = loaded.tokenizer.eot_token
    between = {"nothing": [], "line": encode_text(loaded.tokenizer, "\n\n"), "marker": [marker]}
    loss, back = {}, {}
    for joint, middle in between.items():
        ids = torch.tensor(before + middle + after, device=loaded.device)
        logits, attention = logits_and_attention(loaded, ids)
        loss[joint] = losses(logits, ids, len(after))
        back[joint] = attention[-len(after) :, : len(before)].sum(dim=1).float().cpu().numpy()
    ids = torch.tensor([marker, *after], device=loaded.device)
    loss["alone"] = losses(fast_forward(loaded.model, ids[None])[0], ids, len(after))
    tokens = [token_text(loaded.tokenizer, i) for i in after]
    return Boundary(tokens, loss, back, (len(whole) - len(before), len(following) - len(after)))


def logits_and_attention(loaded: LoadedModel, ids: Tensor) -> tuple[Tensor, Tensor]:
    """Logits (T, V) of the tokens, and the mean (T, T) of all heads' attention weights."""
    from engine.trace import trace_in_groups

    by_layer = []
    for kept in trace_in_groups(loaded.model, ids):
        by_layer += [weights.mean(dim=0) for weights in kept.weights.values()]
        logits = kept.logits
    return logits, sum(by_layer[1:], by_layer[0]) / len(by_layer)


def losses(logits: Tensor, ids: Tensor, count: int) -> Floats:
    """Loss of each of the last `count` tokens (count,), in nats, from logits (T, V) and IDs (T,)."""
    import torch.nn.functional as F

    values: Floats = (
        F.cross_entropy(logits[-count - 1 : -1].float(), ids[-count:], reduction="none").detach().cpu().numpy()
    )
    return values


def boundary_code(model: str, first: str, second: str) -> list[str]:
    """The code behind the picture."""
    load = "load_pocket()" if model == "pocket" else f'load_gpt2("{model}"), load_tokenizer("gpt2")'
    return [
        f"""\
import torch

from engine import load_gpt2, load_pocket, load_tokenizer
from engine.tokenizers.pretrained import encode_text
from engine.trace import trace

model, tokenizer = {load}
before = encode_text(tokenizer, {first!r})[-{MOST_FIRST}:]
after = encode_text(tokenizer, {second!r})[:{MOST_SECOND}]""",
        """\
blank_line = encode_text(tokenizer, "\\n\\n")
for name, start in {
    "nothing between": before,
    "a blank line between": before + blank_line,
    "<|endoftext|> between": before + [tokenizer.eot_token],
    "without the first text": [tokenizer.eot_token],
}.items():
    ids = torch.tensor(start + after)
    kept = trace(model, ids)
    logits = kept.logits[len(start) - 1 : -1]
    loss = torch.nn.functional.cross_entropy(logits, ids[len(start):], reduction="none")
    print(name, loss.mean().item(), loss, sep="\\n")
    if len(start) >= len(before):
        attention = torch.stack(list(kept.weights.values())).mean(dim=(0, 1))
        print("attention to the first text:", attention[len(start):, : len(before)].sum(dim=1))""",
    ]
