"""What every benchmark shares: contenders take turns, medians are compared, the machine is named."""

from __future__ import annotations

import os
import platform
import statistics
import time
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

# Longer than OpenMP's workers spin after their last task: nobody is measured against another's leftovers.
PAUSE = 0.3


@dataclass
class Report:
    """What a benchmark found.

    rows    name of a contender and what it took, ready to print
    claims  (what we set out to reach, what we measured, whether it is reached)
    notes   what one must know to read the figures
    """

    title: str
    rows: list[tuple[str, str]] = field(default_factory=list)
    claims: list[tuple[str, str, bool]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def claim(self, what: str, target: float, measured: float) -> None:
        """Add a ratio that should be at least as large as the target."""
        self.claims.append((f"{what}: at least {target:g}x", f"{measured:.2f}x", measured >= target))

    def text(self) -> str:
        """The report as Markdown."""
        width = max(len(name) for name, _ in self.rows)
        lines = [f"## {self.title}", "", "```", *(f"{name:{width}}  {value}" for name, value in self.rows), "```", ""]
        lines += [f"- {'reached' if ok else 'missed'}: {what}; measured {value}" for what, value, ok in self.claims]
        lines += [f"- {note}" for note in self.notes]
        return "\n".join(lines) + "\n"


def take_turns(contenders: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, list[float]]:
    """Seconds that each contender took in each round, after one unmeasured round.

    They run in turn, so that what else the machine does in the meantime hits all of them alike.
    """
    seconds: dict[str, list[float]] = {name: [] for name in contenders}
    for round_ in range(rounds + 1):
        for name, run in contenders.items():
            time.sleep(PAUSE)
            began = time.perf_counter()
            run()
            if round_:
                seconds[name].append(time.perf_counter() - began)
    return seconds


def ratio(slower: list[float], faster: list[float]) -> float:
    """How many times faster, by medians."""
    return statistics.median(slower) / statistics.median(faster)


def spread(values: list[float], digits: int = 1) -> str:
    """Median, and the least and greatest in brackets."""
    middle, low, high = statistics.median(values), min(values), max(values)
    return f"{middle:.{digits}f} ({low:.{digits}f} to {high:.{digits}f})"


def machine(libraries: tuple[str, ...]) -> str:
    """The processor, its threads, how busy it was, and the versions of what was measured."""
    import torch

    name = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        lines = cpuinfo.read_text(encoding="utf-8").splitlines()
        name = next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), name)
    capability = torch.backends.cpu.get_cpu_capability()
    versions = ", ".join(f"{library} {version(library)}" for library in libraries)
    load = f"load {os.getloadavg()[0]:.1f} in the last minute, " if hasattr(os, "getloadavg") else ""
    return (
        f"{name}, {os.cpu_count()} cores, {torch.get_num_threads()} threads used, {load}{capability}; "
        f"{platform.system()}, Python {platform.python_version()}, {versions}"
    )
