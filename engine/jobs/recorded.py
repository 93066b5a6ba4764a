"""Trainings that were recorded once and ship with their settings, and the curve of any run; needs no torch.

A record is data/curves/NAME.json, made by scripts/record_curves.py: the Recipe of a pretraining job, the name of its
text in data/texts, and the losses that the job wrote down.
"""

from __future__ import annotations

import functools
import json
import math
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from engine.errors import InputError
from engine.evaluation.curves import Curve, counting_loss, curve_of
from engine.jobs.metrics import table
from engine.jobs.recipe import TEXT_FILE, Recipe, read_tokens
from engine.jobs.store import ROOT, known

if TYPE_CHECKING:
    from pathlib import Path

    from engine.jobs.store import Job

CURVES, TEXTS = ROOT / "data" / "curves", ROOT / "data" / "texts"
# Six patients, in an order that gives none of them away.
RECORDS = ("overfitting", "rate_too_low", "healthy", "unstable", "underfitting", "rate_too_high")
DIGITS = 5  # significant ones of a loss


@dataclass(frozen=True)
class Record:
    """A recorded training.

    name         one of RECORDS: what it was made to show
    text         its text's file in data/texts, without .txt
    settings     the fields of its Recipe
    losses       loss of each step from 0 on, nats a token
    rates        learning rate of each step
    evaluations  step, train_loss and val_loss of each
    seconds      that it took
    machine      where, and with which PyTorch
    """

    name: str
    text: str
    settings: dict[str, Any]
    losses: list[float]
    rates: list[float]
    evaluations: list[dict[str, Any]]
    seconds: float
    machine: str

    @property
    def recipe(self) -> Recipe:
        """How it was trained."""
        return Recipe(**self.settings)

    @property
    def steps(self) -> list[dict[str, Any]]:
        """Its steps as events, as in metrics.jsonl."""
        return [
            {"step": n, "loss": loss, "learning_rate": rate}
            for n, (loss, rate) in enumerate(zip(self.losses, self.rates, strict=True))
        ]

    def curve(self) -> Curve:
        """Its losses, to be diagnosed."""
        return pretraining_curve(self.recipe, shipped_text(self.text), self.steps, self.evaluations)


def load_record(name: str) -> Record:
    """A record that ships.

    Raises InputError when there is none of this name, or its file is damaged.
    """
    if name not in RECORDS:
        raise InputError(f"there is no recorded training {name!r}; choose one of {', '.join(RECORDS)}.")
    try:
        return Record(**known(Record, json.loads((CURVES / f"{name}.json").read_text(encoding="utf-8"))))
    except (OSError, ValueError, TypeError) as e:
        raise InputError(f"the recorded training {name!r} cannot be read ({e}); get data/curves again.") from e


def save_record(record: Record, folder: Path = CURVES) -> Path:
    """Write a record; its lists stand on one line each."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = [f" {json.dumps(name)}: {json.dumps(value)}" for name, value in asdict(record).items()]
    path = folder / f"{record.name}.json"
    path.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
    return path


def rounded(value: float) -> float:
    """A loss as records keep it."""
    return float(f"{value:.{DIGITS}g}")


def shipped_text(name: str) -> str:
    """A text that ships in data/texts."""
    return (TEXTS / f"{name}.txt").read_text(encoding="utf-8")


def pretraining_curve(
    recipe: Recipe,
    text: str,
    steps: list[dict[str, Any]],
    evaluations: list[dict[str, Any]],
    broke_at: int | None = None,
) -> Curve:
    """The curve of a training on a text, with what blind guessing and counting tokens would give."""
    counting = _counting(recipe.tokenizer, text)
    return curve_of(steps, evaluations, math.log(recipe.config().vocab_size), counting, broke_at)


@functools.lru_cache(maxsize=8)
def _counting(tokenizer: str, text: str) -> float:
    return counting_loss(read_tokens(Recipe(tokenizer=tokenizer), text)[0])


def job_curve(job: Job, events: list[dict[str, Any]]) -> Curve:
    """The curve of any job that tells Step and Evaluation events, as far as it is.

    Raises InputError when it has told none yet, or cannot be read.
    """
    steps, evaluations = table(events, "Step"), table(events, "Evaluation")
    if job.spec is None or not steps:
        raise InputError("this run has no losses to look at yet.")
    # A loss that is no number ends a job before it is told; what it offers then is a lower rate.
    broke_at = steps[-1]["step"] + 1 if job.state.status == "failed" and job.state.offer else None
    if job.spec.kind == "pretrain":
        try:
            text = (job.folder / "input" / TEXT_FILE).read_text(encoding="utf-8")
        except OSError as e:
            raise InputError(f"the text of this run cannot be read ({e.strerror}).") from e
        return pretraining_curve(Recipe(**job.spec.settings), text, steps, evaluations, broke_at)
    return curve_of(steps, evaluations, _blind(job, steps[0]["loss"]), broke_at=broke_at)


def _blind(job: Job, first: float) -> float:
    """Blind guessing among a classifier's classes; of other kinds the first loss stands for it."""
    if job.spec is not None and job.spec.kind == "classify":
        from engine.finetune.parts import read_parts

        return math.log(max(2, len(read_parts(job.folder / "input")[1])))
    return max(first, 1e-6)
