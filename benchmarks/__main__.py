"""Run the benchmarks: `python -m benchmarks [decoding] [pretraining] [loop] [bpe] [instruct] [--save]`; else all."""

from __future__ import annotations

import argparse
import datetime
import importlib
from pathlib import Path

NAMES = ("decoding", "pretraining", "loop", "bpe", "instruct", "classifier")
RESULTS = Path(__file__).with_name("RESULTS.md")


def main() -> None:
    """Run what was asked for, print each report, and keep them in RESULTS.md when asked to."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"which to run: {', '.join(NAMES)}; default all")
    parser.add_argument("--rounds", type=int, help="measured rounds of each contender; default 5 to 7")
    parser.add_argument("--save", action="store_true", help="replace the benchmarks' sections in RESULTS.md")
    asked = parser.parse_args()
    for name in asked.names:
        if name not in NAMES:
            parser.error(f"there is no benchmark {name!r}; choose from {', '.join(NAMES)}.")
    for name in asked.names or NAMES:
        benchmark = importlib.import_module(f"benchmarks.{name}")
        report = benchmark.run(asked.rounds) if asked.rounds else benchmark.run()
        print(report.text(), flush=True)
        if asked.save:
            save(name, report.text())


def save(name: str, text: str) -> None:
    """Put a report into RESULTS.md, in place of an older one of the same name."""
    mark, end = f"<!-- {name} -->\n", f"<!-- end of {name} -->\n"
    old = RESULTS.read_text(encoding="utf-8") if RESULTS.exists() else "# Results\n\n"
    today = f"{datetime.datetime.now(datetime.UTC):%Y-%m-%d}"
    section = f"{mark}{text}- Measured on {today}.\n{end}"
    if mark in old:
        before, _, rest = old.partition(mark)
        old = before + section + rest.partition(end)[2]
    else:
        old += section + "\n"
    RESULTS.write_text(old, encoding="utf-8")


if __name__ == "__main__":
    main()
