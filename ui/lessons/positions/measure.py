"""What the lesson on positions computes with the chosen model, as arrays."""

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

MOST_TOKENS = 24  # that can be told apart in a picture
# With or without positions, with or without the mask; the last is the model as it was trained.
WAYS = {
    "no positions, no mask": (False, False),
    "no positions, mask": (False, True),
    "positions, no mask": (True, False),
    "positions, mask (GPT)": (True, True),
}
TABLES = {"learned": "Learned", "waves": "Waves", "random": "Before training"}


@dataclass(frozen=True)
class Inputs:
    """A text's vectors on their way into the model, the text standing at positions start, start + 1, ...

    token, position  (T, D) rows of the two tables
    left_out         tokens at the end that were not read
    """

    ids: list[int]
    tokens: list[str]
    token: Floats
    position: Floats
    left_out: int


@dataclass(frozen=True)
class Shuffle:
    """The same tokens in two orders.

    order   (T,) place i of the new text holds token order[i] of the old one
    change  (4, L + 1, T) by WAYS: the change of each token's vector, as a share of its length
    """

    ids: list[int]
    tokens: list[str]
    order: list[int]
    change: Floats
    left_out: int


def read_ids(loaded: LoadedModel, text: str) -> tuple[list[int], list[str], int]:
    """IDs and texts of the first tokens, and how many were left out.

    Raises InputError for an empty text.
    """
    from engine.tokenizers.pretrained import encode_text, token_text

    ids = encode_text(loaded.tokenizer, text)
    if not ids:
        raise InputError("the text is empty; type a few words.")
    kept = ids[:MOST_TOKENS]
    return kept, [token_text(loaded.tokenizer, i) for i in kept], len(ids) - len(kept)


def inputs(loaded: LoadedModel, text: str, start: int) -> Inputs:
    """Token and position vectors of a text that begins at this position."""
    ids, tokens, left_out = read_ids(loaded, text)
    model = loaded.model
    position = model.pos_emb.weight[start : start + len(ids)]
    return Inputs(ids, tokens, array(model.tok_emb.weight[ids]), array(position), left_out)


def shuffle(loaded: LoadedModel, text: str, seed: int, last_stays: bool) -> Shuffle:
    """A text and its shuffled twin through the model, in all four WAYS.

    Raises InputError for fewer than two tokens.
    """
    import torch

    from engine.analysis.positions import order_effect, shuffled_order

    ids, tokens, left_out = read_ids(loaded, text)
    if len(ids) < 2:
        raise InputError("one token has no order; type at least two words.")
    there, order = torch.tensor(ids, device=loaded.device), shuffled_order(len(ids), seed, last_stays)
    change = torch.stack([order_effect(loaded.model, there, order, *way) for way in WAYS.values()])
    return Shuffle(ids, tokens, order.tolist(), array(change), left_out)


def two_predictions(loaded: LoadedModel, text: str, seed: int, last_stays: bool, way: str) -> tuple[Floats, Floats]:
    """(V,) probabilities of the next token after the text, and after its shuffled twin."""
    import torch

    from engine.analysis.positions import next_token, shuffled_order

    ids = read_ids(loaded, text)[0]
    order = shuffled_order(len(ids), seed, last_stays)
    before, after = (
        next_token(loaded.model, torch.tensor(ids, device=loaded.device)[o], *WAYS[way])
        for o in (torch.arange(len(ids)), order)
    )
    return array(before), array(after)


def table(loaded: LoadedModel, text: str, kind: str) -> Floats:
    """(C, D) position vectors: the model's own, the fixed waves, or a table as it is before training.

    text  not used: tables belong to the model
    """
    import torch

    from engine.analysis.positions import sinusoidal_positions

    shape = loaded.model.pos_emb.weight.shape
    if kind == "waves":
        return array(sinusoidal_positions(*shape))
    if kind == "random":
        return array(torch.randn(shape, generator=torch.Generator().manual_seed(123)))
    return array(loaded.model.pos_emb.weight)


def similarity(loaded: LoadedModel, text: str, kind: str) -> tuple[Floats, Floats]:
    """(C, C) cosines of a table's rows, and (C,) their mean by distance."""
    import torch

    from engine.analysis.positions import cosine_similarity, mean_by_distance

    cosines = cosine_similarity(torch.from_numpy(table(loaded, text, kind)))
    return array(cosines), array(mean_by_distance(cosines))


def pair(loaded: LoadedModel, text: str, query: int, distance: int, head: int) -> dict[str, Floats]:
    """By scheme: (C - distance,) the score of two tokens of the text, by the position of the first of them."""
    from engine.analysis.positions import pair_scores

    ids = read_ids(loaded, text)[0]
    scores = pair_scores(loaded.model, ids[query], ids[query - distance], distance, head)
    return {name: array(values) for name, values in scores.items()}


def array(tensor: Tensor) -> Floats:
    """The numbers of a tensor, on the CPU."""
    values: Floats = tensor.detach().float().cpu().numpy()
    return values


def load_code(name: str) -> str:
    """The lines that load the model on screen."""
    if name == "pocket":
        return "from engine import load_pocket\n\nmodel, tokenizer = load_pocket()"
    return (
        "from engine import load_gpt2, load_tokenizer\n\n"
        f'model, tokenizer = load_gpt2({name!r}).eval(), load_tokenizer("gpt2")'
    )


def ids_code(text: str) -> str:
    """The line that reads the text."""
    return (
        "import torch\nfrom engine.tokenizers.pretrained import encode_text\n\n"
        f"ids = torch.tensor(encode_text(tokenizer, {text!r})[:{MOST_TOKENS}])"
    )


def code(part: str, name: str, text: str, **now: int | str | bool) -> list[str]:
    """The code behind one part of the page, with the values on screen.

    now  start, place (add); seed, last_stays, layer (shuffle); table, row (similar); query, distance, head (relative)
    """
    steps = {
        "add": """\
start, place = {start}, {place}
token = model.tok_emb.weight[ids[place]]
position = model.pos_emb.weight[start + place]
print(token[:8], position[:8], (token + position)[:8], sep="\\n")""",
        "shuffle": """\
from engine.analysis.positions import next_token, order_effect, shuffled_order

order = shuffled_order(len(ids), seed={seed}, last_stays={last_stays})
for positions in (False, True):
    for causal in (False, True):
        change = order_effect(model, ids, order, positions, causal)
        print(f"positions {{positions}}, mask {{causal}}:", change[{layer}])
        after, shuffled = next_token(model, ids, positions, causal), next_token(model, ids[order], positions, causal)
        print("next token:", after.max(), shuffled[after.argmax()])""",
        "similar": """\
from engine.analysis.positions import cosine_similarity, mean_by_distance, sinusoidal_positions

tables = {{
    "learned": model.pos_emb.weight.detach(),
    "waves": sinusoidal_positions(*model.pos_emb.weight.shape),
    "random": torch.randn(model.pos_emb.weight.shape, generator=torch.Generator().manual_seed(123)),
}}
cosines = cosine_similarity(tables[{table!r}])
print(cosines[{row}], mean_by_distance(cosines), sep="\\n")""",
        "relative": """\
from engine.analysis.positions import pair_scores

query, distance = {query}, {distance}
scores = pair_scores(model, int(ids[query]), int(ids[query - distance]), distance, head={head})
for scheme, values in scores.items():
    print(scheme, values.min().item(), values.max().item())""",
    }
    first = "import torch" if part == "similar" else ids_code(text)
    return [load_code(name), first, steps[part].format(**now)]
