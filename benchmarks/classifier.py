"""A spam classifier at GPT-2 124M's shape by the book's recipe: the book's own code against ours, each in a process.

The book's training takes half an hour or more on two cores. So it is timed on its first steps and scaled up; that its
curve goes on as ours does is not believed but checked, on these steps. Ours runs in full.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

import pandas as pd

from benchmarks.timing import Report, machine, spread
from engine.datasets.labelled import create_balanced_dataset, load_messages, random_split
from engine.finetune.recipe import BOOK

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = Path(__file__).resolve().parents[1]
COLLECTION = ROOT.parent / "shared" / "datasets" / "SMSSpamCollection.tsv"
EVAL_STEPS, EVAL_BATCHES = 50, 5  # the book's: every 50 steps, 5 batches of both parts
SAME = 1e-3  # how far losses in float32 may be apart that are worked out in another order


def parts() -> tuple[dict[str, pd.DataFrame], str]:
    """The book's parts of the SMS collection with the columns Text and Label (1: spam), or of our own messages."""
    if COLLECTION.exists():
        source = "The SMS Spam Collection, balanced and split as in the book"
        table = pd.read_csv(COLLECTION, sep="\t", header=None, names=["Label", "Text"])
    else:
        source = "Our own messages, because the SMS collection is not here"
        table = load_messages().rename(columns={"label": "Label", "text": "Text"})
    table = create_balanced_dataset(table)
    table["Label"] = (table["Label"] == "spam").astype(int)
    found = dict(zip(("train", "validation", "test"), random_split(table, 0.7, 0.1), strict=True))
    return found, f"{source}: {' / '.join(f'{len(part):,}' for part in found.values())} messages."


def run(rounds: int = 8) -> Report:
    """As many of the book's steps as there are rounds, ours in full on the same batches, and ours as it is used."""
    report = Report("Spam classifier at GPT-2 124M's shape: last block, norm and head, 5 epochs in batches of 8")
    data, source = parts()
    with tempfile.TemporaryDirectory() as folder:
        for name, part in data.items():
            part.to_csv(Path(folder) / f"{name}.csv", index=False)
        # Before and after ours, so that a machine that changes its pace is seen.
        theirs = [contender("book", rounds, folder)]
        padded = contender("padded", 0, folder)
        ours = contender("ours", 0, folder)
        theirs.append(contender("book", rounds, folder))
    steps = BOOK.epochs * (len(data["train"]) // BOOK.batch_size)
    whole = [scaled(one, steps) for one in theirs]
    report.rows += [
        ("the book's code", f"{spread(whole, 0)} seconds ({rounds} of {steps} steps, twice, scaled up)"),
        ("ours, padded and read as in the book", f"{padded['seconds']:.0f} seconds, {padded['read']:.0f} of them once"),
        ("ours, last token of the text read", f"{ours['seconds']:.0f} seconds, {ours['read']:.0f} of them once"),
        ("memory at its highest, the book's", f"{median(one['peak'] for one in theirs) / 1e6:,.0f} MB"),
        ("memory at its highest, ours padded", f"{padded['peak'] / 1e6:,.0f} MB"),
        ("memory at its highest, ours", f"{ours['peak'] / 1e6:,.0f} MB"),
    ]
    report.claim("ours against the book's", 10, median(whole) / ours["seconds"])
    report.claim("ours, padded, against the book's", 10, median(whole) / padded["seconds"])
    report.claim("memory of the book's against ours", 1, theirs[0]["peak"] / ours["peak"])
    apart = max(abs(a - b) for a, b in zip(theirs[0]["losses"], padded["losses"], strict=False))
    report.claims.append((f"the same losses at the same steps, within {SAME:g}", f"{apart:.1e} nats", apart < SAME))
    end, padded_end = ends(ours), ends(padded)
    report.claims.append(
        (
            "a validation loss as low as the book's at the end, which is that of ours padded as in the book",
            f"{end[1]:.3f} against {padded_end[1]:.3f}",
            end[1] <= padded_end[1] + 0.01,
        )
    )
    report.notes += [
        f"Training loss at the end: {end[0]:.3f}, padded {padded_end[0]:.3f}; the weights are random, so this says "
        "nothing about GPT-2.",
        f"Scaled up: {steps} steps, and the batches that the book evaluates on the way. The step's median "
        f"{median(theirs[0]['step']):.2f} s, then {median(theirs[1]['step']):.2f} s.",
        source,
        machine(("torch", "llms-from-scratch")),
    ]
    return report


def contender(name: str, steps: int, folder: str) -> dict[str, Any]:
    """What benchmarks.classifier_run found in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.classifier_run", name, str(steps), folder]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def scaled(found: dict[str, Any], steps: int) -> float:
    """Seconds of the book's whole training, from medians of its steps and of its forward passes for evaluations."""
    looked = 2 * EVAL_BATCHES * (-(-steps // EVAL_STEPS) + BOOK.epochs)
    return steps * median(found["step"]) + looked * median(found["looked"])


def ends(found: dict[str, Any]) -> tuple[float, float]:
    """Training and validation loss, the mean of the last three evaluations."""
    last: Sequence[Sequence[float]] = found["looks"][-3:]
    return sum(one[1] for one in last) / len(last), sum(one[2] for one in last) / len(last)
