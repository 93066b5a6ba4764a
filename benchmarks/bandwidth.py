"""How fast this machine reads memory: the limit of writing text one token at a time."""

from __future__ import annotations

import statistics
import time

import torch

BYTES = 2**29  # 512 MiB, far beyond any cache


def read_bandwidth(rounds: int = 9) -> float:
    """Bytes a second that all threads together read, the best of some rounds (a limit is no median).

    Every thread reads its part as a matrix times a vector does, which keeps many streams open at once; a plain sum
    keeps one and gets less out of the same memory.
    """
    matrix = torch.ones(1024, BYTES // 4 // 1024)
    vector = torch.ones(1, 1024)
    seconds = []
    with torch.inference_mode():
        for _ in range(rounds):
            began = time.perf_counter()
            vector @ matrix
            seconds.append(time.perf_counter() - began)
    return BYTES / min(seconds)


def triad_bandwidth(rounds: int = 5) -> float:
    """Bytes a second of a = b + s * c, the STREAM benchmark's triad: two read for each one written."""
    b, c = torch.ones(BYTES // 4), torch.ones(BYTES // 4)
    a = torch.empty_like(b)
    seconds = []
    for _ in range(rounds):
        began = time.perf_counter()
        torch.add(b, c, alpha=3.0, out=a)
        seconds.append(time.perf_counter() - began)
    return 3 * BYTES / statistics.median(seconds)
