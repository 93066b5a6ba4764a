"""What instruction tuning does to the pocket model, measured: `python scripts/instruct_quality.py [--save]`.

First one run over our own entries and generated tasks. Held-out tasks ask about what no task for training asked about
(engine/datasets/tasks.py says what that means); those of the test here are also none that the recipe was chosen by.
Then what it makes of our own test entries, and one run over our own entries alone, to see it overfit.

--save writes data/instruct_quality.json, which the lesson shows, and benchmarks/RESULTS.md.
"""

from __future__ import annotations

import datetime
import json
import random
import sys
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import torch

from benchmarks.__main__ import save
from benchmarks.timing import Report, machine
from engine.datasets.tasks import KINDS, check, make_tasks
from engine.evaluation.answers import rouge_l, wins
from engine.finetune.entries import choose_entries
from engine.finetune.instruct import Part, answers, tune
from engine.finetune.instruction_recipe import InstructionRecipe
from engine.training.events import Evaluation
from engine.weights.by_name import load_by_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    import tiktoken

    from engine.datasets.instructions import Entry
    from engine.model import GPTModel

RECORD = Path(__file__).resolve().parents[1] / "data" / "instruct_quality.json"
TASKS = 60_000
RECIPE = InstructionRecipe(style="phi3", epochs=1, batch_size=48, learning_rate=0.015, answer_tokens=24)
OVERFIT = InstructionRecipe(style="phi3", epochs=8, batch_size=32, learning_rate=0.01, answer_tokens=24)
CHOSEN_BY = 880, 777  # how many held-out tasks of which seed the recipe was chosen by
TESTED_BY = 30, 2024  # of each kind
LOOKED_AT = 5  # of each kind, while it trains
EACH = 3  # looks at the loss between two at the answers


def held_out() -> tuple[list[Entry], list[Entry]]:
    """Tasks to look at while it trains, and tasks for the test: none in both, none that the recipe was chosen by."""
    number, seed = CHOSEN_BY
    chosen_by = make_tasks(number, seed, held_out=True)
    seen = set(map(key, chosen_by))
    of_each, seed = TESTED_BY
    made, test = Counter[str](), []
    for task in make_tasks(4 * of_each * len(KINDS), seed, held_out=True):
        if key(task) not in seen and made[task["kind"]] < of_each:
            made[task["kind"]] += 1
            test.append(task)
    return chosen_by[: LOOKED_AT * len(KINDS)], test


def key(entry: Entry) -> tuple[str, str]:
    """What is asked."""
    return entry["instruction"], entry["input"]


def say(model: GPTModel, tokenizer: tiktoken.Encoding, entries: Sequence[Entry]) -> list[str]:
    """The model's answers."""
    return answers(model, tokenizer, entries, RECIPE.style, RECIPE.answer_tokens)


def share(entries: Sequence[Entry], said: Sequence[str]) -> float:
    """The share of tasks that are answered right."""
    return sum(map(check, entries, said)) / len(entries)


def tuned(
    parts: dict[str, list[Entry]], recipe: InstructionRecipe, looked_at: list[Entry]
) -> tuple[GPTModel, list[dict[str, float]], float]:
    """The tuned model, the looks at it on the way, and the seconds that its steps took, looks left out.

    looked_at  held-out tasks; as many tasks for training are answered beside them; none: no answers on the way
    """
    model, tokenizer = load_by_name("pocket")
    torch.manual_seed(recipe.seed)
    trained = [entry for entry in parts["train"] if "kind" in entry][: len(looked_at)]
    learn, validate = (
        Part(parts[name], tokenizer, recipe, model.cfg.context_length) for name in ("train", "validation")
    )
    looks: list[dict[str, float]] = []
    seconds, began = 0.0, time.perf_counter()
    for event in tune(model, learn, validate, recipe):
        if not isinstance(event, Evaluation):
            continue
        seconds += time.perf_counter() - began
        look = {"step": event.step, "train_loss": event.train_loss, "val_loss": event.val_loss}
        if looked_at and len(looks) % EACH == 0:
            for name, tasks in (("train_right", trained), ("val_right", looked_at)):
                look[name] = share(tasks, say(model, tokenizer, tasks))
        looks.append(look)
        print(look, flush=True)
        began = time.perf_counter()
    return model, looks, seconds + time.perf_counter() - began


def compared(before: Sequence[str], after: Sequence[str], entries: Sequence[Entry]) -> dict[str, Any]:
    """How often the answer after tuning is nearer to the expected one, the one before, and neither; by ROUGE-L."""
    late, early = (
        [rouge_l(said, e["output"]) for said, e in zip(some, entries, strict=True)] for some in (after, before)
    )
    won, lost, even = wins(late, early)
    return {
        **{"after": won, "before": lost, "equal": even},
        **{"mean_after": sum(late) / len(late), "mean_before": sum(early) / len(early)},
    }


def measure() -> dict[str, Any]:
    """Everything, as the lesson shows it."""
    untuned, tokenizer = load_by_name("pocket")
    looked_at, test = held_out()
    own = choose_entries("own")
    parts = choose_entries("both", TASKS)
    model, looks, seconds = tuned(parts, RECIPE, looked_at)
    before, after = (say(m, tokenizer, test) for m in (untuned, model))
    of = Counter(task["kind"] for task in test)
    right = [Counter(t["kind"] for t, a in zip(test, said, strict=True) if check(t, a)) for said in (before, after)]
    trained = random.Random(1).sample([entry for entry in parts["train"] if "kind" in entry], len(test))
    own_before = say(untuned, tokenizer, own["test"])
    record = {
        "measured": f"{datetime.datetime.now(datetime.UTC):%Y-%m-%d}",
        "machine": machine(("torch",)),
        "recipe": RECIPE.settings(),
        "tasks": TASKS,
        "entries": len(parts["train"]),
        "seconds": round(seconds),
        "looks": looks,
        "kinds": {kind: [right[0][kind], right[1][kind], of[kind]] for kind in KINDS},
        "train_right": share(trained, say(model, tokenizer, trained)),
        "own": compared(own_before, say(model, tokenizer, own["test"]), own["test"]),
    }
    print(json.dumps(record), flush=True)  # the longer part is done
    model, looks, _ = tuned(own, OVERFIT, [])
    return record | {
        "overfit": {
            "epochs": OVERFIT.epochs,
            "looks": looks,
            "own": compared(own_before, say(model, tokenizer, own["test"]), own["test"]),
        }
    }


def report(record: dict[str, Any]) -> Report:
    """The record as a report."""
    before, after, of = (sum(counts[i] for counts in record["kinds"].values()) for i in range(3))
    own, last = record["own"], record["looks"][-1]
    won, differ = own["after"], own["after"] + own["before"]
    made = Report(f"Instruction tuning: the pocket model, {record['entries']:,} entries once")
    made.rows += [
        ("its steps", f"{record['seconds']} seconds"),
        ("held-out generated tasks right, before", f"{before} of {of}"),
        ("held-out generated tasks right, after", f"{after} of {of} ({100 * after / of:.0f} %)"),
        ("tasks that it was trained on right, after", f"{100 * record['train_right']:.0f} %"),
        ("our own test entries by ROUGE-L", f"after better {won}, before better {own['before']}, equal {own['equal']}"),
        ("mean ROUGE-L of their answers", f"before {own['mean_before']:.3f}, after {own['mean_after']:.3f}"),
    ]
    made.claims += [
        ("held-out tasks right: at least 60 %", f"{100 * after / of:.0f} %", after >= 0.6 * of),
        (
            "own entries, after better of those that differ: at least 90 %",
            f"{100 * won / max(1, differ):.0f} %",
            won >= 0.9 * differ,
        ),
        ("steps in less than 15 minutes", f"{record['seconds']} s", record["seconds"] < 900),
    ]
    by_kind = sorted(record["kinds"].items(), key=lambda item: item[1][1] / item[1][2])
    made.notes.append("By kind: " + ", ".join(f"{kind} {right}/{of}" for kind, (_, right, of) in by_kind) + ".")
    made.notes.append(
        f"Losses at the last look, nats a token of the answer: training {last['train_loss']:.2f}, validation "
        f"{last['val_loss']:.2f} (a third of it our own entries, whose facts cannot be known)."
    )
    looks, alone = record["overfit"]["looks"], record["overfit"]["own"]
    best, last = min(looks, key=lambda look: look["val_loss"]), looks[-1]
    made.notes.append(
        f"Overfitting, on our own entries alone, {record['overfit']['epochs']} epochs: validation loss "
        f"{best['val_loss']:.2f} at its best, after step {best['step']}, and {last['val_loss']:.2f} at the end, where "
        f"the training loss is {last['train_loss']:.2f}. Test answers by ROUGE-L: after better {alone['after']}, "
        f"before better {alone['before']}, equal {alone['equal']}."
    )
    made.notes.append(record["machine"])
    return made


if __name__ == "__main__":
    measured = measure()
    text = report(measured).text()
    print(text)
    if "--save" in sys.argv:
        RECORD.write_text(json.dumps(measured, indent=1) + "\n", encoding="utf-8")
        save("instruct-quality", text)
