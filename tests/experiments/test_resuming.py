"""Resuming: with everything saved the same numbers bit for bit, without the optimizer's memory others."""

from __future__ import annotations

import numpy as np
import pytest

from engine.errors import InputError
from engine.experiments.resuming import STEPS, ResumeSettings, resume


@pytest.mark.parametrize("settings", [ResumeSettings(), ResumeSettings(saved_at=5, learning_rate=0.003, seed=7)])
def test_only_everything_saved_goes_on_exactly(settings: ResumeSettings) -> None:
    found = resume(settings)
    assert len(found.whole) == STEPS + 1
    rest = found.whole[settings.saved_at :]
    np.testing.assert_array_equal(found.exact, rest)
    for other in (found.new_optimizer, found.weights_only):
        assert other[0] == rest[0]
        assert other[1] != rest[1]
    assert found.new_optimizer[1] != found.weights_only[1]
    assert found.whole[-1] < found.whole[0]


def test_adamw_keeps_two_numbers_for_each() -> None:
    found = resume(ResumeSettings())
    assert found.memories == 2 * found.parameters
    assert found.optimizer_step == 30
    assert found.weight_bytes > 4 * found.parameters
    assert 8 * found.parameters < found.optimizer_bytes < 8 * found.parameters + 40_000
    assert found.first_memory[2] >= 0


@pytest.mark.parametrize("bad", [{"saved_at": 0}, {"learning_rate": 1.0}, {"seed": -1}])
def test_bounds(bad: dict[str, float]) -> None:
    with pytest.raises(InputError, match="give"):
        ResumeSettings(**bad)  # type: ignore[arg-type]


def test_a_larger_rate_departs_further() -> None:
    """What the lesson's second experiment says, at its own setting."""
    far = []
    for rate in (0.001, 0.01):
        found = resume(ResumeSettings(45, rate, 1))
        far.append(np.abs(found.new_optimizer - found.whole[45:]).max())
    assert far[1] > 3 * far[0]
