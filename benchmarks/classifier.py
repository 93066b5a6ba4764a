"""A spam classifier at GPT-2 124M's shape by the book's recipe: the book's own code against ours, each in a process.

The book's training takes half an hour or more on two cores. So it is timed on its first steps and scaled up, and its
losses are compared with ours on these steps. Ours runs in full; with 8 rounds or more (the default) also padded as the
book's, to see where the book's curve ends.
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
LONG = 8  # rounds from which on ours also runs in full with the book's padding
LOW = 0.05  # nats a text: a training loss that both reach, a fourteenth of where they start
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


def run(rounds: int = LONG) -> Report:
    """As many of the book's steps as there are rounds, on the same batches ours padded, and ours as it is used."""
    report = Report("Spam classifier at GPT-2 124M's shape: last block, norm and head, 5 epochs in batches of 8")
    data, source = parts()
    with tempfile.TemporaryDirectory() as folder:
        for name, part in data.items():
            part.to_csv(Path(folder) / f"{name}.csv", index=False)
        # Before and after ours, so that a machine that changes its pace is seen.
        theirs = [contender("book", rounds, folder)]
        ours = contender("ours", 0, folder)
        padded = contender("padded", 0 if rounds >= LONG else rounds, folder)
        theirs.append(contender("book", rounds, folder))
    steps = BOOK.epochs * (len(data["train"]) // BOOK.batch_size)
    whole = [scaled(one, steps) for one in theirs]
    peak = min(one["peak"] for one in theirs)
    report.rows += [
        ("the book's code", f"{spread(whole, 0)} seconds ({rounds} of {steps} steps, twice, scaled up)"),
        ("ours", f"{ours['seconds']:.0f} seconds, of which {ours['read']:.0f} once for the frozen blocks"),
        ("memory at its highest, the book's", f"{peak / 1e6:,.0f} MB"),
        ("memory at its highest, ours", f"{ours['peak'] / 1e6:,.0f} MB"),
    ]
    report.claim("ours against the book's", 10, median(whole) / ours["seconds"])
    report.claim("memory, the book's against ours", 1, peak / ours["peak"])
    pairs = list(zip(theirs[0]["losses"], padded["losses"], strict=False))
    apart = max(abs(a - b) for a, b in pairs)
    said = f"ours, padded and read as in the book, has its losses at the first {len(pairs)} steps, within {SAME:g}"
    report.claims.append((said, f"{apart:.1e} nats apart", apart < SAME))
    end = ends(ours)
    report.notes.append(
        f"Ours reads the last token of the text itself, without padding, and ends at a training loss of {end[0]:.3f} "
        f"and a validation loss of {end[1]:.3f}. The weights are random, so this says nothing about GPT-2."
    )
    if rounds >= LONG:
        report.rows += [
            ("ours, padded", f"{padded['seconds']:.0f} seconds, of which {padded['read']:.0f} once"),
            ("memory at its highest, ours padded", f"{padded['peak'] / 1e6:,.0f} MB"),
        ]
        said = "validation loss at the end as low as the book's, which is that of ours padded"
        low = ends(padded)[1]
        report.claims.append((said, f"{end[1]:.3f} against {low:.3f}", end[1] <= low + 0.01))
        soon, soon_padded = reaches(ours), reaches(padded)
        book_seconds = median(whole) * soon_padded[0] / steps
        report.rows.append((f"to a training loss of {LOW}, the book's", f"{book_seconds:.0f} seconds"))
        report.rows.append((f"to a training loss of {LOW}, ours", f"{soon[3]:.0f} seconds"))
        report.claim(f"ours against the book's, to a training loss of {LOW}", 10, book_seconds / soon[3])
        report.notes.append(
            f"A training loss of {LOW} is first seen after {soon[0]} steps of ours and {soon_padded[0]} of ours "
            "padded, whose curve is the book's."
        )
    else:
        report.notes.append(f"Where the book's would end is not in this run: give {LONG} rounds or more for that.")
    report.notes += [
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


def reaches(found: dict[str, Any]) -> Sequence[float]:
    """Step, losses and seconds of the first evaluation with a training loss of LOW or less."""
    return next(look for look in found["looks"] if look[1] <= LOW)


def ends(found: dict[str, Any]) -> tuple[float, float]:
    """Training and validation loss, the mean of the last three evaluations."""
    last: Sequence[Sequence[float]] = found["looks"][-3:]
    return sum(one[1] for one in last) / len(last), sum(one[2] for one in last) / len(last)
