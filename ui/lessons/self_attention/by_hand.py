"""What the lesson on self-attention computes, and the same as code to show."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING

from ui.figures import attention_by_hand as draw

if TYPE_CHECKING:
    import numpy as np

    from ui.figures.matrices import Product

Arrays = dict[str, "np.ndarray"]
WIDTHS = tuple(2**n for n in range(11))
COPIES = {"own": "Own weights", "as_is": "Copied as they are", "transposed": "Copied, transposed"}


def plain_arrays(vectors: list[list[float]]) -> Arrays:
    """Every matrix of self-attention without trainable weights, by name."""
    import torch

    from engine.attention_steps import simple_attention

    steps = simple_attention(torch.tensor(vectors))
    return {field.name: getattr(steps, field.name).numpy() for field in fields(steps)}


def trained_arrays(vectors: list[list[float]], width: int, seed: int, scale: bool) -> Arrays:
    """Every matrix of self-attention with the weights of this seed, by name; W_query, W_key, W_value too."""
    import torch

    from engine.attention_steps import seeded_v1, trainable_attention

    v1 = seeded_v1(len(vectors[0]), width, seed)
    with torch.no_grad():
        steps = trainable_attention(torch.tensor(vectors), v1.W_query, v1.W_key, v1.W_value, scale)
    arrays = {field.name: getattr(steps, field.name).numpy() for field in fields(steps)}
    return arrays | {name: matrix.detach().numpy() for name, matrix in v1.named_parameters()}


def picture(step: str, words: list[str], a: Arrays, scale: bool) -> Product:
    """The matrices of one step; without W_query in the arrays each word is its own query, key and value."""
    plain = "W_query" not in a
    if step in ("query", "key", "value"):
        return draw.projection(words, a["inputs"], a[f"W_{step}"], a[draw.plural(step)], step)
    if step == "scores":
        return draw.dot_products(words, a["queries"], a["keys"], a["scores"], plain)
    if step == "scaled":
        return draw.scaling(words, a["scores"], a["scaled"], a["keys"].shape[1], scale)
    if step == "weights":
        return draw.softmax(words, a["scaled"], a["weights"], "scores" if plain else "scaled scores")
    return draw.weighted_average(words, a["weights"], a["values"], a["context"], plain)


def two_classes(vectors: list[list[float]], width: int, copy: str) -> Arrays:
    """Outputs of SelfAttention_v1 (seed 123) and SelfAttention_v2 (seed 789), and their difference.

    copy  "own": each with its own weights; "as_is" or "transposed": v1 takes over v2's
    Raises InputError when matrices copied as they are do not fit.
    """
    import torch

    from engine.attention_steps import copy_v2_into_v1, seeded_v1, seeded_v2

    inputs = torch.tensor(vectors)
    v1, v2 = seeded_v1(inputs.shape[1], width, 123), seeded_v2(inputs.shape[1], width, 789)
    if copy != "own":
        copy_v2_into_v1(v1, v2, transpose=copy == "transposed")
    with torch.no_grad():
        first, second = v1(inputs), v2(inputs)
    return {"v1": first.numpy(), "v2": second.numpy(), "difference": (first - second).numpy()}


def scaling_arrays(keys: int, seed: int) -> dict[str, dict[bool, np.ndarray]]:
    """Entropy, slope and one example's weights over WIDTHS; the inner key says whether scores were scaled."""
    from engine.attention_steps import scaling_curve

    curve = scaling_curve(WIDTHS, keys, seed)
    return {
        name: {scaled: values.numpy() for scaled, values in getattr(curve, name).items()}
        for name in ("entropy", "slope", "example")
    }


def inputs_cell(words: list[str], vectors: list[list[float]]) -> str:
    """The first cell: the words and numbers on screen."""
    rows = "\n".join(f"    {vector!r},  # {word!r}" for word, vector in zip(words, vectors, strict=True))
    return f"import torch\n\ninputs = torch.tensor([\n{rows}\n])"


def plain_code(words: list[str], vectors: list[list[float]]) -> list[str]:
    """The code behind the part without trainable weights."""
    return [
        inputs_cell(words, vectors),
        """\
from engine.attention_steps import simple_attention

steps = simple_attention(inputs)
print(steps.scores, steps.weights, steps.context, sep="\\n")""",
        """\
# The same in three lines.
scores = inputs @ inputs.T
weights = torch.softmax(scores, dim=-1)
context = weights @ inputs
assert torch.allclose(context, steps.context)""",
    ]


def trained_code(words: list[str], vectors: list[list[float]], width: int, seed: int, scale: bool) -> list[str]:
    """The code behind the part with queries, keys and values."""
    check = "\nassert torch.allclose(steps.context, attention(inputs))" if scale else ""
    return [
        inputs_cell(words, vectors),
        f"""\
from engine import SelfAttention_v1
from engine.attention_steps import trainable_attention

torch.manual_seed({seed})
attention = SelfAttention_v1(d_in={len(vectors[0])}, d_out={width})
steps = trainable_attention(inputs, attention.W_query, attention.W_key, attention.W_value, scale={scale})
print(steps.queries, steps.keys, steps.values, sep="\\n")
print(steps.scores, steps.weights, steps.context, sep="\\n"){check}""",
    ]


def classes_code(words: list[str], vectors: list[list[float]], width: int, copy: str) -> list[str]:
    """The code behind the part on the two classes."""
    d_in = len(vectors[0])
    cells = [
        inputs_cell(words, vectors),
        f"""\
from engine import SelfAttention_v1, SelfAttention_v2

torch.manual_seed(123)
v1 = SelfAttention_v1({d_in}, {width})
torch.manual_seed(789)
v2 = SelfAttention_v2({d_in}, {width})""",
    ]
    if copy != "own":
        turn = ".T" if copy == "transposed" else ""
        cells.append(
            "with torch.no_grad():\n"
            f"    v1.W_query.copy_(v2.W_query.weight{turn})\n"
            f"    v1.W_key.copy_(v2.W_key.weight{turn})\n"
            f"    v1.W_value.copy_(v2.W_value.weight{turn})"
        )
    return [*cells, 'print(v1(inputs), v2(inputs), v1(inputs) - v2(inputs), sep="\\n")']


def scaling_code(keys: int, seed: int, width: int) -> list[str]:
    """The code behind the part on scaling."""
    return [
        f"""\
from engine.attention_steps import scaling_curve

widths = {WIDTHS!r}
curve = scaling_curve(widths, keys={keys}, seed={seed})
for scaled in (False, True):
    print("divided by sqrt(d_k)" if scaled else "as they are")
    print("  entropy in bits", curve.entropy[scaled])
    print("  slope          ", curve.slope[scaled])
    print("  one query's weights at d_k = {width}:", curve.example[scaled][widths.index({width})])"""
    ]
