"""The answers that come with Glassbox, of two tunings: `python scripts/example_answers.py MORE FEWER`.

MORE and FEWER are the folders that these two were given (how the answers came about is in data/README.md):

    python -m engine instruct train --tasks 40000 --epochs 1 --batch-size 48 --learning-rate 0.015 --to MORE
    python -m engine instruct train --tasks 4000 --epochs 2 --batch-size 32 --learning-rate 0.01 --to FEWER
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
KEYS = ("instruction", "input", "output", "kind")


def main(more: str, fewer: str) -> None:
    """Write data/answers.json: the same test entries, answered before tuning and after each."""
    first, second = (json.loads((Path(f) / "responses.json").read_text(encoding="utf-8")) for f in (more, fewer))
    rows = []
    for one, two in zip(first, second, strict=True):
        entry = {key: one[key] for key in KEYS if key in one}
        if entry != {key: two[key] for key in KEYS if key in two} or one["before"] != two["before"]:
            raise SystemExit(f"the two runs answered different entries: {entry}")
        rows.append(
            entry
            | {"model_response": one["model_response"], "fewer_tasks": two["model_response"], "before": one["before"]}
        )
    text = json.dumps(rows, ensure_ascii=False, indent=1)
    (ROOT / "data" / "answers.json").write_text(text + "\n", encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
