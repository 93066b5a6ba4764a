"""What a training is going to take, before it starts: time from steps measured on this machine, memory from formulas.

A step's time is taken to be

    for each layer  a fixed time (calls, small kernels)
  + FLOPs / rate    6 a token for each weight that is multiplied, 12 a token for attention's width x context x layers
  + for each parameter  a fixed time (the optimizer reads and writes all of them)

and these constants follow from small trainings, timed once per machine in a process like a worker's:
`python -m engine.jobs.preflight FILE`. The rate is measured at two widths, because large matrices are
faster. Memory is counted, see `memory`.

Source of 6 a weight: Kaplan et al. 2020, "Scaling Laws for Neural Language Models", section 2.1.
"""

from __future__ import annotations

import json
import math
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.config import parameter_count
from engine.errors import JobError
from engine.jobs.processes import cores, run_beside
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
from engine.jobs.store import known
from engine.memory import training_memory
from engine.whole_files import write_json

if TYPE_CHECKING:
    from engine.config import GPTConfig

FILE = "machine.json"
MOST_PLAIN = 2.0  # beyond this it was not the code but another program that took the time
AGAIN = 600  # seconds after which a busy machine is measured once more
BUSY = 0.7  # processes that want to run, for each processor
GIVE_UP = 180  # seconds after which a measurement is taken to have failed
DISK_RATE = 150e6  # bytes a second that a checkpoint is written with, cautiously
EVALUATED = 128  # windows of an evaluation at most, see engine.training.pretrain
PROBES = (
    Recipe(context=16, width=16, layers=4, heads=2, batch_size=1),  # nearly nothing but layers
    Recipe(context=16, width=256, layers=2, heads=4, batch_size=1),  # mostly parameters
    Recipe(context=128, width=256, layers=2, heads=4, batch_size=8),  # mostly arithmetic
)
WIDE = Recipe(context=128, width=768, layers=1, heads=12, batch_size=4)


@dataclass(frozen=True)
class Machine:
    """What was measured here.

    per_layer      seconds of a step for each layer
    rate           FLOP/s at width 256 and below
    wide_rate      FLOP/s at width 768 and above; between them it grows with the logarithm of the width
    per_parameter  seconds of a step for each parameter
    plain          how many times as long a step takes in the notes' own code as in the fast one
    startup        seconds until a process makes its first step
    base_bytes     memory of a process that has loaded everything and trains nothing
    device         in words
    busy           whether other programs had the processors meanwhile: then steps seem slower than they are
    """

    per_layer: float
    rate: float
    wide_rate: float
    per_parameter: float
    plain: float
    startup: float
    base_bytes: int
    device: str
    busy: bool = False

    def rate_at(self, width: int) -> float:
        """FLOP/s in a model of this width."""
        low, high = PROBES[2].width, WIDE.width
        share = math.log(min(max(width, low), high) / low) / math.log(high / low)
        return self.rate * (self.wide_rate / self.rate) ** share


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
    computed = machine.per_layer * cfg.n_layers + flops(cfg, tokens) / machine.rate_at(cfg.emb_dim)
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
    """What was measured on this machine; None when it was not yet."""
    try:
        return Machine(**known(Machine, json.loads((root / FILE).read_text(encoding="utf-8"))))
    except (OSError, ValueError, TypeError):
        return None


def measure_again(root: Path, machine: Machine) -> None:
    """When the machine was busy, measure it once more after a while, beside everything else."""
    if machine.busy and time.time() - (root / FILE).stat().st_mtime > AGAIN:
        start_measuring(root)


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

    device, busy = pick_device(), psutil.getloadavg()[0] > BUSY * cores()
    began = time.perf_counter()
    first, startup = probe(PROBES[0]), time.perf_counter() - began
    base = psutil.Process().memory_info().rss if device.type == "cpu" else 0  # that probe's own is next to nothing
    times = [first, *(probe(recipe) for recipe in PROBES[1:])]
    rows = []
    for recipe in PROBES:
        cfg = recipe.config()
        course = plan(recipe, 10_000, 10_000)
        rows.append([cfg.n_layers, flops(cfg, recipe.batch_size * recipe.context), course.parameters])
    layer, per_flop, parameter = np.linalg.solve(np.array(rows, dtype=float), np.array(times))
    per_layer, per_parameter = max(float(layer), 1e-6), max(float(parameter), 1e-12)
    rate = 1 / max(float(per_flop), 1e-15)
    rest = per_layer * WIDE.layers + per_parameter * parameter_count(WIDE.config())
    wide = flops(WIDE.config(), WIDE.batch_size * WIDE.context) / max(probe(WIDE) - rest, 1e-9)
    plain = probe(PROBES[2], plain=True) / times[2]
    imports = time.time() - psutil.Process().create_time() - (time.perf_counter() - began)
    return Machine(
        per_layer,
        rate,
        max(rate, wide),
        per_parameter,
        min(max(float(plain), 1.0), MOST_PLAIN),
        startup + imports,
        int(base),
        f"{describe_device(device)}, PyTorch {torch.__version__}",
        busy,
    )


def probe(recipe: Recipe, plain: bool = False) -> float:
    """Seconds of a step, the shortest of several; plain: in the notes' own code."""
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
    tokens = recipe.batch_size * recipe.context
    steps = min(20, max(5, 4096 // tokens))  # short ones are disturbed more easily
    ids = np.random.default_rng(0).integers(0, model.cfg.vocab_size, steps * tokens + 1)
    if plain:
        loader = DataLoader(TokenDataset(ids, recipe.context), recipe.batch_size)
        events: Any = train(model, loader, adamw(model, 1e-4), LoopSettings())
    else:
        settings = PretrainSettings(steps, recipe.batch_size, "adamw", 1e-4, eval_every=0, checkpoint_every=0)
        events = pretrain(model, ids, ids, settings)
    return min(tokens / e.tokens_per_second for e in events if isinstance(e, Step))


if __name__ == "__main__":
    write_json(Path(sys.argv[1]), asdict(measure()))
