"""A model small enough to be tuned in a test, as a training of its owner has left it, and entries to tune it on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from engine.config import GPTConfig
from engine.finetune.instruction_recipe import InstructionRecipe
from engine.jobs.spec import JobSpec
from engine.jobs.store import create, locked, set_state
from engine.model import GPTModel, gpt2_init_
from engine.weights.pocket import save_folder

if TYPE_CHECKING:
    from pathlib import Path

    from engine.jobs.store import Job

WORDS = ("cat", "dog", "hat", "tree", "river", "house", "king", "ship", "road", "bird")
ENTRIES = [
    {"instruction": f"Say {word}{'.' * (n % 2)}", "input": "twice" if n % 3 else "", "output": f"{word} {word}"}
    for n, word in enumerate(WORDS * 2)
]
PARTS = {"train": ENTRIES[:12], "validation": ENTRIES[12:15], "test": ENTRIES[15:]}


def tiny_base(root: Path, owner: str, title: str = "base") -> Job:
    """A finished training of this owner that kept one model: one block, 48 positions, some dropout."""
    root.mkdir(exist_ok=True)
    job = create(root, JobSpec("pretrain", owner, title), {})
    cfg = GPTConfig(8192, 48, 16, 2, 1, drop_rate=0.1, tie_weights=True)
    save_folder(gpt2_init_(GPTModel(cfg), torch.Generator().manual_seed(1)), job.folder / "snapshots" / "step-000001")
    with locked(root):
        return set_state(job, status="finished")


def tiny_recipe(base: Job, **changes: object) -> InstructionRecipe:
    """Two epochs of three batches."""
    given = {"model": f"run-{base.id}", "style": "phi3", "epochs": 2, "batch_size": 4, "answer_tokens": 4}
    return InstructionRecipe(**(given | changes))  # type: ignore[arg-type]
