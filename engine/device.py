"""Where the arithmetic happens: CUDA, else Apple's MPS, else the CPU; chosen here and nowhere else."""

from __future__ import annotations

import os
import platform

import torch

from engine.errors import DeviceError
from engine.memory import bytes_text

NAMES = ("auto", "cuda", "mps", "cpu")


def pick_device(name: str = "auto") -> torch.device:
    """The device with this name; "auto" takes the best one there is, or what GLASSBOX_DEVICE says.

    Raises DeviceError when the device does not exist here.
    """
    if name == "auto":
        name = os.environ.get("GLASSBOX_DEVICE") or "auto"
    kind, _, index = name.partition(":")
    if kind not in NAMES or not (name == kind or (kind == "cuda" and index.isdecimal())):
        raise DeviceError(f"there is no device {name!r}; choose one of {', '.join(NAMES)}.")
    there = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if name == "auto":
        return torch.device(next(k for k in ("cuda", "mps", "cpu") if there[k]))
    if not there[kind] or (kind == "cuda" and int(index or 0) >= torch.cuda.device_count()):
        raise DeviceError(f"this machine has no device {name} that PyTorch can use; choose auto or cpu.")
    return torch.device(name)


def describe_device(device: torch.device) -> str:
    """One line for people: the device's name and what it has."""
    if device.type == "cuda":
        gpu = torch.cuda.get_device_properties(device)
        return f"{gpu.name}, {bytes_text(gpu.total_memory)}"
    if device.type == "mps":
        return "Apple GPU (MPS)"
    threads = torch.get_num_threads()
    return f"CPU, {threads} thread{'s' if threads != 1 else ''} ({platform.machine()})"


def supports_bf16(device: torch.device) -> bool:
    """Whether bfloat16 is faster here than float32, because the hardware multiplies it."""
    if device.type == "cuda":
        return torch.cuda.get_device_capability(device) >= (8, 0)
    if device.type == "cpu":
        return bool(torch.cpu.get_capabilities().get("avx512_bf16", False))
    return False
