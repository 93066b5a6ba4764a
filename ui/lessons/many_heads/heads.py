"""What the lesson on many heads computes: six words through both classes, and the code for it."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np

    from engine.experiments.multi_head import Timing

Arrays = dict[str, "np.ndarray"]
HEADS_TIMED = (1, 2, 4, 8, 16, 32)
SEED_ONE, SEED_WRAPPER = 123, 789


@dataclass(frozen=True)
class Split:
    """The steps of engine.experiments.multi_head.SplitSteps by name, and how the first three lie in memory.

    strides     for queries, viewed and split: how far the next number of each dimension is, in numbers
    same_place  whether all three start at one address: nothing was copied
    bias        (D,) of out_proj
    """

    arrays: Arrays
    strides: dict[str, tuple[int, ...]]
    same_place: bool
    bias: np.ndarray


def split(vectors: list[list[float]], width: int, heads: int, seed: int) -> Split:
    """Words through MultiHeadAttention with every shape kept; InputError when heads do not divide the width."""
    import torch

    from engine.experiments.multi_head import seeded_multi_head, split_steps

    inputs = torch.tensor(vectors)
    attention = seeded_multi_head(inputs.shape[1], width, len(inputs), heads, seed)
    steps = split_steps(attention, inputs)
    laid = {name: getattr(steps, name) for name in ("queries", "viewed", "split")}
    return Split(
        {field.name: getattr(steps, field.name).numpy() for field in fields(steps)},
        {name: tensor.stride() for name, tensor in laid.items()},
        len({tensor.data_ptr() for tensor in laid.values()}) == 1,
        attention.out_proj.bias.detach().numpy(),
    )


def both(vectors: list[list[float]], head_width: int, heads: int, copied: bool) -> Arrays:
    """Outputs of the wrapper and of the one class for the same words, and their difference; each (T, H K)."""
    import torch

    from engine.experiments.multi_head import copy_wrapper_into_one, seeded_multi_head, seeded_wrapper

    inputs = torch.tensor(vectors)
    words, d_in = inputs.shape
    one = seeded_multi_head(d_in, head_width * heads, words, heads, SEED_ONE)
    wrapper = seeded_wrapper(d_in, head_width, words, heads, SEED_WRAPPER)
    if copied:
        copy_wrapper_into_one(wrapper, one)
    with torch.no_grad():
        first, second = wrapper(inputs[None])[0], one(inputs[None])[0]
    return {"wrapper": first.numpy(), "one": second.numpy(), "difference": (first - second).numpy()}


def measure(width: int, batch: int) -> Timing:
    """Both classes timed here and now, one measurement at a time."""
    from engine.experiments.multi_head import time_both
    from ui.models import GATE

    with GATE:
        return time_both(HEADS_TIMED, width, batch=batch)


def inputs_cell(words: Sequence[str], vectors: Sequence[Sequence[float]]) -> str:
    """The words and numbers on screen."""
    rows = "\n".join(f"    {list(vector)!r},  # {word!r}" for word, vector in zip(words, vectors, strict=True))
    return f"import torch\n\ninputs = torch.tensor([\n{rows}\n])"


def split_code(words: Sequence[str], vectors: list[list[float]], width: int, heads: int, seed: int) -> list[str]:
    """The shapes, step by step."""
    return [
        inputs_cell(words, vectors),
        f"""\
from engine import MultiHeadAttention

torch.manual_seed({seed})
attention = MultiHeadAttention({len(vectors[0])}, {width}, {len(words)}, dropout=0.0, num_heads={heads})
queries = attention.W_query(inputs[None])
viewed = queries.view(1, {len(words)}, {heads}, {width // heads})
split = viewed.transpose(1, 2)
for tensor in (queries, viewed, split):
    print(tuple(tensor.shape), "strides", tensor.stride(), "starts at", tensor.data_ptr())
print(split)""",
        """\
from engine.experiments.multi_head import split_steps

steps = split_steps(attention, inputs)
print(steps.weights, steps.joined, steps.parts, steps.out, sep="\\n")
assert torch.allclose(steps.out, attention(inputs[None]), atol=1e-6)
assert torch.allclose(steps.out[0], steps.parts.sum(0) + attention.out_proj.bias, atol=1e-6)""",
    ]


def classes_code(words: Sequence[str], vectors: list[list[float]], width: int, heads: int, copied: bool) -> list[str]:
    """Both classes with the same words."""
    load = "from engine.experiments.multi_head import copy_wrapper_into_one\n" if copied else ""
    copy = "\ncopy_wrapper_into_one(wrapper, one)" if copied else ""
    return [
        inputs_cell(words, vectors),
        f"""\
from engine import MultiHeadAttention, MultiHeadAttentionWrapper
{load}
d_in, length = {len(vectors[0])}, {len(words)}
torch.manual_seed({SEED_ONE})
one = MultiHeadAttention(d_in, {width * heads}, length, 0.0, num_heads={heads})
torch.manual_seed({SEED_WRAPPER})
wrapper = MultiHeadAttentionWrapper(d_in, {width}, length, 0.0, num_heads={heads}){copy}
print(wrapper(inputs[None]), one(inputs[None]), sep="\\n")
print("largest difference", (wrapper(inputs[None]) - one(inputs[None])).abs().max())""",
    ]


def times_code(width: int, batch: int) -> list[str]:
    """The times of both classes."""
    return [
        f"""\
from engine.experiments.multi_head import time_both

times = time_both({HEADS_TIMED!r}, width={width}, batch={batch})
for heads, apart, together in zip(times.heads, times.wrapper, times.one):
    print(f"{{heads:3}} heads: wrapper {{apart:.2f}} ms, one class {{together:.2f}} ms")""",
    ]
