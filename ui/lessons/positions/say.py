"""The sentences of the lesson on positions that depend on what is on screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ui.numbers import count, fmt, percent

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

START = "The dog chased the cat, and the man laughed at"

TABLE_NOTES = {
    "learned": "This model's own table, as training left it. A cosine of 1 means the same direction.",
    "waves": "Sines and cosines of many wavelengths, from the first Transformer (Vaswani et al. 2017, "
    "section 3.5). Nothing is learned: the table is a formula.",
    "random": "Random numbers (seed 123), which is how a table begins before training. What you see here is chance.",
}

SCHEMES = {
    "learned": "learned (absolute)",
    "waves": "waves (absolute)",
    "rotation": "rotation (relative)",
    "ALiBi": "ALiBi (relative)",
}

# Below this share of a vector's length a difference is the rounding of 32-bit numbers.
ROUNDING = 1e-5


def twice(ids: Sequence[int], sums: Floats, start: int) -> str:
    """What becomes of a token that stands in the text twice.

    sums   (T, D) token + position
    start  the position of the first token
    """
    for place, token in enumerate(ids):
        first = ids.index(token)
        if first < place:
            apart = fmt(float(np.linalg.norm(sums[place] - sums[first])))
            return (
                f"Token {token} stands at positions {start + first} and {start + place}. Its row of the token table is "
                f"the same; the two inputs are **{apart}** apart (length of their difference), because of their "
                "positions alone."
            )
    return "No token stands here twice. Repeat a word: one row of the token table becomes two inputs."


def lengths(width: int) -> str:
    """What a vector's length is, and why the lengths do not add up."""
    return (
        f"A vector's length: the square root of the sum of its {width} squared numbers. The lengths do not add up, "
        "because the two vectors point in different directions; at a right angle, the input's would be "
        "√(token² + position²)."
    )


def moved(share: float) -> str:
    """How much of the probability is on other tokens in the other order."""
    if share < ROUNDING:
        return "No probability has moved, but for rounding."
    return f"{percent(share)} of the probability has moved to other tokens."


def change(way: str, layer: int, token: str, value: float) -> str:
    """What the chosen cell of the map of changes means."""
    where = "before the first block" if layer == 0 else f"after block {layer}"
    sentence = (
        f"The outlined cell, {way}: {where}, the vector of {token} in the shuffled text differs from that in the text "
        f"as typed by **{fmt(value)}** of its length. "
    )
    return sentence + ("That is rounding: it is the same vector." if value < ROUNDING else "")


def difference(value: float) -> str:
    """A difference, and whether it is only the rounding of 32-bit numbers."""
    return f"**{fmt(value)}**" + (" (rounding)" if 0 < abs(value) < ROUNDING else "")


def way_of_reading(way: str) -> str:
    """What a row of the map stands for, before its predictions."""
    return {
        "no positions, no mask": "**Without positions and mask** the model reads a bag of words: every token has the "
        "same vector in both orders, in every layer, and the same last token gives the same prediction. (The model was "
        "not trained to work like this; here only the arithmetic counts.)",
        "no positions, mask": "**Without positions, with the mask** a token still sees no later one. So the other "
        "tokens see other company in the two orders; from block 2 on the last token reads what they became. The mask "
        "alone gives some of the order away. (The model was not trained like this.)",
        "positions, no mask": "**With positions, without the mask** every token sees all others and where each stands. "
        "(The model was not trained like this: it never saw the future.)",
        "positions, mask (GPT)": "**With both**, as the model was trained.",
    }[way]


def similar(cosines: Floats, by_distance: Floats) -> str:
    """Whether near positions are more alike than far ones, in the numbers on screen."""
    near, far = float(by_distance[1:5].mean()), float(by_distance[len(by_distance) // 2 :].mean())
    same = [np.diagonal(cosines, distance) for distance in range(1, len(cosines) // 2)]
    spread = float(np.mean([values.std() for values in same]))
    return (
        f"On average over all pairs, positions 1 to 4 places apart have the cosine **{fmt(near)}**, and those at least "
        f"{len(cosines) // 2} apart **{fmt(far)}**: "
        + ("near places are more alike. " if near > far + 0.05 else "near places are not clearly more alike. ")
        + f"Pairs at one and the same distance differ by **{fmt(spread)}** (standard deviation): "
        + (
            "in this table the distance alone decides the cosine."
            if spread < ROUNDING
            else "in this table the distance alone does not decide."
        )
    )


def relative(context_length: int) -> str:
    """Absolute against relative, with what is published about it."""
    return (
        "**Absolute**: each place has a vector of its own, added to the token. The score of the same pair depends on "
        f"where it stands, and a learned table ends: this model has no row for position {count(context_length)} (it "
        f"counts from 0), so it can read {count(context_length)} tokens and not one more. The waves never end, but "
        "added to tokens and multiplied by weights they depend on the place too.\n\n"
        "**Relative**: the score knows only the distance. *Rotation* (RoPE, Su et al. 2021; used by Llama, Touvron et "
        "al. 2023) turns query and key by an angle that grows with their place, so that in the dot product only the "
        "difference is left. *ALiBi* (Press et al. 2022) takes a fixed amount off each score for every token of "
        "distance. In that paper, a model with ALiBi trained on 1,024 tokens did as well on 2,048 as one with waves "
        "that was trained on 2,048."
    )
