"""What a loss curve shows: which pattern, since which step, and on what evidence in numbers.

Every sign is one number with a limit. Limits are shares of blind guessing's loss, so that the same ones serve 8,192
tokens and two classes. Patterns: the notes' section 5.2, and Goodfellow, Bengio and Courville 2016, "Deep Learning",
sections 5.2 and 11.4.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from engine.evaluation.curves import Curve, Diagnosis, Sign

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.evaluation.curves import Floats, Ints

LEAST_STEPS, LEAST_EVALUATIONS = 10, 4
WINDOW = 9  # steps that a running median looks at, at least
MOST_POINTS = 1_000
CLIMB = 0.15  # the limits: shares of blind guessing's loss, unless they say otherwise
ZIGZAG = 0.1  # share of all that the loss fell
GAP = 0.05
SAME = 0.02
FLAT = 0.2  # share of the run
HIGH = 0.6
ENDING = 0.15  # share of all that the loss fell


def diagnose(curve: Curve) -> Diagnosis:
    """Which pattern the curve shows, since when, and why."""
    broken = _broken(curve)
    whole = _finite(curve)
    if len(whole.losses) < LEAST_STEPS or len(whole.val_losses) < LEAST_EVALUATIONS:
        if broken.found:
            return Diagnosis(broken.pattern, broken.since, broken.evidence, (broken,))
        return Diagnosis(
            "too_short",
            None,
            f"{len(whole.losses)} steps and {len(whole.val_losses)} evaluations so far; a diagnosis needs "
            f"{LEAST_STEPS} and {LEAST_EVALUATIONS}",
            (broken,),
        )
    signs = (broken, *(look(whole) for look in SIGNS.values()))
    gravest = next((sign for sign in signs if sign.found), None)
    if gravest is None:
        return Diagnosis("healthy", None, _healthy(whole), signs)
    return Diagnosis(gravest.pattern, gravest.since, gravest.evidence, signs)


def _finite(curve: Curve) -> Curve:
    """The part of a curve that is numbers."""
    steps = np.isfinite(curve.losses)
    seen = np.isfinite(curve.train_losses) & np.isfinite(curve.val_losses)
    return Curve(
        curve.steps[steps],
        curve.losses[steps],
        curve.rates[steps],
        curve.eval_steps[seen],
        curve.train_losses[seen],
        curve.val_losses[seen],
        curve.blind,
        curve.counting,
    )


def _broken(curve: Curve) -> Sign:
    """A loss is no number any more."""
    steps = curve.steps[~np.isfinite(curve.losses)]
    seen = curve.eval_steps[~(np.isfinite(curve.train_losses) & np.isfinite(curve.val_losses))]
    bad = np.sort(np.concatenate([steps, seen]))
    since = int(bad[0]) if len(bad) else None
    evidence = f"at step {since} the loss is no number" if len(bad) else "every loss is a number"
    return Sign("broken", bool(len(bad)), since, float(len(bad)), 1.0, "losses", evidence)


def _rate_too_high(curve: Curve) -> Sign:
    """The loss climbs far above where it had been, or one is far worse than blind guessing and then all is stuck."""
    limit = CLIMB * curve.blind
    steps, middle = smoothed(curve.steps, curve.losses)  # a median passes over single spikes
    lowest = np.minimum.accumulate(np.minimum(middle, curve.losses[0]))
    climb = middle - lowest
    over = curve.losses - max(curve.blind, float(curve.losses[0]))
    stuck = curve.train_losses[-1] >= _floor(curve) and _zigzag(curve) < ZIGZAG
    back, top = int(climb.argmax()), int(over.argmax())
    if climb[back] < limit and over[top] >= limit and stuck:
        height, since = float(over[top]), int(curve.steps[np.argmax(over >= limit)])
        evidence = (
            f"at step {curve.steps[top]} the training loss is {curve.losses[top]:.2f}, blind guessing has "
            f"{curve.blind:.2f}, and the run is stuck after it"
        )
    else:
        height, since = float(climb[back]), int(steps[np.argmax(climb >= limit)])
        evidence = (
            f"the training loss had come down to {lowest[back]:.2f} and climbed to {middle[back]:.2f} by step "
            f"{steps[back]}"
        )
    found = height >= limit
    return Sign("rate_too_high", found, since if found else None, height, limit, "nats", evidence)


def _unstable(curve: Curve) -> Sign:
    """The same training windows, evaluated without dropout, get worse again and again."""
    rises, share = np.maximum(np.diff(curve.train_losses), 0.0), _zigzag(curve)
    found = bool(share >= ZIGZAG and np.count_nonzero(rises) > 1)
    return Sign(
        "unstable",
        found,
        int(curve.eval_steps[np.argmax(rises >= min(SAME * curve.blind, rises.max() / 4)) + 1]) if found else None,
        share,
        ZIGZAG,
        "share",
        f"evaluated on the same windows, the training loss rose {np.count_nonzero(rises)} times, by "
        f"{rises.sum():.2f} nats together, while it fell by {_fall(curve):.2f} in all",
    )


def _zigzag(curve: Curve) -> float:
    """All rises of the evaluated training loss together, as a share of how far it fell."""
    return float(np.maximum(np.diff(curve.train_losses), 0.0).sum()) / _fall(curve)


def _overfitting(curve: Curve) -> Sign:
    """Since validation stopped getting better, training has gone on getting better."""
    val, train = curve.val_losses, curve.train_losses
    best, same = int(val.argmin()), SAME * curve.blind
    # A minimum is the start when the curve turns up after it; on level ground the start is where the ground begins.
    start = best if val[-1] - val[best] >= same else int(np.argmax(val <= val[best] + same))
    growth = float((val[-1] - train[-1]) - (val[start] - train[start]))
    found = growth >= GAP * curve.blind
    return Sign(
        "overfitting",
        found,
        int(curve.eval_steps[start]) if found else None,
        growth,
        GAP * curve.blind,
        "nats",
        f"since step {curve.eval_steps[start]} the training loss went from {train[start]:.2f} to {train[-1]:.2f}, the "
        f"validation loss from {val[start]:.2f} to {val[-1]:.2f}",
    )


def _leak(curve: Curve) -> Sign:
    """Validation is easier than training, both without dropout."""
    below = curve.train_losses - curve.val_losses
    late = below[len(below) // 2 :]
    middle, limit = float(np.median(late)), SAME * curve.blind
    found = middle >= limit
    above = np.flatnonzero(below < limit)
    since = int(curve.eval_steps[min(above[-1] + 1, len(below) - 1) if len(above) else 0]) if found else None
    where = "below" if middle >= 0 else "above"
    evidence = f"in the second half the validation loss lies {abs(middle):.2f} nats {where} the training loss"
    return Sign("leak", found, since, middle, limit, "nats", evidence)


def _plateau(curve: Curve) -> Sign:
    """A long level stretch, and then the loss falls again."""
    train, steps = curve.train_losses, curve.eval_steps
    longest, start, end = 0.0, 0, 0
    for i in range(len(train)):
        level = np.abs(train[i:] - train[i]) <= SAME * curve.blind
        j = i + (len(level) if level.all() else int(np.argmin(level))) - 1
        share = float(steps[j] - steps[i]) / max(1, steps[-1] - steps[0])
        if share > longest and train[j] - train[-1] >= GAP * curve.blind:
            longest, start, end = share, i, j
    found = longest >= FLAT
    evidence = (
        f"from step {steps[start]} to {steps[end]} the training loss stayed between {train[start : end + 1].min():.2f} "
        f"and {train[start : end + 1].max():.2f}, and fell to {train[-1]:.2f} afterwards"
        if longest
        else "no level stretch before the end"
    )
    return Sign("plateau", found, int(steps[start]) if found else None, longest, FLAT, "share of the run", evidence)


def _rate_too_low(curve: Curve) -> Sign:
    """At the end the loss is still high, and still falling."""
    share = _last_third(curve)
    return _high(curve, "rate_too_low", share >= ENDING, share, 0)


def _underfitting(curve: Curve) -> Sign:
    """At the end the loss is still high, and hardly falling."""
    share, away = _last_third(curve), np.abs(curve.train_losses - curve.train_losses[-1]) > SAME * curve.blind
    level = int(np.flatnonzero(away)[-1]) + 1 if away.any() else 0
    return _high(curve, "underfitting", share < ENDING, share, level)


def _high(curve: Curve, pattern: str, moves: bool, share: float, start: int) -> Sign:
    """The signs of a loss that ends high: no better than counting, or where nobody counted, near blind guessing."""
    end, limit = float(curve.train_losses[-1]), _floor(curve)
    found = moves and end >= limit
    beside = f"{HIGH:.0%} of blind guessing's {curve.blind:.2f} is {HIGH * curve.blind:.2f}"
    if curve.counting is not None:
        beside = f"knowing only how frequent each token is gives {curve.counting:.2f}"
    evidence = (
        f"training ends at {end:.2f}, and {beside}; the last third of the way gave {share:.0%} of all that it fell"
    )
    return Sign(pattern, found, int(curve.eval_steps[start]) if found else None, end, limit, "nats", evidence)


def _floor(curve: Curve) -> float:
    """From which loss on a training loss is high."""
    return HIGH * curve.blind if curve.counting is None else curve.counting - SAME * curve.blind


def _last_third(curve: Curve) -> float:
    """The share of the fall that came in the last third of the way.

    The way is the sum of learning rates: at the end of a schedule that falls to zero, hardly any way is made.
    """
    way = np.cumsum(np.nan_to_num(curve.rates, nan=0.0)) if curve.rates.size else curve.steps.astype(float)
    if not way[-1] > 0:
        way = curve.steps.astype(float)
    at = np.interp(curve.eval_steps, curve.steps, way)
    start = min(int(np.searchsorted(at, 2 / 3 * way[-1])), len(at) - 2)
    return float(curve.train_losses[start] - curve.train_losses[-1]) / _fall(curve)


def _fall(curve: Curve) -> float:
    """From the first evaluation to the lowest; never nothing, so that shares of it can be taken."""
    return max(float(curve.train_losses[0] - curve.train_losses.min()), SAME * curve.blind)


def _healthy(curve: Curve) -> str:
    train, val = curve.train_losses, curve.val_losses
    ending = "still falling: more steps would help" if _last_third(curve) >= ENDING else "level at the end"
    return (
        f"training fell from {train[0]:.2f} to {train[-1]:.2f} and validation with it to {val[-1]:.2f}, "
        f"{abs(val[-1] - train[-1]):.2f} apart; {ending}"
    )


def smoothed(steps: Ints, losses: Floats) -> tuple[Ints, Floats]:
    """The running median of a curve, at no more than MOST_POINTS of its steps."""
    every = -(-len(losses) // MOST_POINTS)
    thin = np.array([np.median(losses[i : i + every]) for i in range(0, len(losses), every)])
    return steps[::every], running_median(thin, max(WINDOW, len(thin) // 20))


def running_median(values: Floats, size: int) -> Floats:
    """The median of each value with those before and after it, `size` in all, fewer at the ends."""
    half = size // 2
    return np.array([np.median(values[max(0, i - half) : i + half + 1]) for i in range(len(values))])


SIGNS: dict[str, Callable[[Curve], Sign]] = {
    "rate_too_high": _rate_too_high,
    "unstable": _unstable,
    "overfitting": _overfitting,
    "leak": _leak,
    "plateau": _plateau,
    "rate_too_low": _rate_too_low,
    "underfitting": _underfitting,
}
