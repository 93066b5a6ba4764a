"""What instruction tuning does to the pocket model, measured: `python scripts/instruct_quality.py [--save]`.

One run over our own entries and generated tasks, from the first second to the last answer, and one over our own
entries alone, to see it overfit. Held-out tasks ask about what no task for training asked about; our test entries
were never trained on.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import torch

from benchmarks.__main__ import save
from benchmarks.timing import Report, machine
from engine.datasets.tasks import check
from engine.evaluation.answers import rouge_l, wins
from engine.finetune.entries import choose_entries
from engine.finetune.instruction_recipe import InstructionRecipe, as_inputs
from engine.jobs.instructing import RESPONSES, run
from engine.jobs.spec import JobSpec
from engine.training.events import Evaluation

TASKS = 40_000
RECIPE = InstructionRecipe(style="phi3", epochs=1, batch_size=48, learning_rate=0.015, answer_tokens=24)
OVERFIT = InstructionRecipe(style="phi3", epochs=8, batch_size=32, learning_rate=0.01, answer_tokens=24)


def tuned(
    parts: dict[str, list[Any]], recipe: InstructionRecipe
) -> tuple[list[dict[str, str]], list[Evaluation], float]:
    """The answers, the losses, and the seconds that all of it took."""
    with tempfile.TemporaryDirectory() as folder:
        to = Path(folder) / "run"
        (to / "input").mkdir(parents=True)
        for name, text in as_inputs(parts).items():
            (to / "input" / name).write_text(text, encoding="utf-8")
        torch.manual_seed(recipe.seed)
        began, losses = time.perf_counter(), []
        for event in run(JobSpec("instruct", "nobody", "quality", recipe.settings()), to, lambda: False):
            if isinstance(event, Evaluation):
                losses.append(event)
                print(f"step {event.step}: train {event.train_loss:.3f}, validation {event.val_loss:.3f}", flush=True)
        seconds = time.perf_counter() - began
        return json.loads((to / RESPONSES).read_text(encoding="utf-8")), losses, seconds


def measure() -> Report:
    """Both runs, as a report."""
    began = time.perf_counter()
    parts = choose_entries("both", TASKS)
    made = time.perf_counter() - began
    rows, losses, seconds = tuned(parts, RECIPE)
    tasks = [row for row in rows if "kind" in row]
    before, after = (sum(check(row, row[key]) for row in tasks) for key in ("before", "model_response"))
    report = Report(f"Instruction tuning: the pocket model, {len(parts['train']):,} entries once")
    report.rows += [
        ("all of it, from the entries to the last answer", f"{made + seconds:.0f} seconds"),
        ("held-out generated tasks right, before", f"{before} of {len(tasks)}"),
        ("held-out generated tasks right, after", f"{after} of {len(tasks)} ({100 * after / len(tasks):.0f} %)"),
    ]
    own = [row for row in rows if "kind" not in row]
    won, lost, even = compare(own)
    report.rows.append(("our own test entries by ROUGE-L", f"after better {won}, before better {lost}, equal {even}"))
    report.claims += [
        ("held-out tasks right: at least 60 %", f"{100 * after / len(tasks):.0f} %", after >= 0.6 * len(tasks)),
        (
            "own entries, after better of those that differ: at least 90 %",
            f"{100 * won / max(1, won + lost):.0f} %",
            won >= 0.9 * (won + lost),
        ),
        ("under five minutes", f"{made + seconds:.0f} s", made + seconds < 300),
    ]
    right, of = Counter(r["kind"] for r in tasks if check(r, r["model_response"])), Counter(r["kind"] for r in tasks)
    report.notes.append("By kind: " + ", ".join(f"{kind} {right[kind]}/{of[kind]}" for kind in sorted(of)) + ".")
    report.notes.append(f"Losses at the last look: {said(losses[-1])}.")
    rows, losses, _ = tuned(choose_entries("own"), OVERFIT)
    best = min(losses, key=lambda e: e.val_loss)
    won, lost, even = compare(rows)
    report.notes.append(
        f"Overfitting, shown on our own entries alone, {OVERFIT.epochs} epochs: best after step {best.step} "
        f"({said(best)}), at the last look {said(losses[-1])}. Test answers by ROUGE-L: after better {won}, before "
        f"better {lost}, equal {even}."
    )
    report.notes.append(machine(("torch",)))
    return report


def compare(rows: list[dict[str, str]]) -> tuple[int, int, int]:
    """How often the answer after tuning is nearer to the expected one, the one before, and neither."""
    after, before = ([rouge_l(row[key], row["output"]) for row in rows] for key in ("model_response", "before"))
    return wins(after, before)


def said(losses: Evaluation) -> str:
    """Both losses in words."""
    return f"training {losses.train_loss:.2f}, validation {losses.val_loss:.2f} nats a token of the answer"


if __name__ == "__main__":
    text = measure().text()
    print(text)
    if "--save" in sys.argv:
        save("instruct-quality", text)
