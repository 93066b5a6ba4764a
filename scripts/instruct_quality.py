"""What instruction tuning does to the pocket model, measured: `python scripts/instruct_quality.py [--save]`.

First one run over our own entries and generated tasks. Held-out tasks ask about what no task for training asked about
(engine/datasets/tasks.py says what that means). Those of the test were drawn after recipe and mix had been settled, and
were answered once, for the record: none is among the tasks for validation or those of the record before it. That
one's figures by kind had been seen, and the mix follows them: which kinds are drawn more often was chosen by them.
Then what it makes of our own test entries, and one run over some of our own entries alone, to see it overfit.

How answers to our own test entries are compared: both models answer with the likeliest token each time, up to
end-of-text, 24 tokens at most. Each answer's ROUGE-L (F1 over words, engine/evaluation/answers.py) with the expected
one is computed without knowing whose it is; the larger number wins, equal ones are a tie. Twice: the untuned model
gets the tuned one's prompt, in which it says next to nothing; and it is asked in the best of WAYS, by its ROUGE-L on
our own entries for validation.

--save writes data/instruct_quality.json, which the lesson shows, and benchmarks/RESULTS.md.
"""

from __future__ import annotations

import datetime
import json
import sys
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import torch

from benchmarks.__main__ import save
from benchmarks.timing import Report, machine
from engine.datasets.instructions import find_style
from engine.datasets.task_kinds import WORD_MAKERS
from engine.datasets.tasks import KINDS, check, make_tasks
from engine.evaluation.answers import rouge_l, wins
from engine.finetune.entries import choose_entries
from engine.finetune.instruct import Part, answers, continue_all, mean_loss, tune
from engine.finetune.instruction_recipe import InstructionRecipe
from engine.training.events import Evaluation
from engine.weights.by_name import load_by_name

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import tiktoken

    from engine.datasets.instructions import Entry
    from engine.model import GPTModel

RECORD = Path(__file__).resolve().parents[1] / "data" / "instruct_quality.json"
TASKS = 58_000
RECIPE = InstructionRecipe(style="phi3", epochs=1, batch_size=48, learning_rate=0.015, answer_tokens=24)
ALONE = 1054  # of our own entries, to overfit on
OVERFIT = InstructionRecipe(style="phi3", epochs=8, batch_size=32, learning_rate=0.01, answer_tokens=24)
TESTED_BY = 12  # held-out tasks of each kind, fewer where there are no more new ones
TEST_SEED, FIRST_SEED = 4711, 2024  # of the test, and of the one whose figures have been seen
Looks = list[dict[str, float]]


class Tuned(NamedTuple):
    """A tuned model, on how many entries, the losses on the way, and its seconds: by the clock, and of processors."""

    model: GPTModel
    entries: int
    looks: Looks
    seconds: float
    cpu_seconds: float


def held_out() -> tuple[list[Entry], list[Entry]]:
    """Tasks for validation, which the recipe was chosen by, and for the test; none of the test was seen before."""
    shown = set(map(key, make_tasks(210, 123, held_out=True)))  # the page's
    validation = [task for task in make_tasks(880, 777, held_out=True) if key(task) not in shown]
    seen = shown | set(map(key, validation))
    first = a_few_of_each(FIRST_SEED, seen - shown)
    return validation, a_few_of_each(TEST_SEED, seen | set(map(key, first)))


def a_few_of_each(seed: int, seen: set[tuple[str, str]]) -> list[Entry]:
    """TESTED_BY held-out tasks of each kind, none that was seen."""
    made, found = Counter[str](), []
    for task in make_tasks(4 * TESTED_BY * len(KINDS), seed, held_out=True):
        if key(task) not in seen and made[task["kind"]] < TESTED_BY:
            made[task["kind"]] += 1
            found.append(task)
    return found


def key(entry: Entry) -> tuple[str, str]:
    """What is asked."""
    return entry["instruction"], entry["input"]


def say(model: GPTModel, tokenizer: tiktoken.Encoding, entries: Sequence[Entry]) -> list[str]:
    """The model's answers."""
    return answers(model, tokenizer, entries, RECIPE.style, RECIPE.answer_tokens)


def asked(entry: Entry) -> str:
    """The bare instruction, with its input on the next line."""
    return "\n".join(filter(None, (entry["instruction"], entry["input"])))


# Ways to ask the untuned model: the two prompt styles, the bare instruction, and as a text full of questions has it.
WAYS: dict[str, Callable[[Entry], str]] = {
    "Alpaca": find_style("alpaca").prompt,
    "Phi-3": find_style("phi3").prompt,
    "the instruction": lambda entry: f"{asked(entry)}\n",
    "Question, Answer": lambda entry: f"Question: {asked(entry)}\nAnswer:",
}


def untuned_at_its_best(own: dict[str, list[Entry]]) -> tuple[dict[str, float], list[str]]:
    """The mean ROUGE-L of the untuned model's answers for validation, each way, and its test answers the best way."""
    model, tokenizer = load_by_name("pocket")

    def said(entries: list[Entry], way: str) -> list[str]:
        found: dict[int, str] = {}
        for some in continue_all(model, tokenizer, list(map(WAYS[way], entries)), RECIPE.answer_tokens):
            found |= some
        return [found[i] for i in range(len(found))]

    validation = own["validation"]
    ways = {way: sum(closeness(said(validation, way), validation)) / len(validation) for way in WAYS}
    return ways, said(own["test"], max(ways, key=ways.__getitem__))


def closeness(said: Sequence[str], entries: Sequence[Entry]) -> list[float]:
    """Each answer's ROUGE-L with the expected one."""
    return [rouge_l(answer, entry["output"]) for answer, entry in zip(said, entries, strict=True)]


def tuned(train: list[Entry], validation: list[Entry], own: list[Entry], recipe: InstructionRecipe) -> Tuned:
    """The pocket model tuned on these entries, looked at with two kinds of validation."""
    torch.manual_seed(recipe.seed)
    model, tokenizer = load_by_name("pocket")
    learn, validate, beside = (
        Part(entries, tokenizer, recipe, model.cfg.context_length) for entries in (train, validation, own)
    )
    looks: Looks = []
    began, began_cpu = time.perf_counter(), time.process_time()
    for event in tune(model, learn, validate, recipe):
        if isinstance(event, Evaluation):
            own_loss = mean_loss(model, beside.some())
            looks.append(
                {"step": event.step, "train_loss": event.train_loss, "val_loss": event.val_loss, "own_loss": own_loss}
            )
            print(looks[-1], flush=True)
    return Tuned(model, len(train), looks, time.perf_counter() - began, time.process_time() - began_cpu)


def long_run() -> Tuned:
    """The recipe that the lesson shows."""
    both, own = choose_entries("both", TASKS), choose_entries("own")
    return tuned(both["train"], held_out()[0], own["validation"], RECIPE)


def overfit() -> tuple[Looks, dict[str, int]]:
    """A run over some of our own entries alone, and how its answers compare."""
    own = choose_entries("own")
    model, _, looks, *_ = tuned(own["train"][:ALONE], own["validation"], own["validation"], OVERFIT)
    untuned, tokenizer = load_by_name("pocket")
    return looks, compared(*(say(m, tokenizer, own["test"]) for m in (untuned, model)), own["test"])


def compared(before: Sequence[str], after: Sequence[str], entries: Sequence[Entry]) -> dict[str, int]:
    """How often the answer after tuning is nearer to the expected one, the one before, and neither; by ROUGE-L."""
    found = wins(closeness(after, entries), closeness(before, entries))
    return dict(zip(("after", "before", "equal"), found, strict=True))


def wordless(said: Sequence[str]) -> int:
    """How many answers hold no letter: whoever says any right word wins against these."""
    return sum(not any(character.isalpha() for character in answer) for answer in said)


def rights(entries: Sequence[Entry], said: Sequence[str]) -> Counter[str]:
    """How many of each kind are answered right."""
    return Counter(entry["kind"] for entry, answer in zip(entries, said, strict=True) if check(entry, answer))


def measured(run: Tuned) -> dict[str, Any]:
    """What the lesson shows of the long run."""
    untuned, tokenizer = load_by_name("pocket")
    model = run.model
    validation, test = held_out()
    parts = choose_entries("own")
    own = parts["test"]
    trained = make_tasks(len(test), 123)
    before, after = (rights(test, say(m, tokenizer, test)) for m in (untuned, model))
    asked_of = Counter(task["kind"] for task in test)
    own_before, own_after = (say(m, tokenizer, own) for m in (untuned, model))
    ways, at_its_best = untuned_at_its_best(parts)
    return {
        "measured": f"{datetime.datetime.now(datetime.UTC):%Y-%m-%d}",
        "machine": machine(("torch",)),
        "recipe": RECIPE.settings(),
        "tasks": TASKS,
        "entries": run.entries,
        "seconds": round(run.seconds),
        "cpu_seconds": round(run.cpu_seconds),
        "looks": run.looks,
        "kinds": {kind: [before[kind], after[kind], asked_of[kind]] for kind in KINDS},
        "train_right": rights(trained, say(model, tokenizer, trained)).total() / len(trained),
        "val_right": rights(validation, say(model, tokenizer, validation)).total() / len(validation),
        "own": compared(own_before, own_after, own),
        "wordless_before": wordless(own_before),
        "ways": ways,
        "own_at_its_best": compared(at_its_best, own_after, own),
        "wordless_at_its_best": wordless(at_its_best),
    }


def report(record: dict[str, Any]) -> Report:
    """The record as a report."""
    before, after, of = (sum(counts[i] for counts in record["kinds"].values()) for i in range(3))
    own, last, best = record["own"], record["looks"][-1], record["own_at_its_best"]
    won, differ, every = own["after"], own["after"] + own["before"], sum(own.values())
    made = Report(f"Instruction tuning: the pocket model, {record['entries']:,} entries once")
    made.rows += [
        ("its steps", f"{record['cpu_seconds']} s of a processor's time, {record['seconds']} s by the clock"),
        ("held-out generated tasks right, before", f"{before} of {of}"),
        ("held-out generated tasks right, after", f"{after} of {of} ({100 * after / of:.0f} %)"),
        ("tasks that it was trained on right, after", f"{100 * record['train_right']:.0f} %"),
        ("our own test entries by ROUGE-L", f"after better {won}, before better {own['before']}, equal {own['equal']}"),
        ("of all of them, ties included, after better", f"{100 * won / every:.0f} %"),
        ("answers before tuning that hold no word at all", f"{record['wordless_before']} of {every}"),
        (
            "untuned and asked its best way",
            f"after better {best['after']}, before better {best['before']}, equal {best['equal']}",
        ),
        ("of these answers hold no word at all", f"{record['wordless_at_its_best']} of {every}"),
    ]
    made.claims += [
        ("held-out tasks right: at least 60 %", f"{100 * after / of:.0f} %", after >= 0.6 * of),
        (
            "own entries, after better of those that differ: at least 90 %",
            f"{100 * won / max(1, differ):.0f} %",
            won >= 0.9 * differ,
        ),
        (
            "the same against the untuned model asked its best way: at least 90 %",
            f"{100 * best['after'] / max(1, best['after'] + best['before']):.0f} %",
            best["after"] >= 0.9 * (best["after"] + best["before"]),
        ),
        ("less than 15 minutes of two cores", f"{record['cpu_seconds']} s of one", record["cpu_seconds"] < 1800),
    ]
    by_kind = sorted(record["kinds"].items(), key=lambda item: item[1][1] / item[1][2])
    for name, kinds in (
        ("words and numbers", list(WORD_MAKERS)),
        ("sentences and a text", [k for k in KINDS if k not in WORD_MAKERS]),
    ):
        right, asked = (sum(record["kinds"][kind][i] for kind in kinds) for i in (1, 2))
        made.notes.append(f"{len(kinds)} kinds about {name}: {right} of {asked} right ({100 * right / asked:.0f} %).")
    made.notes.append("By kind: " + ", ".join(f"{kind} {right}/{of}" for kind, (_, right, of) in by_kind) + ".")
    made.notes.append(
        f"Losses at the last look, nats a token of the answer: training {last['train_loss']:.2f}, held-out tasks "
        f"{last['val_loss']:.2f}, our own entries for validation {last['own_loss']:.2f} (before tuning "
        f"{record['looks'][0]['own_loss']:.2f}). Of the tasks that the recipe was chosen by, "
        f"{100 * record['val_right']:.0f} % are right."
    )
    made.notes.append(
        "The untuned model's mean ROUGE-L on our own entries for validation, by how it is asked: "
        + ", ".join(f"{way} {score:.3f}" for way, score in record["ways"].items())
        + "."
    )
    looks, alone = record["overfit"]["looks"], record["overfit"]["own"]
    lowest, last = min(looks, key=lambda look: look["val_loss"]), looks[-1]
    made.notes.append(
        f"Overfitting, on {ALONE:,} of our own entries alone, {record['overfit']['epochs']} epochs: validation loss "
        f"{lowest['val_loss']:.2f} at its best, after step {lowest['step']}, and {last['val_loss']:.2f} at the end, "
        f"where the training loss is {last['train_loss']:.2f}. Test answers by ROUGE-L: after better {alone['after']}, "
        f"before better {alone['before']}, equal {alone['equal']}."
    )
    made.notes.append(record["machine"])
    return made


if __name__ == "__main__":
    record = measured(long_run())
    looks, own = overfit()
    record["overfit"] = {"entries": ALONE, "epochs": OVERFIT.epochs, "looks": looks, "own": own}
    text = report(record).text()
    print(text)
    if "--save" in sys.argv:
        RECORD.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
        save("instruct-quality", text)
