"""The sentences of the lesson on prompts that follow from the numbers on screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ui.numbers import fmt, percent

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from engine.analysis.in_context import Draw

    Floats = NDArray[np.float64]

MUCH = 1.3  # a factor between two probabilities that is worth a sentence


def mean(logs: Floats) -> Floats:
    """(K + 1,) the geometric mean over the orders, from ln P (N, K + 1)."""
    averages: Floats = np.exp(logs.mean(axis=0))
    return averages


def effect(right: Floats, mixed: Floats) -> str:
    """What the examples did, and whether their answers mattered; from ln P (N, K + 1) of both kinds."""
    curve, other = mean(right), mean(mixed)
    times, last = float(curve[-1] / curve[0]), len(curve) - 1
    first = (
        f"Without an example the right answer has {percent(float(curve[0]))}, with {last} it has "
        f"**{percent(float(curve[-1]))}**: {fmt(times)} times as much. "
    )
    against = float(curve[-1] / other[-1])
    if against >= MUCH:
        second = (
            f"With the answers mixed up it has {percent(float(other[-1]))}: the right examples help "
            f"**{fmt(against)} times** as much, so this model takes from them *which* answer belongs to which question."
        )
    elif times >= MUCH:
        compared = "about as much" if against > 1 / MUCH else "even more"
        second = (
            f"But with the answers mixed up it is {percent(float(other[-1]))}, {compared}. So what **this** model "
            "takes from the examples is their form and the kind of words; of the rule, nothing that shows here. Larger "
            "models make more of their examples (Brown et al. 2020, figure 1.2); choose one in the sidebar."
        )
    else:
        second = (
            "These examples teach this model hardly anything. Larger models make more of them (Brown et al. 2020, "
            "figure 1.2)."
        )
    return first + second


def mixing(draws: Sequence[Draw]) -> str:
    """How answers were mixed up, and how many are right all the same because pairs share an answer."""
    after = [pair for draw in draws for pair in zip(draw.examples, draw.mixed, strict=True)]
    still = sum(right == wrong for right, wrong in after)
    return "Mixed up: each example gets the answer of the next" + (
        f"; where two have the same answer, it stays right ({still} of {len(after)} here)." if still else "."
    )


def rounds(losses: Floats, vocab_size: int) -> str:
    """What the repetition did, from losses (texts, rounds, length), nats."""
    by_round = losses.mean(axis=(0, 2))
    fall = float(by_round[0] - by_round[-1])
    numbers = ", then ".join(f"**{fmt(float(loss))}**" for loss in by_round)
    text = (
        f"Mean loss of the rounds: {numbers} nats a token. (Choosing evenly among all {vocab_size:,} tokens costs "
        f"ln {vocab_size:,} = {fmt(float(np.log(vocab_size)))}; a model that expects English is more surprised than "
        "that by nonsense.) "
    )
    if fall > 2:
        return text + f"It falls by {fmt(fall)} nats: the model looks back, and copies what came next the last time."
    if fall > 0.1:
        return text + (
            f"It falls by {fmt(fall)} nats, {fmt(float(np.exp(fall)))} times the probability: this model notices "
            "which words have been said, but it can hardly copy. Models that have learned to copy fall much further "
            "(Olsson et al. 2022)."
        )
    return text + "It hardly falls: this model has not learned to copy. Larger ones have (Olsson et al. 2022)."
