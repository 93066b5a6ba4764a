"""What the lesson on the block computes: a text through the model, its stream, where a logit comes from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ui.figures.block_parts import OUTSIDE

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor

    from engine.analysis.attribution import Attribution
    from ui.models import LoadedModel

    Floats = NDArray[np.float32]

MOST_TOKENS = 64  # more could not be told apart in a picture
ANSWERS = 5
STEPS = ("in", "norm1", "attention", "add1", "norm2", "feed_forward", "add2")


@dataclass(frozen=True)
class Reading:
    """A text as it flows through the model.

    left_out            tokens at the end that did not fit into a picture and were not read
    lengths             (L + 1, T) length of every vector of the stream, before the first block and after each
    added               (2 + 2 L, T) length of what each part added: token, position, then two for each block
    difference          largest difference between the sum of all parts and the stream
    top, top_probability, answer_probability, answer_rank
                        (L + 1, T) what every level would predict, and how it ranks the model's answer
    answers             (T, 5) the likeliest next tokens in the end; answer_probabilities theirs
    """

    ids: list[int]
    tokens: list[str]
    left_out: int
    lengths: Floats
    added: Floats
    difference: float
    top: NDArray[np.int64]
    top_probability: Floats
    answer_probability: Floats
    answer_rank: NDArray[np.int64]
    answers: NDArray[np.int64]
    answer_probabilities: Floats

    @property
    def levels(self) -> list[str]:
        """A name for each level of the stream."""
        return ["start", *(f"after block {layer}" for layer in range(len(self.lengths) - 1))]

    @property
    def parts(self) -> list[tuple[str, str]]:
        """Place and kind of each part that was added."""
        blocks = [
            (f"block {layer}", kind) for layer in range(len(self.lengths) - 1) for kind in ("attention", "feed-forward")
        ]
        return [("token", OUTSIDE), ("position", OUTSIDE), *blocks]


def token_ids(loaded: LoadedModel, text: str) -> tuple[Tensor, int]:
    """IDs (T,) of the text, and how many were left out."""
    import torch

    from engine.tokenizers.pretrained import encode_text

    ids = encode_text(loaded.tokenizer, text)
    return torch.tensor(ids[:MOST_TOKENS], dtype=torch.long), max(0, len(ids) - MOST_TOKENS)


def read(loaded: LoadedModel, text: str) -> Reading:
    """One text through the model; raises InputError for an empty one."""
    from engine.analysis.lens import logit_lens
    from engine.analysis.stream import read_stream
    from engine.tokenizers.pretrained import token_text

    ids, left_out = token_ids(loaded, text)
    stream = read_stream(loaded.model, ids)
    lens = logit_lens(loaded.model, stream.levels)
    best = stream.logits.float().softmax(-1).topk(ANSWERS)
    return Reading(
        ids.tolist(),
        [token_text(loaded.tokenizer, i) for i in ids.tolist()],
        left_out,
        stream.levels.norm(dim=-1).float().cpu().numpy(),
        stream.parts.norm(dim=-1).float().cpu().numpy(),
        stream.largest_difference,
        lens.top.cpu().numpy(),
        lens.top_probability.cpu().numpy(),
        lens.answer_probability.cpu().numpy(),
        lens.answer_rank.cpu().numpy(),
        best.indices.cpu().numpy(),
        best.values.cpu().numpy(),
    )


def steps(loaded: LoadedModel, text: str, layer: int) -> Floats:
    """(7, T, D) every step of one block."""
    import torch

    from engine.analysis.stream import block_steps

    return torch.stack(list(block_steps(loaded.model, token_ids(loaded, text)[0], layer).values())).cpu().numpy()


def at_level(loaded: LoadedModel, text: str, level: int, place: int) -> Floats:
    """(V,) the whole distribution of the next token, as this level of the stream would give it."""
    from engine.analysis.lens import lens_logits
    from engine.analysis.stream import read_stream

    stream = read_stream(loaded.model, token_ids(loaded, text)[0])
    return lens_logits(loaded.model, stream.levels[level, place]).float().softmax(-1).cpu().numpy()


def attribution(loaded: LoadedModel, text: str, place: int, token: int, against_average: bool) -> Attribution:
    """Where the logit of one token after one place comes from."""
    from engine.analysis.attribution import attribute_logit
    from engine.analysis.stream import read_stream

    stream = read_stream(loaded.model, token_ids(loaded, text)[0])
    return attribute_logit(loaded.model, stream, place, token, against_average)


@dataclass(frozen=True)
class Cell:
    """The numbers that make one number of one step.

    value  the number itself
    terms  what it is made of, by name
    many   numbers that are added up: each head's share, or each product of the feed-forward's second matrix
    """

    value: float
    terms: dict[str, float]
    many: list[float]


def cell(loaded: LoadedModel, text: str, layer: int, step: str, place: int, column: int) -> Cell:
    """How one number of a block comes about: step is one of STEPS, column a place in the vector."""
    from engine.trace import trace

    block = loaded.model.blocks[layer]
    kept = trace(loaded.model, token_ids(loaded, text)[0], layers=[layer])
    before, middle = kept.resid_pre[layer][place], kept.resid_mid[layer][place]
    attention, mlp = kept.attn_out[layer][place], kept.mlp_out[layer][place]
    if step == "in":
        token, position = kept.tok_emb[place, column].item(), kept.pos_emb[place, column].item()
        value = before[column].item()
        return Cell(value, {"token": token, "position": position, "earlier": value - token - position}, [])
    if step in ("norm1", "norm2"):
        x, norm = (before, block.norm1) if step == "norm1" else (middle, block.norm2)
        terms = {
            "x": x[column].item(),
            "mean": x.mean().item(),
            "deviation": (x.var(unbiased=False) + norm.eps).sqrt().item(),
            "scale": norm.scale[column].item(),
            "shift": norm.shift[column].item(),
        }
        return Cell(norm(x)[column].item(), terms, [])
    if step == "attention":
        bias = block.att.out_proj.bias[column].item()
        return Cell(attention[column].item(), {"bias": bias}, kept.head_out[layer][:, place, column].tolist())
    if step == "feed_forward":
        hidden, narrow = block.ff.layers[:2](block.norm2(middle)), dict(block.ff.layers[2].named_parameters())
        products = (hidden * narrow["weight"][column]).tolist()
        return Cell(mlp[column].item(), {"bias": narrow["bias"][column].item()}, products)
    stream, added = (before, attention) if step == "add1" else (middle, mlp)
    value = (middle if step == "add1" else kept.resid_post[layer][place])[column].item()
    return Cell(value, {"stream": stream[column].item(), "added": added[column].item()}, [])
