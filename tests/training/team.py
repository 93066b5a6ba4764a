"""Trainings that several processes share: torchrun runs this file, and a test calls `losses` by itself."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch

from engine.finetune.fitting import Fit
from engine.finetune.instruct import Part, tune
from engine.finetune.instruction_recipe import InstructionRecipe, as_inputs
from engine.finetune.lora import add_lora
from engine.finetune.recipe import ClassifierRecipe
from engine.jobs.instructing import run
from engine.jobs.spec import JobSpec
from engine.model import GPTModel
from engine.tokenizers.pretrained import load_tokenizer
from engine.training.distributed import joined, team
from engine.training.events import Evaluation, Saved, Step
from engine.training.loop import LoopSettings, train
from engine.training.optim import adamw
from engine.training.pretrain import PretrainSettings, pretrain
from engine.weights.pocket import save_folder
from tests.training.tiny import TINY, loader, tiny_model

WORDS = TINY | {"vocab_size": 8192, "context_length": 24, "drop_rate": 0.0}
ENTRIES = [{"instruction": "Spell" * (1 + n % 3), "input": "", "output": "cat dog " * (1 + n % 5)} for n in range(18)]


def told(events: Any) -> dict[str, Any]:
    """Losses and gradients of each step, and how many evaluations and checkpoints were told of."""
    events = list(events)
    steps = [e for e in events if isinstance(e, Step)]
    return {
        "losses": [e.loss for e in steps],
        "norms": [e.grad_norm for e in steps],
        "tokens": [e.tokens_seen for e in steps],
        "evaluations": sum(isinstance(e, Evaluation) for e in events),
        "saved": sum(isinstance(e, Saved) for e in events),
    }


def losses(folder: Path) -> dict[str, dict[str, Any]]:
    """Pretraining with AdamW and Muon, a loop with small last batches, LoRA on instructions, a classifier."""
    ids = np.random.default_rng(0).integers(0, 13, 400)
    found = {}
    for optimizer in ("adamw", "muon"):
        settings = PretrainSettings(6, 5, optimizer, eval_every=2, checkpoint_every=2, split=2)
        events = pretrain(tiny_model(drop_rate=0.0), ids, ids[:80], settings, checkpoint=folder / optimizer)
        found[optimizer] = told(events)
    # Batches of 3, 3 and 1 windows, in an order drawn from the global generator; the last is too small for two.
    model = tiny_model(drop_rate=0.0)
    found["loop"] = told(
        train(model, loader(7, 3, shuffle=True), adamw(model, 0.01), LoopSettings(epochs=2, accumulation=2))
    )
    tokenizer = load_tokenizer("pocket")
    torch.manual_seed(1)
    gpt = GPTModel(WORDS)
    add_lora(gpt, 2, 4.0, torch.Generator().manual_seed(1))
    recipe = InstructionRecipe(trained="lora", optimizer="adamw", epochs=1, batch_size=4, style="phi3", max_length=24)
    part = Part(ENTRIES, tokenizer, recipe, 24)
    found["instruct"] = told(tune(gpt, part, part, recipe))
    torch.manual_seed(2)
    texts, labels = [e["output"] for e in ENTRIES], [n % 2 for n in range(len(ENTRIES))]
    data = {"train": (texts, labels), "validation": (texts, labels)}
    fit = Fit(GPTModel(WORDS), tokenizer, data, ["a", "b"], ClassifierRecipe(epochs=2, batch_size=4))
    found["classify"] = told(fit)
    found["job"] = told(instructed(folder))
    return found


def instructed(folder: Path) -> Any:
    """The whole job of instruction tuning, from a model in a folder to its answers in a file."""
    if team().leads:
        torch.manual_seed(3)
        save_folder(GPTModel(WORDS), folder / "model")
        (folder / "job" / "input").mkdir(parents=True)
        for name, text in as_inputs({part: ENTRIES for part in ("train", "validation", "test")}).items():
            (folder / "job" / "input" / name).write_text(text)
    team().wait()
    given = {"style": "phi3", "optimizer": "adamw", "answer_tokens": 2, "max_length": 24}
    recipe = InstructionRecipe(str(folder / "model"), epochs=1, batch_size=5, **given)
    return run(JobSpec("instruct", "nobody", "team", recipe.settings()), folder / "job", lambda: False)


if __name__ == "__main__":
    with joined("cpu"):
        to = Path(sys.argv[1])
        (to / f"{team().rank}.json").write_text(json.dumps(losses(to)))
