"""The texts that could have come instead: many draws of one token, and a tree of continuations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from engine.errors import InputError
from engine.sampling import filtered_probs

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from torch import Tensor

    from engine.sampling import DecodingSettings

Path = tuple[int, ...]


def count_draws(probs: Tensor, numbers: Tensor) -> Tensor:
    """How often each token is drawn: `engine.sampling.draw` for many numbers and one distribution.

    probs    (V,) probabilities
    numbers  (N,) uniform random numbers, 0 to below 1
    returns  (V,) whole numbers that add up to N
    """
    bars, order = probs.double().sort(descending=True, stable=True)
    ends = bars.cumsum(dim=0)
    places = torch.searchsorted(ends / ends[-1], numbers.double(), right=True)
    return torch.zeros_like(order).index_add(0, order[places], torch.ones_like(places))


@dataclass(frozen=True)
class Node:
    """One token in a tree of continuations.

    path              the tokens added to the text, this one last; empty at the root
    probability       of this token after the text and the path before it, 0 to 1; 1 at the root
    path_probability  of the whole path: the product of its tokens' probabilities
    children          the most probable next tokens, best first; None when the node is not opened
    rest              the probability of all next tokens that are not among the children
    """

    path: Path
    probability: float
    path_probability: float
    children: tuple[Node, ...] | None = None
    rest: float = 0.0


def grow_tree(
    next_scores: Callable[[Path], Tensor],
    text_ids: Sequence[int],
    settings: DecodingSettings,
    opened: Collection[Path],
    width: int = 4,
) -> Node:
    """The tree of continuations of a text as far as it is opened.

    next_scores  the model's scores (V,) for what follows the text and a path
    text_ids     the text's tokens; the repetition penalty looks at them
    settings     how probabilities are made from scores
    opened       paths whose next tokens are wanted; the root, (), always is; those not in sight are left alone
    width        most children of a node

    Raises InputError for a width below 1.
    """
    if width < 1:
        raise InputError(f"the tree's width is {width}; give at least 1 token per branching.")

    def grow(path: Path, probability: float, path_probability: float) -> Node:
        if path and path not in opened:
            return Node(path, probability, path_probability)
        previous = torch.tensor([*text_ids, *path], dtype=torch.long)
        probs = filtered_probs(next_scores(path), settings, previous).double()
        best = probs.topk(min(width, int((probs > 0).sum())))
        children = tuple(
            grow((*path, token), p, path_probability * p)
            for token, p in zip(best.indices.tolist(), best.values.tolist(), strict=True)
        )
        return Node(path, probability, path_probability, children, max(0.0, 1 - float(best.values.sum())))

    return grow((), 1.0, 1.0)
