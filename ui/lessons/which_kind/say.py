"""What the figures come to, in sentences that depend on them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.evaluation.metrics import Accuracy
from ui.figures.which_kind import TUNED, UNTOUCHED
from ui.numbers import percent

if TYPE_CHECKING:
    from engine.analysis.asking import Told

ONE_SIDED = 0.9  # nearly always the same answer


def figures(told: dict[tuple[str, str], Told], right: Accuracy | None) -> list[str]:
    """One paragraph for each kind of model, and one for what follows.

    told   (kind, wording) -> how often it was right
    right  of the classifier
    """
    said = []
    for kind, name in ((UNTOUCHED, "The model as it is"), (TUNED, "After instruction tuning")):
        ones = [one for (of, _), one in told.items() if of == kind]
        if ones:
            said.append(f"**{name}:** {_asked(ones)}")
    if right is not None:
        low, high = right.interval
        said.append(
            f"**The classifier** is right on **{percent(right.share)}** (95% interval {percent(low)} to "
            f"{percent(high)}): same model, {_against(right, list(told.values()))}"
        )
    return said


def _asked(ones: list[Told]) -> str:
    shares = [one.right / one.total for one in ones]
    stuck = sum(max(one.said_yes, one.total - one.said_yes) >= ONE_SIDED * one.total for one in ones)
    spoken = sum(one.spoken for one in ones) / len(ones)
    ranked = max(one.ranked for one in ones)
    text = (
        f"right on **{percent(min(shares))}** to **{percent(max(shares))}**, depending on the wording alone. In "
        f"{stuck} of {len(ones)} wordings it gives nearly every message the same answer. "
    )
    text += f"Yes or no would be its next word {percent(spoken)} of the time"
    text += ": mostly it would say something else. " if spoken < 0.5 else ". "
    return text + (
        f"Something about spam it does know: in its best wording a spam gets more of a yes than a ham in "
        f"{percent(ranked)} of pairs."
        if ranked >= 0.6
        else "It cannot tell spam from ham this way: no wording ranks them much better than chance."
    )


def _against(right: Accuracy, asked: list[Told]) -> str:
    if not asked:
        return "no question asked."
    best = max((Accuracy(one.right, one.total) for one in asked), key=lambda one: one.share)
    if right.interval[0] > best.interval[1]:
        return "and clearly better than any of the wordings. Labels told it what the question could not."
    if right.share > best.share:
        return "and better than any of the wordings, though the interval overlaps with that of the best."
    return "and no better than the best wording: for this task this model hardly needs a head."
