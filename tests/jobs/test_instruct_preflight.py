"""What an instruction tuning should take: its memory by hand, against a measured peak, and what makes it grow."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine.config import POCKET_CONFIG, parameter_count
from engine.finetune.instruction_recipe import InstructionRecipe
from engine.jobs.classifying_estimate import THROUGH_ALL
from engine.jobs.instruct_preflight import GROWN, Lengths, instruct_estimate
from engine.jobs.preflight import Machine
from engine.jobs.processes import worker_environment
from engine.memory import activation_bytes, mask_bytes

MACHINE = Machine(0.001, 1e9, 8e9, 1e-9, 2.0, 3.0, 371_000_000, "a machine for sums")
ALL = InstructionRecipe(epochs=1, batch_size=48)
# Entries and tasks in Phi-3 style, as long as the longest of 16,580 are.
LENGTHS = Lengths([37] * 8000 + [82] * 48, 60_000, [30] * 250)


def test_memory_by_hand():
    """All weights: two copies, a gradient and two means of AdamW's; what a batch of the longest entries keeps."""
    times, kernels = THROUGH_ALL["all"]
    kept = int(times * activation_bytes(POCKET_CONFIG, 48, 82, fused=True)) + kernels + GROWN
    found = instruct_estimate(ALL, POCKET_CONFIG, LENGTHS, MACHINE).bytes
    assert found == MACHINE.base_bytes + 5 * 4 * parameter_count(POCKET_CONFIG) + mask_bytes(POCKET_CONFIG) + kept


def test_memory_is_near_what_was_measured():
    """1,000 steps on tasks and our entries, 48 at once: one thread, bfloat16, oneDNN's kernels limited as for jobs."""
    assert instruct_estimate(ALL, POCKET_CONFIG, LENGTHS, MACHINE).bytes == pytest.approx(2.073e9, rel=0.1)


def test_what_makes_memory_grow():
    of = lambda recipe: instruct_estimate(recipe, POCKET_CONFIG, LENGTHS, MACHINE).bytes  # noqa: E731
    assert of(ALL) > of(replace(ALL, split=4))
    assert of(replace(ALL, batch_size=64)) > of(ALL) > of(replace(ALL, max_length=40))


def test_a_job_keeps_few_kernels_unless_told_otherwise(monkeypatch):
    name = "ONEDNN_PRIMITIVE_CACHE_CAPACITY"
    monkeypatch.delenv(name, raising=False)
    assert worker_environment()[name] == "64"
    monkeypatch.setenv(name, "7")
    assert worker_environment()[name] == "7"
