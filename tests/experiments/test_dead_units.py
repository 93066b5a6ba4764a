"""Dead units: counted as stated, the same start for both bends, and what the lesson says about rates."""

from __future__ import annotations

import numpy as np
import pytest

from engine.errors import InputError
from engine.experiments.dead_units import EVERY, HIDDEN, SMALLEST_SLOPE, STEPS, count_dead_units


def test_dead_means_no_example_moves_it() -> None:
    for bend in ("relu", "gelu"):
        run = count_dead_units(bend, 0.3, 5)
        assert run.steps.tolist() == list(range(0, STEPS + 1, EVERY))
        assert run.dead[-1] == (run.slopes < SMALLEST_SLOPE).sum()
        assert len(run.slopes) == HIDDEN
        assert run.loss[-1] < run.loss[0] / 5, "it learns, too"
        if bend == "relu":
            assert set(run.slopes) <= {0, 1}


@pytest.mark.parametrize("seed", [123, 7])
def test_what_the_lesson_says(seed: int) -> None:
    relu = {rate: count_dead_units("relu", rate, seed) for rate in (0.003, 0.3, 1.0)}
    gelu = {rate: count_dead_units("gelu", rate, seed) for rate in (0.003, 0.3, 1.0)}
    assert relu[0.003].dead[-1] < relu[0.3].dead[-1]
    assert gelu[0.3].dead[-1] < relu[0.3].dead[-1]
    assert gelu[0.003].dead[-1] == 0
    assert gelu[1.0].dead.max() > 0, "far to the left GELU's slope dies away as well"


def test_same_seed_same_numbers() -> None:
    one, two = count_dead_units("relu", 0.1, 1), count_dead_units("relu", 0.1, 1)
    assert one.dead.tolist() == two.dead.tolist()
    assert np.array_equal(one.loss, two.loss)
    assert count_dead_units("relu", 0.1, 2).loss[0] != one.loss[0]


def test_refusals() -> None:
    with pytest.raises(InputError, match="relu or gelu"):
        count_dead_units("elu", 0.1, 0)
    for rate in (0.0, 2.0, float("nan")):
        with pytest.raises(InputError, match="learning rate"):
            count_dead_units("relu", rate, 0)
