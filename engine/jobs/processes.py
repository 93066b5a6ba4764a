"""The processes that jobs run in: started beside this one, known again by number and start time, told to end."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import psutil

from engine.jobs.limits import read_limits
from engine.jobs.store import ROOT

if TYPE_CHECKING:
    from pathlib import Path

GPUS = "GLASSBOX_GPUS"
CLOCK_SECONDS = 2.0  # the system's start times may be off by this much when its clock is corrected
_children: list[subprocess.Popen[bytes]] = []


def is_alive(pid: int | None, started: float | None) -> bool:
    """Whether the process that began then still runs; a later one with the same number does not count."""
    if pid is None or started is None:
        return False
    try:
        process = psutil.Process(pid)
        return abs(process.create_time() - started) < CLOCK_SECONDS and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def send(number: int, pid: int | None, started: float | None) -> None:
    """Send a signal to a process, if it is still that one."""
    if pid is not None and is_alive(pid, started):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, number)


def wait(seconds: float, pid: int | None, started: float | None) -> None:
    """Wait until a process has ended, at most so long."""
    give_up = time.monotonic() + seconds
    while time.monotonic() < give_up and is_alive(pid, started):
        time.sleep(0.02)


def reap() -> None:
    """Let go of our own processes that have ended, which the system keeps as zombies until somebody asks."""
    _children[:] = [child for child in _children if child.poll() is None]


def began(child: subprocess.Popen[bytes]) -> float:
    """When a process began by the system's clock, or now if it has ended already."""
    with contextlib.suppress(psutil.Error):
        return psutil.Process(child.pid).create_time()
    return time.time()


def cores() -> int:
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def gpus() -> list[str]:
    """The GPUs that jobs may use, by the numbers that CUDA_VISIBLE_DEVICES takes.

    A worker sees only its own; it learns of the others, for the job it starts after it, from its environment.
    """
    if GPUS in os.environ:
        return [gpu for gpu in os.environ[GPUS].split(",") if gpu]
    if os.environ.get("GLASSBOX_DEVICE") == "cpu" or shutil.which("nvidia-smi") is None:
        return []  # without waiting for torch
    import torch

    visible = os.environ.get("CUDA_VISIBLE_DEVICES", "")
    named = [gpu for gpu in visible.split(",") if gpu]
    return named or [str(i) for i in range(torch.cuda.device_count())]


def worker_environment(slot: int = 0) -> dict[str, str]:
    """A job's environment: its threads, its GPU, and a limit to oneDNN's kernels, one for each shape of a batch."""
    there = gpus()
    threads = str(max(1, min(read_limits().threads, cores())))
    env = {"ONEDNN_PRIMITIVE_CACHE_CAPACITY": "64", **os.environ, "OMP_NUM_THREADS": threads, GPUS: ",".join(there)}
    if there:
        env["CUDA_VISIBLE_DEVICES"] = there[slot % len(there)]
    return env


def run_beside(module: str, argument: Path, log: Path, slot: int = 0) -> subprocess.Popen[bytes]:
    """Start `python -m module argument` as a process that outlives this one; what it prints is added to log."""
    with log.open("ab") as out:
        child = subprocess.Popen(
            [sys.executable, "-m", module, str(argument.resolve())],
            cwd=ROOT,
            env=worker_environment(slot),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
    _children.append(child)
    return child
