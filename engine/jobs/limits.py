"""The limits of trainings, read from one file: limits.toml, or what GLASSBOX_LIMITS names."""

from __future__ import annotations

import os
import tomllib
from dataclasses import dataclass, fields
from pathlib import Path

from engine.errors import InputError

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Limits:
    """What one visitor may ask of this machine.

    at_once         trainings that run at the same time; 0: one per GPU, without one one per two cores
    threads         processor threads of one training
    open_per_owner  trainings that one owner may have waiting or running
    kept_per_owner  trainings that one owner may keep
    hours           after this long a training stops with its last checkpoint
    parameters      largest model
    text_bytes      longest text
    table_bytes     longest table of texts with labels, or of instructions with answers, as UTF-8
    snapshot_bytes  models that one training keeps to look back at, together
    free_bytes      no training starts with less room than this on the disk
    """

    at_once: int = 0
    threads: int = 2
    open_per_owner: int = 5
    kept_per_owner: int = 40
    hours: float = 3.0
    parameters: int = 200_000_000
    text_bytes: int = 10_000_000
    table_bytes: int = 50_000_000
    snapshot_bytes: int = 400_000_000
    free_bytes: int = 300_000_000


def read_limits() -> Limits:
    """The limits of this machine.

    Raises InputError when the file is not TOML, or has a name or a value that makes no sense.
    """
    path = Path(os.environ.get("GLASSBOX_LIMITS", ROOT / "limits.toml"))
    try:
        given = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return Limits()
    except (OSError, ValueError) as e:
        raise InputError(f"the limits in {path} cannot be read ({e}); mend or remove the file.") from e
    kinds = {f.name: int if f.type == "int" else float for f in fields(Limits)}
    for name, value in given.items():
        if name not in kinds:
            raise InputError(f"{path} has {name!r}; the limits are {', '.join(kinds)}.")
        if isinstance(value, bool) or not isinstance(value, int | kinds[name]) or not value >= 0:
            raise InputError(f"{name} in {path} is {value!r}; give a number from 0 up.")
    return Limits(**given)
