"""What a loss curve can show, in words: how each pattern looks, where it comes from, what helps."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.evaluation.curves import Diagnosis
    from engine.jobs.recipe import Recipe


@dataclass(frozen=True)
class Pattern:
    """A pattern as the page explains it.

    name   what it is called
    looks  how to see it
    why    where it comes from
    helps  what to change
    """

    name: str
    looks: str
    why: str
    helps: str


PATTERNS = {
    "healthy": Pattern(
        "Healthy",
        "Both losses fall and stay close.",
        "What is learned from the training text holds for text that was never trained on.",
        "Nothing needs mending. If both still fall at the end, more steps would give more.",
    ),
    "overfitting": Pattern(
        "Overfitting",
        "Training goes on falling; validation stops, or turns up.",
        "The model begins to know its training text by heart: the text is small for so large a model and so many "
        "epochs.",
        "Stop where validation is lowest (*early stopping*) and keep that checkpoint. More text is the real cure. "
        "Dropout, weight decay or a smaller model put it off, and may also hold back what is worth learning.",
    ),
    "underfitting": Pattern(
        "Underfitting",
        "Both losses level off high, close together.",
        "The model is too small for what there is to learn, or something keeps it from learning it.",
        "A larger model first. More epochs of the same do not help once the curve is level. A rate that is too high "
        "can look like this too, so look at how the curve began.",
    ),
    "unstable": Pattern(
        "Unstable",
        "The loss jumps up again and again, also when it is evaluated on the same windows.",
        "Steps are too long for the slope under them, or point where the few windows of one batch say.",
        "A lower learning rate, warm-up, larger batches; clipping limits single steps (this loop always clips to a "
        "norm of 1).",
    ),
    "rate_too_high": Pattern(
        "Learning rate too high",
        "A loss far worse than blind guessing, or one that climbs back up; then it is stuck.",
        "Each step goes far past the place that its gradient pointed to, and the weights are thrown where gradients no "
        "longer help.",
        "A tenth of the rate or less, and warm-up. Starting anew is better than going on: the weights are spoilt.",
    ),
    "rate_too_low": Pattern(
        "Learning rate too low",
        "Both losses fall together, evenly and slowly, and end high.",
        "Each step goes the right way and hardly anywhere.",
        "Ten times the rate, or a hundred where it is tiny; more steps work too but cost time.",
    ),
    "plateau": Pattern(
        "Plateau",
        "A long level stretch, and then the loss falls again.",
        "The easy things are learned, such as which tokens are frequent; the next thing needs several parts of the "
        "model to fit together first.",
        "Patience, or a somewhat higher rate. It is no reason to stop; only a level end is.",
    ),
    "leak": Pattern(
        "Validation below training",
        "The validation loss lies below the training loss, both measured without dropout.",
        "Validation is easier than training: its text repeats what is in the training text (a *leak*), or it is of an "
        "easier kind, or too small to be typical.",
        "Look for duplicates across the split, and draw the split anew. (A thin training curve above validation is no "
        "leak: it is measured with dropout and before each step.)",
    ),
    "broken": Pattern(
        "Not a number",
        "The loss is no longer a number, and nothing comes after it.",
        "A step so long that numbers outgrew what 32 bits can hold; from then on every weight is spoilt.",
        "Go on from the last checkpoint with a lower rate.",
    ),
    "too_short": Pattern(
        "Too short to tell",
        "Too few steps or evaluations.",
        "Most patterns are comparisons of early with late.",
        "Train longer, or evaluate more often.",
    ),
}
GUESSES = ("healthy", "overfitting", "underfitting", "unstable", "rate_too_high", "rate_too_low")
# What some signs need besides their number.
ALSO_NEEDED = {
    "rate_too_low": "it would have to be falling still, with 15% of the fall or more in the last third",
    "underfitting": "it would have to be level, with less than 15% of the fall in the last third",
    "unstable": "one rise alone does not count",
}
UNITS = {"nats": " nats", "share": " times the fall", "share of the run": " of the run", "losses": " losses"}


def setting(value: float | str) -> str:
    """A setting as people write it: 0.00003, not 3e-05; 0, not 0.0."""
    return f"{value:.10f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)


def treated(recipe: Recipe, diagnosis: Diagnosis, steps_per_epoch: int) -> Recipe:
    """The recipe with what helps first; unchanged where there is nothing to mend."""
    pattern, rate = diagnosis.pattern, recipe.learning_rate
    if pattern == "overfitting":
        until = (diagnosis.since or 0) // max(1, steps_per_epoch) + 1
        return replace(recipe, epochs=min(recipe.epochs, max(1, until)))
    if pattern == "underfitting" and recipe.start == "scratch":
        return replace(recipe, width=64, layers=2, heads=2, learning_rate=min(rate, 0.003))
    if pattern == "unstable":
        calm = replace(recipe, schedule="cosine", warmup=0.05)
        return replace(
            calm,
            learning_rate=rate / 20,
            batch_size=min(32, 4 * recipe.batch_size),
            epochs=min(60, 4 * recipe.epochs),  # larger batches make fewer steps of an epoch
        )
    if pattern in ("rate_too_high", "broken"):
        calm = replace(recipe, schedule="cosine", warmup=0.05)
        return replace(calm, learning_rate=rate / 100 if rate > 0.03 else rate / 10)
    if pattern == "rate_too_low":
        return replace(recipe, learning_rate=100 * rate if rate < 1e-4 else 10 * rate)
    return recipe
