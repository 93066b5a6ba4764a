"""How fast this machine reads memory: the limit of writing text one token at a time."""

from __future__ import annotations

import statistics
import time
from concurrent.futures import ThreadPoolExecutor

import torch

BYTES = 2**29  # 512 MiB, far beyond any cache


def read_bandwidth(rounds: int = 15) -> float:
    """Bytes a second that all threads together read, the best of some rounds (a limit is no median).

    Each thread multiplies its own matrix by a vector: that keeps many streams open at once, where a plain sum keeps
    one and gets less out of the same memory.
    """
    threads = torch.get_num_threads()
    matrices = [torch.ones(1024, BYTES // 4 // 1024 // threads) for _ in range(threads)]
    vector = torch.ones(1, 1024)
    seconds = []
    with ThreadPoolExecutor(threads) as pool:
        for _ in range(rounds):
            began = time.perf_counter()
            list(pool.map(lambda matrix: vector @ matrix, matrices))
            seconds.append(time.perf_counter() - began)
    return sum(matrix.numel() * 4 for matrix in matrices) / min(seconds)


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
