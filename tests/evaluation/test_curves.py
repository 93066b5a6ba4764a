"""Reading loss curves: each pattern on curves made by hand, and what is too little to read."""

from __future__ import annotations

import math

import numpy as np
import pytest

from engine.errors import InputError
from engine.evaluation.curves import Curve, counting_loss, curve_of
from engine.evaluation.diagnosis import SIGNS, diagnose, running_median

BLIND, COUNTING = 9.0, 6.0
N, EVERY = 200, 8


def curve(train, val=None, losses=None, rates=None, counting: float | None = COUNTING) -> Curve:
    """N steps and an evaluation each EVERY; train, val and losses are functions of the share of the run made."""
    steps = np.arange(N)
    seen = steps[::EVERY]
    share = steps / N
    return Curve(
        steps,
        np.array([(losses or train)(s) for s in share]),
        np.full(N, 1e-3) if rates is None else np.array([rates(s) for s in share]),
        seen,
        np.array([train(s) for s in share[::EVERY]]),
        np.array([(val or train)(s) for s in share[::EVERY]]),
        BLIND,
        counting,
    )


def falling(s: float) -> float:
    """From 9 down to 2, level at the end."""
    return 2 + 7 * math.exp(-8 * s)


def test_healthy() -> None:
    found = diagnose(curve(falling, lambda s: falling(s) + 0.1))
    assert (found.pattern, found.since, found.also) == ("healthy", None, [])
    assert "from 9.00 to 2.00 and validation with it to 2.10, 0.10 apart; level at the end" in found.evidence
    assert [sign.pattern for sign in found.signs] == ["broken", *SIGNS]
    early = diagnose(curve(lambda s: 9 - 6 * s))
    assert early.pattern == "healthy"
    assert "still falling" in early.evidence


def test_overfitting_that_turns_up() -> None:
    """Validation is lowest at half the run, 5 - 2 = 3 nats, and 4 at its end; training ends at 1."""
    found = diagnose(curve(lambda s: 9 - 8 * s, lambda s: 3 + 4 * (s - 0.48) ** 2 if s > 0.48 else 3 + 4 * (0.48 - s)))
    assert (found.pattern, found.since) == ("overfitting", 96)
    sign = next(sign for sign in found.signs if sign.pattern == "overfitting")
    train = 9 - 8 * 0.96, 9 - 8 * 0.48
    val = 3 + 4 * 0.48**2, 3
    assert sign.measured == pytest.approx((val[0] - train[0]) - (val[1] - train[1]))
    assert sign.limit == pytest.approx(0.45)
    assert "from 5.16 to 1.32, the validation loss from 3.00 to 3.92" in found.evidence


def test_overfitting_that_only_stagnates() -> None:
    """The notes' case: training goes on falling, validation is level from step 80 on."""
    found = diagnose(curve(lambda s: 9 - 8 * s, lambda s: max(9 - 8 * s, 5.8)))
    assert (found.pattern, found.since) == ("overfitting", 80)


def test_rate_too_high_that_starts_over_its_beginning() -> None:
    """One loss of 14 where blind guessing has 9; then it is stuck where counting is."""
    found = diagnose(curve(lambda s: 9 if s == 0 else 6.0, losses=lambda s: {0.0: 9.0, 0.02: 14.0}.get(s, 6.0)))
    assert (found.pattern, found.since) == ("rate_too_high", 4)
    assert "at step 4 the training loss is 14.00, blind guessing has 9.00, and the run is stuck" in found.evidence
    assert found.signs[1].measured == pytest.approx(5.0)


def test_rate_too_high_that_climbs_back() -> None:
    """Down to 4 by half the run, then up at 8 nats a run: a limit of 1.35 is passed 34 steps later."""
    found = diagnose(curve(lambda s: 9 - 10 * s if s < 0.5 else 4 + 8 * (s - 0.5)))
    assert found.pattern == "rate_too_high"
    assert found.since == pytest.approx(100 + 1.35 / 8 * N, abs=4)
    assert "come down to 4.1" in found.evidence


def test_a_single_spike_is_no_illness() -> None:
    """Not even one far above blind guessing, when the run goes on well."""
    for spike in (8.9, 20.0):
        found = diagnose(curve(falling, losses=lambda s, spike=spike: spike if s == 0.6 else falling(s)))
        assert found.pattern == "healthy"


def test_unstable() -> None:
    """The evaluated training loss jumps up by 1.2 at every fourth evaluation from step 24 on."""
    jumps = {0.04 * k for k in range(3, 25, 4)}
    found = diagnose(curve(lambda s: falling(s) + 1.2 * any(abs(s - j) < 1e-9 for j in jumps)))
    assert (found.pattern, found.since) == ("unstable", 24)
    assert "rose 6 times" in found.evidence


def test_noise_of_small_batches_alone_is_not_unstable() -> None:
    noise = np.random.default_rng(0).normal(0, 0.6, N)
    found = diagnose(curve(falling, losses=lambda s: falling(s) + noise[round(s * N)]))
    assert found.pattern == "healthy"


def test_validation_below_training() -> None:
    found = diagnose(curve(falling, lambda s: falling(s) - (0.5 if s >= 0.32 else 0.0)))
    assert (found.pattern, found.since) == ("leak", 64)
    assert "0.50 nats below" in found.evidence


def test_plateau() -> None:
    """Down to 6, level from 0.2 to 0.6 of the run, then down to 3."""
    found = diagnose(curve(lambda s: 9 - 15 * s if s < 0.2 else 6 if s < 0.6 else max(3, 6 - 15 * (s - 0.6))))
    assert found.pattern == "plateau"
    assert found.since == pytest.approx(40, abs=EVERY)
    assert "fell to 3.00 afterwards" in found.evidence


def test_rate_too_low() -> None:
    found = diagnose(curve(lambda s: 9 - s))
    assert (found.pattern, found.since) == ("rate_too_low", 0)
    assert "knowing only how frequent each token is gives 6.00" in found.evidence


def test_underfitting() -> None:
    """Level at 6.5 from a quarter of the run on, and counting tokens alone gives 6.0."""
    found = diagnose(curve(lambda s: max(6.5, 9 - 10 * s)))
    assert (found.pattern, found.since) == ("underfitting", 48)


def test_the_end_of_a_schedule_is_no_sign_of_a_weak_model() -> None:
    """The rate falls to zero and the loss becomes level with it: on the way that was made it still fell evenly."""
    rate, way = (lambda s: (1 - s) ** 2), (lambda s: 1 - (1 - s) ** 3)
    assert diagnose(curve(lambda s: 9 - way(s), rates=rate)).pattern == "rate_too_low"
    assert diagnose(curve(lambda s: 9 - way(s))).pattern == "underfitting"


def test_without_a_count_blind_guessing_is_the_measure() -> None:
    found = diagnose(curve(lambda s: max(6.5, 9 - 10 * s), counting=None))
    assert found.pattern == "underfitting"
    assert "60% of blind guessing's 9.00 is 5.40" in found.evidence
    assert diagnose(curve(lambda s: max(5.3, 9 - 10 * s), counting=None)).pattern == "healthy"


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_a_loss_that_is_no_number(bad: float) -> None:
    """It outranks all else, and the numbers before it are still read."""
    found = diagnose(curve(falling, losses=lambda s: bad if s >= 0.75 else falling(s)))
    assert (found.pattern, found.since) == ("broken", 150)
    assert found.signs[0].measured == 50
    evaluated = diagnose(curve(falling, lambda s: bad if s > 0.9 else falling(s)))
    assert (evaluated.pattern, evaluated.since) == ("broken", 184)


@pytest.mark.parametrize(("steps", "evaluations"), [(0, 0), (1, 1), (9, 9), (200, 3), (200, 0)])
def test_too_short(steps: int, evaluations: int) -> None:
    events = [{"step": n, "loss": 9.0 - n, "learning_rate": 1e-3} for n in range(steps)]
    seen = [{"step": n, "train_loss": 9.0, "val_loss": 9.0} for n in range(evaluations)]
    found = diagnose(curve_of(events, seen, BLIND))
    assert (found.pattern, found.since) == ("too_short", None)
    assert f"{steps} steps and {evaluations} evaluations" in found.evidence
    broke = diagnose(curve_of(events, seen, BLIND, broke_at=steps))
    assert (broke.pattern, broke.since) == ("broken", steps)


def test_curves_of_any_numbers_are_read_without_an_error() -> None:
    """Level, absurdly large, negative, without a rate: one of the known patterns, and finite numbers."""
    for level in (0.0, 1e-30, -3.0, 1e30, 9.0):
        for rate in (None, 0.0):
            events = [{"step": n, "loss": level, "learning_rate": rate} for n in range(30)]
            seen = [{"step": n, "train_loss": level, "val_loss": level} for n in range(0, 30, 5)]
            found = diagnose(curve_of(events, seen, BLIND, COUNTING))
            assert found.pattern in {"healthy", *SIGNS}
            assert all(math.isfinite(sign.measured) for sign in found.signs)


def test_curves_that_make_no_sense_are_refused() -> None:
    with pytest.raises(InputError, match="one loss and one rate for each step"):
        Curve(np.arange(3), np.zeros(2), np.zeros(3), np.arange(0), np.zeros(0), np.zeros(0), BLIND)
    with pytest.raises(InputError, match="above 0"):
        curve_of([], [], 0.0)


def test_counting_is_the_entropy_of_the_tokens() -> None:
    """Shares 1/2, 1/4, 1/4: 1.5 bits."""
    assert counting_loss(np.array([5, 5, 7, 9])) == pytest.approx(1.5 * math.log(2))


def test_running_median_by_hand() -> None:
    np.testing.assert_array_equal(running_median(np.array([5.0, 1, 9, 2, 2]), 3), [3, 5, 2, 2, 2])
