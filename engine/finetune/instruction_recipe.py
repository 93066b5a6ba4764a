"""What an instruction tuning is asked for, in plain values; needs no torch."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from engine.datasets.instructions import STYLES, Entry, check_instructions
from engine.errors import InputError, JobError, check_bounds

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

TRAINED = ("all", "lora")
OPTIMIZERS = ("muon", "adamw")
PARTS = ("train", "validation", "test")
MUON_UP_TO = 512  # a model's emb_dim
RUN_ID = re.compile(r"run-(\d{8}-\d{6}-[0-9a-f]{8})")
MOST_STEPS = 50_000
MOST_ENTRIES = 100_000
ANSWERED_AT_ONCE = 32  # prompts
# name -> least, most
BOUNDS: dict[str, tuple[float, float]] = {
    "epochs": (1, 100),
    "batch_size": (1, 256),
    "learning_rate": (1e-7, 1.0),
    "hold": (0, 0.9),
    "weight_decay": (0, 1),
    "warmup": (0, 0.5),
    "max_length": (8, 1024),
    "answer_tokens": (1, 256),
    "lora_rank": (1, 256),
    "lora_alpha": (0.01, 1024),
    "split": (1, 256),
}


@dataclass(frozen=True)
class InstructionRecipe:
    """How to tune a model on instructions with answers.

    model          pocket, a GPT-2's size such as 124M, or run-ID: what an earlier training of the same owner made
    trained        all (every weight) or lora (thin matrices beside the blocks' own, see engine.finetune.lora)
    style          how a prompt is written: alpaca or phi3
    masked         only the answer's tokens count in the loss, not the instruction's
    epochs         passes over the entries
    batch_size     entries in a step
    optimizer      muon (for the blocks' matrices, a tenth of its rate for AdamW on the rest) or adamw; LoRA: adamw
    learning_rate  at its highest
    hold           share of the steps at that rate before it falls to zero in a straight line
    weight_decay   the optimizer's pull of the matrices towards 0
    warmup         share of the steps in which the rate rises
    max_length     tokens of an entry, longer ones are cut (the notes' allowed_max_length); the model's context at most
    answer_tokens  most tokens that it may answer with
    lora_rank, lora_alpha  see engine.finetune.lora
    seed           of the entries' order, LoRA's first weights and dropout
    split          parts that a batch is computed in, for less memory
    """

    model: str = "pocket"
    trained: str = "all"
    style: str = "alpaca"
    masked: bool = True
    epochs: int = 3
    batch_size: int = 16
    optimizer: str = "muon"
    learning_rate: float = 0.01
    hold: float = 0.4
    weight_decay: float = 0.05
    warmup: float = 0.05
    max_length: int = 256
    answer_tokens: int = 40
    lora_rank: int = 16
    lora_alpha: float = 32.0
    seed: int = 123
    split: int = 1

    def __post_init__(self) -> None:
        for name, choices in (("trained", TRAINED), ("style", tuple(STYLES)), ("optimizer", OPTIMIZERS)):
            if getattr(self, name) not in choices:
                raise InputError(f"there is no {name} {getattr(self, name)!r}; choose one of {', '.join(choices)}.")
        check_bounds(self, BOUNDS)
        if self.trained == "lora" and self.optimizer != "adamw":
            raise InputError("LoRA's thin matrices learn with adamw; choose it as the optimizer.")

    def settings(self) -> dict[str, Any]:
        """The same as JSON holds it, for a JobSpec."""
        return asdict(self)

    def steps(self, entries: int) -> int:
        """Optimizer steps that tuning on so many entries takes.

        Raises InputError when that is more than anyone waits for.
        """
        steps = self.epochs * -(-entries // self.batch_size)
        if steps > MOST_STEPS:
            raise InputError(
                f"that would be {steps:,} steps, and {MOST_STEPS:,} are the most; give fewer epochs or larger batches."
            )
        return steps


def usual(trained: str, emb_dim: int) -> tuple[str, float]:
    """The optimizer and the learning rate to begin with.

    trained  all or lora
    emb_dim  the model's

    Muon gets small models furthest in few steps. Its own work grows with the cube of the width: for GPT-2 medium it
    takes several times as long as a batch's gradients. So wide models get AdamW at the notes' rate (section 7.6).
    """
    if trained == "lora":
        return "adamw", 0.003
    return ("muon", 0.015) if emb_dim <= MUON_UP_TO else ("adamw", 5e-5)


def run_of(model: str) -> str | None:
    """The id of the earlier training that a model's name means; None for pocket and GPT-2."""
    found = RUN_ID.fullmatch(model)
    return found[1] if found else None


def check_parts(parts: Mapping[str, Sequence[Entry]]) -> None:
    """Raise InputError when a part is empty or there are more entries than is sensible."""
    for part in PARTS:
        if not parts.get(part):
            raise InputError(f"there is no entry for {part}; give more entries.")
    total = sum(len(parts[part]) for part in PARTS)
    if total > MOST_ENTRIES:
        raise InputError(f"these are {total:,} entries, and {MOST_ENTRIES:,} are the most; give fewer.")


def as_inputs(parts: Mapping[str, Sequence[Entry]]) -> dict[str, str]:
    """The three parts as the files that a job reads, for engine.jobs.runner.submit.

    Raises InputError as check_parts does.
    """
    check_parts(parts)
    return {f"{part}.json": json.dumps(list(parts[part]), ensure_ascii=False, indent=1) for part in PARTS}


def read_inputs(folder: Path) -> dict[str, list[Entry]]:
    """The three parts of a job; keys besides the three that an entry needs, such as a task's kind, are kept.

    Raises JobError when a file is missing or damaged, InputError for an entry that cannot be used.
    """
    parts = {}
    for part in PARTS:
        try:
            data = json.loads((folder / f"{part}.json").read_text(encoding="utf-8"))
        except (OSError, ValueError) as e:
            raise JobError(f"the run's input/{part}.json cannot be read ({e}); start it anew.") from e
        plain = check_instructions(data)
        parts[part] = [{**extra, **entry} for extra, entry in zip(data, plain, strict=True)]
    return parts
