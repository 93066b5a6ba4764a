"""Make data/asked.csv again: the pocket model, as it is and tuned on instructions, asked about our held-out messages.

    OMP_NUM_THREADS=1 python scripts/record_asking.py

Takes about ten minutes. The tuning is that of scripts/instruct_quality.py, with fewer tasks and in the Alpaca style:
our own entries, a few times over, and 20,000 generated tasks. Two of our own ask about spam.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import pandas as pd  # noqa: E402
import torch  # noqa: E402

from engine.analysis.asking import RECORD, WORDINGS, ask_all, few_messages, tell  # noqa: E402
from engine.evaluation.answers import exact_match  # noqa: E402
from engine.finetune.entries import choose_entries  # noqa: E402
from engine.finetune.instruct import Part, answers, tune  # noqa: E402
from engine.finetune.instruction_recipe import InstructionRecipe  # noqa: E402
from engine.training.events import Evaluation  # noqa: E402
from engine.weights.pocket import load_pocket  # noqa: E402

TASKS = 20_000
RECIPE = InstructionRecipe(style="alpaca", epochs=1, batch_size=48, learning_rate=0.015, answer_tokens=24)


def main() -> None:
    model, tokenizer = load_pocket()
    rows = [*asked("pocket", model, tokenizer)]
    torch.manual_seed(RECIPE.seed)
    parts = choose_entries("both", TASKS)
    train, validation = (
        Part(parts[name], tokenizer, RECIPE, model.cfg.context_length) for name in ("train", "validation")
    )
    began = time.perf_counter()
    for event in tune(model, train, validation, RECIPE):
        if isinstance(event, Evaluation):
            print(event.step, event.train_loss, event.val_loss, f"{time.perf_counter() - began:.0f} s", flush=True)
    model.eval()
    test = parts["test"][:100]
    said = answers(model, tokenizer, test, RECIPE.style, RECIPE.answer_tokens)
    right = sum(exact_match(one, entry["output"]) for one, entry in zip(said, test, strict=True))
    print("of 100 held-out instructions answered to the letter:", right)
    rows += asked("tuned", model, tokenizer)
    pd.DataFrame(rows, columns=["model", "wording", "yes", "no"]).to_csv(RECORD, index=False, lineterminator="\n")


def asked(name, model, tokenizer):
    """A row for every wording and message; prints what they come to."""
    _, messages = few_messages()
    truth = (messages["label"] == "spam").to_numpy()
    for key, wording in WORDINGS.items():
        logs = torch.cat(list(ask_all(model, tokenizer, list(messages["text"]), wording))).numpy()
        print(name, key, tell(logs, truth), flush=True)
        yield from ((name, key, f"{yes:.4f}", f"{no:.4f}") for yes, no in logs)


if __name__ == "__main__":
    main()
