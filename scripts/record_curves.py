"""Make data/curves again: the six recorded trainings of the lesson Curve clinic.

    OMP_NUM_THREADS=1 python scripts/record_curves.py

Each is a pretraining job like those of the lesson Train, run here and now. About a minute each on one core. The same
settings on the same machine give the same losses.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import torch  # noqa: E402

from engine.device import describe_device, pick_device  # noqa: E402
from engine.evaluation.diagnosis import diagnose  # noqa: E402
from engine.jobs.pretraining import run  # noqa: E402
from engine.jobs.recipe import Recipe  # noqa: E402
from engine.jobs.recorded import CURVES, RECORDS, Record, rounded, save_record, shipped_text  # noqa: E402
from engine.jobs.spec import JobSpec  # noqa: E402
from engine.training.events import Evaluation, Step  # noqa: E402

SIZE = Recipe(width=64, layers=2, heads=2)  # Train's "tiny": a run takes half a minute
PLAN = {
    "healthy": ("small_world", replace(SIZE, epochs=12, learning_rate=3e-3)),
    "overfitting": (
        "dancing_men",
        Recipe(layers=2, epochs=20, learning_rate=2e-3, drop_rate=0.0, schedule="constant"),
    ),
    "underfitting": (
        "small_world",
        Recipe(width=2, layers=1, heads=1, epochs=12, learning_rate=0.03, drop_rate=0.0),
    ),
    "unstable": (
        "small_world",
        replace(
            SIZE,
            context=32,
            epochs=1,
            batch_size=1,
            learning_rate=0.06,
            schedule="constant",
            warmup=0.1,
            drop_rate=0.0,
        ),
    ),
    "rate_too_high": (
        "small_world",
        replace(SIZE, epochs=6, learning_rate=0.5, schedule="constant", drop_rate=0.0),
    ),
    "rate_too_low": ("small_world", replace(SIZE, epochs=10, learning_rate=3e-5, schedule="constant")),
}


def record(name: str) -> Record:
    """Train, and keep what happens."""
    text, recipe = PLAN[name]
    steps, evaluations, began = [], [], time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "input").mkdir()
        (Path(folder) / "input" / "text.txt").write_text(shipped_text(text), encoding="utf-8", newline="")
        torch.manual_seed(recipe.seed)  # as a job's own process does
        for event in run(JobSpec("pretrain", "nobody", name, recipe.settings()), Path(folder), lambda: False):
            if isinstance(event, Step):
                steps.append(event)
            elif isinstance(event, Evaluation):
                losses = {"train_loss": rounded(event.train_loss), "val_loss": rounded(event.val_loss)}
                evaluations.append({"step": event.step, **losses})
    return Record(
        name,
        text,
        recipe.settings(),
        [rounded(step.loss) for step in steps],
        [rounded(step.learning_rate) for step in steps],
        evaluations,
        round(time.perf_counter() - began, 1),
        f"{describe_device(pick_device())}, {torch.get_num_threads()} thread, PyTorch {torch.__version__}",
    )


def main() -> None:
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--names", nargs="+", choices=RECORDS, default=list(RECORDS))
    p.add_argument("--out", type=Path, default=CURVES)
    args = p.parse_args()
    for name in args.names:
        made = record(name)
        found = diagnose(made.curve())
        print(save_record(made, args.out), f"{made.seconds:.0f} s:", found.pattern, found.since, found.evidence)


if __name__ == "__main__":
    main()
