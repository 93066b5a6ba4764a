"""Make data/book_run.csv again: the notes' pretraining on The Verdict, by our loop, to its end.

    OMP_NUM_THREADS=2 python scripts/record_book_run.py ../shared/datasets/the-verdict.txt

About ten minutes on two idle cores.
"""

from __future__ import annotations

import argparse
import csv
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import torch  # noqa: E402

from engine.jobs.pretraining import first_model, train_as_book  # noqa: E402
from engine.jobs.recipe import BOOK  # noqa: E402
from engine.training.events import Evaluation, Step  # noqa: E402


def main() -> None:
    """Train, and write the losses."""
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("text", type=Path, help="The Verdict")
    text = p.parse_args().text.read_text(encoding="utf-8")
    torch.manual_seed(BOOK.seed)
    model = first_model(BOOK)
    rows: dict[int, list[str]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for event in train_as_book(BOOK, text, model, Path(folder) / "checkpoint", lambda: False):
            if isinstance(event, Step):
                rows[event.step] = [str(event.step), f"{event.loss:.4f}", "", ""]
            elif isinstance(event, Evaluation):
                rows[event.step][2:] = [f"{event.train_loss:.4f}", f"{event.val_loss:.4f}"]
                print(f"step {event.step}: {event.train_loss:.3f} {event.val_loss:.3f}", flush=True)
    with (ROOT / "data" / "book_run.csv").open("w", newline="", encoding="utf-8") as f:
        csv.writer(f, lineterminator="\n").writerows([["step", "loss", "train_loss", "val_loss"], *rows.values()])


if __name__ == "__main__":
    main()
