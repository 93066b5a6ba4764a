"""Make data/bottleneck again: the sequence models of the lesson on the bottleneck, for both tasks.

    OMP_NUM_THREADS=1 python scripts/train_seq2seq.py

Takes a few minutes for each task. The same settings on the same machine give the same weights.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from engine.experiments.seq2seq import TASKS, Seq2SeqSettings, train  # noqa: E402
from engine.experiments.seq2seq_record import LENGTHS, RECORDED_DIR, finish, save_record  # noqa: E402


def main() -> None:
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--tasks", nargs="+", choices=TASKS, default=list(TASKS))
    p.add_argument("--steps", type=int, default=Seq2SeqSettings.steps)
    p.add_argument("--out", type=Path, default=RECORDED_DIR)
    args = p.parse_args()
    for task in args.tasks:
        settings = Seq2SeqSettings(task, steps=args.steps)
        reports = []
        for report in train(settings, every=50):
            reports.append(report)
            if report.step % 500 == 0:
                print(task, report.step, report.losses, f"{report.seconds:.0f} s", flush=True)
        record = finish(settings, reports)
        print(save_record(record, args.out / task))
        for attention, shares in record.accuracy.items():
            print("attention" if attention else "bottleneck", dict(zip(LENGTHS, shares.round(3).tolist(), strict=True)))


if __name__ == "__main__":
    main()
