"""What a training is going to take, before it starts: time from steps measured on this machine, memory from formulas.

A step's time is taken to be

    for each layer  a fixed time (calls, small kernels)
  + FLOPs / rate    6 a token for each weight that is multiplied, 12 a token for attention's width x context x layers
  + for each parameter  a fixed time (the optimizer reads and writes all of them)

and the three constants follow from three small trainings, timed once per machine in a process like a worker's:
`python -m engine.jobs.preflight FILE`. Memory is counted, see `memory`.

Source of 6 a weight: Kaplan et al. 2020, "Scaling Laws for Neural Language Models", section 2.1.
"""

from __future__ import annotations

import json
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.config import parameter_count
from engine.errors import JobError
from engine.jobs.recipe import (
    BOOK_EVAL_BATCHES,
    BOOK_EVAL_STEPS,
    CHECKPOINTS,
    EVALUATIONS,
    Plan,
    Recipe,
    plan,
    snapshot_steps,
)
from engine.jobs.runner import run_beside
from engine.jobs.store import known, write_json
from engine.memory import training_memory

if TYPE_CHECKING:
    from engine.config import GPTConfig

FILE = "machine.json"
GIVE_UP = 180  # seconds after which a measurement is taken to have failed
DISK_RATE = 150e6  # bytes a second that a checkpoint is written with, cautiously
EVALUATED = 128  # windows of an evaluation at most, see engine.training.pretrain
PROBES = (
    Recipe(context=16, width=16, layers=4, heads=2, batch_size=1),  # nearly nothing but layers
    Recipe(context=16, width=256, layers=2, heads=4, batch_size=1),  # mostly parameters
    Recipe(context=128, width=256, layers=2, heads=4, batch_size=8),  # mostly arithmetic
)


@dataclass(frozen=True)
class Machine:
    """What was measured here.

    per_layer      seconds of a step for each layer
    rate           FLOP/s
    per_parameter  seconds of a step for each parameter
    plain          how many times as long a step takes in the notes' own code as in the fast one
    startup        seconds until a process makes its first step
    base_bytes     memory of a process that has loaded everything and trains nothing
    device         in words
    """

    per_layer: float
    rate: float
    per_parameter: float
    plain: float
    startup: float
    base_bytes: int
    device: str


@dataclass(frozen=True)
class Estimate:
    """What a training should take.

    step_seconds  of one optimizer step
    seconds       of all of it, alone on the machine
    bytes         memory at its highest
    disk_bytes    what its last checkpoint and its snapshots take on the disk
    """

    plan: Plan
    step_seconds: float
    seconds: float
    bytes: int
    disk_bytes: int


def flops(cfg: GPTConfig, tokens: int) -> float:
    """Of one training step over so many tokens: forward and twice as much backward."""
    weights = 12 * cfg.n_layers * cfg.emb_dim**2 + cfg.vocab_size * cfg.emb_dim
    return tokens * (6.0 * weights + 12.0 * cfg.n_layers * cfg.emb_dim * cfg.context_length)


def estimate(recipe: Recipe, train_tokens: int, val_tokens: int, machine: Machine) -> Estimate:
    """What this recipe should take for a text of so many tokens.

    Raises InputError as engine.jobs.recipe.plan does.
    """
    course, cfg = plan(recipe, train_tokens, val_tokens), recipe.config()
    tokens = recipe.batch_size * recipe.context
    p = course.parameters
    computed = machine.per_layer * cfg.n_layers + flops(cfg, tokens) / machine.rate
    step = computed + machine.per_parameter * p
    if recipe.as_book:
        step, computed = step * machine.plain, computed * machine.plain
        evaluations, batches = course.steps / BOOK_EVAL_STEPS, 2.0 * BOOK_EVAL_BATCHES
    else:
        evaluations = min(course.steps, EVALUATIONS)
        windows = min(EVALUATED / 2, course.windows) + min(EVALUATED / 2, val_tokens // recipe.context)
        batches = windows / recipe.batch_size
    snapshots = len(snapshot_steps(course))
    seconds = machine.startup + course.steps * step
    seconds += evaluations * batches * computed / 3  # forward only
    seconds += min(CHECKPOINTS, max(1, course.steps // 5)) * 12 * p / DISK_RATE
    seconds += snapshots * (2 * p / DISK_RATE + 40 * machine.per_layer * cfg.n_layers)
    return Estimate(course, step, seconds, memory(recipe, machine), 12 * p + 2 * p * snapshots)


def memory(recipe: Recipe, machine: Machine) -> int:
    """Bytes of memory that a training needs at its highest: in a step, or while it writes a sample.

    What a step keeps is counted by engine.memory; a sample takes two copies of the weights, of 4 and 2 bytes each.
    """
    cfg = recipe.config()
    windows = -(-recipe.batch_size // min(recipe.split, recipe.batch_size))
    step = training_memory(cfg, windows, recipe.context, fused=not recipe.as_book)
    sample = sum(step.values()) - step["activations"] + 6 * parameter_count(cfg)
    return machine.base_bytes + max(sum(step.values()), sample)


def read_machine(root: Path) -> Machine | None:
    """What was measured on this machine; None when it was not yet, or with another PyTorch."""
    try:
        return Machine(**known(Machine, json.loads((root / FILE).read_text(encoding="utf-8"))))
    except (OSError, ValueError, TypeError):
        return None


def start_measuring(root: Path) -> None:
    """Measure this machine in a process of its own, unless that is being done; see read_machine for the result.

    Raises JobError when it cannot be started.
    """
    marker = root / ".measuring"
    try:
        root.mkdir(parents=True, exist_ok=True)
        if marker.exists() and time.time() - marker.stat().st_mtime < GIVE_UP:
            return
        marker.touch()
        run_beside("engine.jobs.preflight", root / FILE, root / ".measuring")
    except OSError as e:
        raise JobError(f"the speed of this machine could not be measured ({e.strerror or e}).") from e


def measure() -> Machine:
    """Time the probes here and now."""
    import numpy as np
    import psutil
    import torch

    from engine.device import describe_device, pick_device

    device = pick_device()
    began = time.perf_counter()
    first, startup = probe(PROBES[0]), time.perf_counter() - began
    base = psutil.Process().memory_info().rss if device.type == "cpu" else 0  # that probe's own is next to nothing
    times = [first, *(probe(recipe) for recipe in PROBES[1:])]
    rows = []
    for recipe in PROBES:
        cfg = recipe.config()
        course = plan(recipe, 10_000, 10_000)
        rows.append([cfg.n_layers, flops(cfg, recipe.batch_size * recipe.context), course.parameters])
    per_layer, per_flop, per_parameter = np.linalg.solve(np.array(rows, dtype=float), np.array(times))
    plain = probe(PROBES[2], plain=True) / times[2]
    imports = time.time() - psutil.Process().create_time() - (time.perf_counter() - began)
    return Machine(
        max(float(per_layer), 1e-6),
        1 / max(float(per_flop), 1e-15),
        max(float(per_parameter), 1e-12),
        max(float(plain), 1.0),
        startup + imports,
        int(base),
        f"{describe_device(device)}, PyTorch {torch.__version__}",
    )


def probe(recipe: Recipe, plain: bool = False) -> float:
    """Seconds of a step, the shortest of a few; plain: in the notes' own code."""
    import numpy as np
    from torch.utils.data import DataLoader

    from engine.datasets.windows import TokenDataset
    from engine.device import pick_device
    from engine.model import GPTModel
    from engine.training.events import Step
    from engine.training.loop import LoopSettings, train
    from engine.training.optim import adamw
    from engine.training.pretrain import PretrainSettings, pretrain

    model = GPTModel(recipe.config()).to(pick_device())
    count = 5 * recipe.batch_size * recipe.context + 1
    ids = np.random.default_rng(0).integers(0, model.cfg.vocab_size, count)
    if plain:
        loader = DataLoader(TokenDataset(ids, recipe.context), recipe.batch_size)
        events: Any = train(model, loader, adamw(model, 1e-4), LoopSettings())
    else:
        settings = PretrainSettings(5, recipe.batch_size, "adamw", 1e-4, eval_every=0, checkpoint_every=0)
        events = pretrain(model, ids, ids, settings)
    tokens = recipe.batch_size * recipe.context
    return min(tokens / e.tokens_per_second for e in events if isinstance(e, Step))


if __name__ == "__main__":
    write_json(Path(sys.argv[1]), asdict(measure()))
