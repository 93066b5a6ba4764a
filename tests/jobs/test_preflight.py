"""The estimate before the start: its parts by hand, and the memory against what a real step keeps."""

from __future__ import annotations

import os
import time
from dataclasses import asdict, replace

import pytest

from engine.config import GPTConfig
from engine.errors import InputError
from engine.jobs import preflight
from engine.jobs.preflight import Machine, estimate, flops, memory
from engine.jobs.recipe import BOOK, Recipe, snapshot_steps
from engine.memory import training_memory
from engine.whole_files import write_json

MACHINE = Machine(0.001, 1e9, 8e9, 1e-9, 2.0, 3.0, 100_000_000, "a machine for sums")


def test_flops_by_hand():
    """One layer of width 2: 12 x 4 weights, and 10 x 2 in the head; attention 12 x 2 x 5."""
    cfg = GPTConfig(10, 5, 2, 1, 1)
    assert flops(cfg, 3) == 3 * (6 * (48 + 20) + 12 * 1 * 2 * 5)


def test_the_time_grows_with_everything_it_should():
    small = Recipe(context=16, width=32, layers=2, heads=2, batch_size=4, epochs=2)
    base = estimate(small, 5000, 600, MACHINE)
    assert base.plan.steps == 2 * ((4999 // 16) // 4)
    step = 0.002 + flops(small.config(), 64) / 1e9 + 1e-9 * base.plan.parameters
    assert base.step_seconds == pytest.approx(step)
    assert base.seconds > 3.0 + base.plan.steps * step
    for changes in ({"width": 64}, {"layers": 4}, {"epochs": 4}):
        assert estimate(Recipe(**small.settings() | changes), 5000, 600, MACHINE).seconds > base.seconds
    plain = estimate(Recipe(**small.settings() | {"as_book": True}), 5000, 600, MACHINE)
    assert plain.step_seconds == pytest.approx(2 * step)


def test_wide_models_are_computed_faster():
    """Clamped at both ends, and half way on the logarithm in between: 1e9 times the root of 8."""
    assert [MACHINE.rate_at(width) for width in (16, 256, 768, 4096)] == pytest.approx([1e9, 1e9, 8e9, 8e9])
    assert MACHINE.rate_at(443) == pytest.approx(1e9 * 8**0.5, rel=0.01)


def test_memory_is_the_formulas_of_the_engine():
    recipe = Recipe(context=64, width=128, layers=4, heads=4, batch_size=32)
    parts = training_memory(recipe.config(), 32, 64, fused=True)
    assert memory(recipe, MACHINE) == 100_000_000 + sum(parts.values())
    halved = Recipe(**recipe.settings() | {"split": 2})
    saved = parts["activations"] - training_memory(recipe.config(), 16, 64, fused=True)["activations"]
    assert memory(recipe, MACHINE) - memory(halved, MACHINE) == saved
    assert memory(BOOK, MACHINE) > 16 * 162_419_712


def test_what_is_too_short_is_refused_before_the_start():
    with pytest.raises(InputError, match="one window of 64 needs 65"):
        estimate(Recipe(), 20, 3, MACHINE)


def test_large_models_keep_fewer_checkpoints(limits):
    limits(snapshot_bytes=400_000_000)
    assert snapshot_steps(estimate(BOOK, 4612, 533, MACHINE).plan) == [90]
    small = estimate(Recipe(), 12_000, 1300, MACHINE).plan
    assert snapshot_steps(small)[0] == 0
    assert snapshot_steps(small)[-1] == small.steps
    assert len(snapshot_steps(small)) == 11


def test_this_machine_is_measured_once(root, monkeypatch):
    """In a process of its own; a second call starts none while the first is under way."""
    assert preflight.read_machine(root) is None
    monkeypatch.setenv("GLASSBOX_DEVICE", "cpu")
    preflight.start_measuring(root)
    started = []
    monkeypatch.setattr(preflight, "run_beside", lambda *a: started.append(a))
    preflight.start_measuring(root)
    assert started == []
    give_up = time.monotonic() + 120
    while (found := preflight.read_machine(root)) is None and time.monotonic() < give_up:
        time.sleep(0.1)
    assert found is not None
    assert 1e6 < found.rate < 1e15
    assert found.plain >= 1
    assert 50e6 < found.base_bytes < 5e9
    assert "PyTorch" in found.device


def test_a_busy_machine_is_measured_again_after_a_while(root, monkeypatch):
    started = []
    monkeypatch.setattr(preflight, "run_beside", lambda *a: started.append(a))
    root.mkdir()
    busy = replace(MACHINE, busy=True)
    write_json(root / preflight.FILE, asdict(busy))
    assert preflight.read_machine(root) == busy
    preflight.measure_again(root, busy)
    assert not started
    old = time.time() - 2 * preflight.AGAIN
    os.utime(root / preflight.FILE, (old, old))
    preflight.measure_again(root, MACHINE)
    assert not started
    preflight.measure_again(root, busy)
    assert len(started) == 1
