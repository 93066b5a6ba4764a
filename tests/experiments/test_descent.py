"""Walks down a surface: torch.optim's own, and the written-out step lands where it went."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from engine.errors import InputError
from engine.experiments.descent import (
    OPTIMIZERS,
    SURFACES,
    DescentSettings,
    descend,
    height_map,
    make_optimizer,
    one_step,
)

BUSY = DescentSettings("rosenbrock", -1.2, 1.0, 0.002, 0.05, 0.9, 0.3, 40)


@pytest.mark.parametrize("name", OPTIMIZERS)
@pytest.mark.parametrize("settings", [BUSY, DescentSettings(), replace(BUSY, weight_decay=0.0, momentum=0.0)])
def test_each_step_written_out_is_torchs(name: str, settings: DescentSettings) -> None:
    walk = descend(name, settings)
    for step in range(walk.steps):
        for axis in (0, 1):
            done = one_step(name, settings, walk, step, axis)
            assert done.after == pytest.approx(walk.points[step + 1, axis], rel=1e-9, abs=1e-12)


def test_a_walk_is_that_of_a_plain_loop() -> None:
    point = torch.tensor([BUSY.x, BUSY.y], dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.AdamW([point], lr=BUSY.adam_rate, weight_decay=BUSY.weight_decay)
    for _ in range(BUSY.steps):
        optimizer.zero_grad()
        x, y = point
        ((1 - x) ** 2 + 10 * (y - x**2) ** 2).backward()
        optimizer.step()
    np.testing.assert_allclose(descend("AdamW", BUSY).points[-1], point.detach().numpy())


def test_sgd_on_the_bowl_by_hand() -> None:
    """The slope of (x² + y²) / 2 is the point itself, so each step keeps 1 - rate of it."""
    walk = descend("SGD", DescentSettings("bowl", 2.0, -1.0, sgd_rate=0.25, steps=3))
    np.testing.assert_allclose(walk.points[:, 0], [2, 1.5, 1.125, 0.84375])
    np.testing.assert_allclose(walk.points[:, 1], -walk.points[:, 0] / 2)
    assert walk.losses[0] == 2.5


def test_decay_makes_adam_and_adamw_differ() -> None:
    same = replace(BUSY, weight_decay=0.0)
    np.testing.assert_array_equal(descend("Adam", same).points, descend("AdamW", same).points)
    assert np.abs(descend("Adam", BUSY).points - descend("AdamW", BUSY).points).max() > 0.01


def test_what_the_lesson_says_of_ravine_and_saddle() -> None:
    wild = DescentSettings("ravine", -2.5, 1.0, sgd_rate=10**-0.9, steps=60)
    assert descend("SGD", wild).steps < 60
    ridge = DescentSettings("saddle", -2.5, 0.0, steps=100)
    assert all((descend(name, ridge).points[:, 1] == 0).all() for name in OPTIMIZERS)
    beside = replace(ridge, y=0.01, steps=60, sgd_rate=10**-1.5)
    left = {name: abs(descend(name, beside).points[-1, 1]) for name in OPTIMIZERS}
    assert left["SGD"] < 0.2 < 1 < min(left["momentum"], left["Adam"])


@pytest.mark.parametrize("name", SURFACES)
def test_the_map_is_the_surface(name: str) -> None:
    centres, heights = height_map(name, 10)
    found = SURFACES[name].loss(torch.tensor(centres[7]), torch.tensor(centres[2])).item()
    assert heights[2, 7] == pytest.approx(found)
    assert abs(SURFACES[name].start[0]) <= SURFACES[name].span


def test_bad_settings_get_a_sentence() -> None:
    for bad in ({"surface": "hill"}, {"x": 99.0}, {"sgd_rate": math.nan}, {"steps": 0}):
        with pytest.raises(InputError, match="choose|give"):
            DescentSettings(**bad)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="optimizer"):
        make_optimizer("Newton", torch.zeros(2, requires_grad=True), BUSY)
    with pytest.raises(InputError, match="no step 40"):
        one_step("SGD", BUSY, descend("SGD", BUSY), 40, 0)
