"""What this machine is and has: cores, memory, disk, versions; and whether a model fits into it."""

from __future__ import annotations

import os
import platform
import shutil
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import torch

from engine.config import parameter_count
from engine.device import describe_device, pick_device, supports_bf16
from engine.errors import WeightsError
from engine.memory import bytes_text, running_memory

if TYPE_CHECKING:
    from engine.config import GPTConfig

CGROUP = Path("/sys/fs/cgroup")  # a container's own limits, where there are any
LIBRARIES = ("numpy", "streamlit", "tiktoken", "safetensors", "huggingface_hub", "tensorflow", "scikit-learn")


def facts(folder: Path) -> dict[str, str]:
    """The machine in words, by what each is about: device, processor, memory, disk, versions.

    folder  where downloads go; it need not exist yet

    Raises DeviceError when GLASSBOX_DEVICE names a device that is not there.
    """
    device = pick_device()
    total, free = memory()
    disk = shutil.disk_usage(nearest(folder))
    threads = torch.get_num_threads()
    return {
        "Python": f"{platform.python_version()} on {platform.system()} {platform.machine()}",
        "PyTorch": torch.__version__,
        "Device": f"{describe_device(device)}; {'bf16' if supports_bf16(device) else 'fp32'} is fastest",
        "Processor": f"{some(os.cpu_count() or 1, 'core')}, {some(threads, 'thread')} for one calculation",
        "Memory": f"{bytes_text(free)} free of {bytes_text(total)}",
        "Disk": f"{bytes_text(disk.free)} free of {bytes_text(disk.total)}",
        "Downloads": str(folder),
        "Libraries": ", ".join(f"{name} {found}" for name in LIBRARIES if (found := installed_version(name))),
    }


def memory() -> tuple[int, int]:
    """Bytes of memory in all, and bytes that a program can still have; a container's limit counts."""
    whole = psutil.virtual_memory()
    limit, used = _container_limit(), _container_use()
    if limit is None or limit >= whole.total:
        return whole.total, whole.available
    return limit, max(0, min(whole.available, limit - used))


def check_room(cfg: GPTConfig, device: torch.device | str = "cpu", name: str = "this model") -> None:
    """Nothing happens when a model of these sizes fits into the memory that is free now.

    device  where it is to run; weights pass through the machine's own memory on their way to a GPU

    Raises WeightsError with the bytes that it needs and those that are free.
    """
    where = torch.device(device)
    needed = running_memory(cfg)
    places = {"memory": (sum(needed.values()) if where.type != "cuda" else needed["weights"], memory()[1])}
    if where.type == "cuda":
        places["the GPU's memory"] = (sum(needed.values()), torch.cuda.mem_get_info(where)[0])
    for place, (bytes_needed, free) in places.items():
        if bytes_needed > free:
            raise WeightsError(
                f"{name} has {parameter_count(cfg):,} parameters and needs {bytes_text(bytes_needed)} of {place} "
                f"({bytes_text(needed['weights'])} for the weights alone), and {bytes_text(free)} are free; "
                "end what else uses it, or choose a smaller model."
            )


def nearest(folder: Path) -> Path:
    """The folder, or the first one above it that exists."""
    return next(path for path in (folder.absolute(), *folder.absolute().parents) if path.exists())


def installed_version(library: str) -> str:
    """A library's version without importing it; empty when it is not installed."""
    try:
        return version(library)
    except PackageNotFoundError:
        return ""


def some(number: int, of: str) -> str:
    """1 core, 2 cores."""
    return f"{number} {of}{'' if number == 1 else 's'}"


def _container_limit() -> int | None:
    text = _read(CGROUP / "memory.max")
    return int(text) if text.isdecimal() else None


def _container_use() -> int:
    """What the container holds and cannot give back: files that are only cached do not count."""
    used = _read(CGROUP / "memory.current")
    cached = next(
        (line.split()[1] for line in _read(CGROUP / "memory.stat").splitlines() if "inactive_file" in line), ""
    )
    return (int(used) if used.isdecimal() else 0) - (int(cached) if cached.isdecimal() else 0)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii").strip()
    except OSError:
        return ""
