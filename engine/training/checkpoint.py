"""Checkpoints that are whole or not there: weights, optimizer, random numbers and the place in the data.

A checkpoint is a folder:

    model.safetensors  the weights
    optimizer.pt       what the optimizer remembers
    state.pt           random generators and counters, so that training continues bit for bit
    card.json          what can be read without torch: step, losses, sizes, device

The folder is written under another name and renamed when complete; the one before it goes only after that.
"""

from __future__ import annotations

import contextlib
import json
import shutil
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_model
from torch import Tensor, nn

from engine.errors import CheckpointError, first_line
from engine.whole_files import flush

PARTS = ("model.safetensors", "optimizer.pt", "state.pt", "card.json")


def save_checkpoint(
    folder: str | Path, model: nn.Module, optimizer: Any, state: dict[str, Any], card: dict[str, Any]
) -> Path:
    """Write a checkpoint, replacing the one at the same place only once the new one is whole.

    state  what torch.save can write and torch.load(weights_only=True) can read
    card   what JSON can hold

    Raises CheckpointError when it cannot be written (disk full, no permission); an older one stays as it was.
    """
    folder = Path(folder)
    # Both names start with a dot: they are no checkpoints, and listings leave them out.
    fresh, old = folder.with_name(f".{folder.name}.new"), folder.with_name(f".{folder.name}.old")
    try:
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(parents=True)
        save_model(model, str(fresh / "model.safetensors"))
        torch.save(optimizer.state_dict(), fresh / "optimizer.pt")
        torch.save(state, fresh / "state.pt")
        (fresh / "card.json").write_text(json.dumps(card, indent=1), encoding="utf-8")
        for part in PARTS:
            flush(fresh / part)
        _replace(fresh, folder, old)
    except (OSError, RuntimeError, SafetensorError) as e:
        shutil.rmtree(fresh, ignore_errors=True)
        with contextlib.suppress(OSError):
            find_checkpoint(folder)  # when only the last rename failed, the older one is put back
        raise CheckpointError(
            f"the checkpoint {folder} could not be written ({first_line(e)}); make room there, or choose another "
            "folder, and resume."
        ) from e
    return folder


def _replace(fresh: Path, folder: Path, old: Path) -> None:
    if folder.exists():
        shutil.rmtree(old, ignore_errors=True)
        folder.rename(old)
    fresh.rename(folder)
    shutil.rmtree(old, ignore_errors=True)


def find_checkpoint(folder: str | Path) -> Path | None:
    """The checkpoint at this place; when a kill struck between two renames, the older one put back; else None."""
    folder = Path(folder)
    old = folder.with_name(f".{folder.name}.old")
    if not folder.exists() and old.exists():
        old.rename(folder)
    return folder if folder.exists() else None


def load_checkpoint(
    folder: str | Path, model: nn.Module, optimizer: Any = None
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Fill model and optimizer from a checkpoint, all or nothing; returns its state and its card.

    Raises CheckpointError when a part is missing or damaged, or was made for another model or optimizer.
    """
    folder = Path(folder)
    missing = [part for part in PARTS if not (folder / part).exists()]
    if missing:
        raise CheckpointError(f"{folder} is no whole checkpoint: {missing[0]} is missing; use another one.")
    try:
        card = json.loads((folder / "card.json").read_text(encoding="utf-8"))
        # What was on a GPU is read here, whatever this machine has; the optimizer moves it to its weights.
        state = torch.load(folder / "state.pt", map_location="cpu", weights_only=True)
        weights = load_file(folder / "model.safetensors")
        _check_weights(weights, model)
        if optimizer is not None:
            saved = torch.load(folder / "optimizer.pt", map_location="cpu", weights_only=True)
            _check_optimizer(saved, optimizer.state_dict())
            optimizer.load_state_dict(saved)
    except Exception as e:  # a damaged file makes the readers below raise nearly anything
        raise CheckpointError(
            f"the checkpoint {folder} is damaged or belongs to another model ({first_line(e)}); use another one."
        ) from e
    # Tied weights are stored under one of their names.
    model.load_state_dict(weights, strict=False)
    return state, card


def _check_weights(weights: dict[str, Tensor], model: nn.Module) -> None:
    """Raise ValueError unless these are all the weights of this model."""
    own = model.state_dict()
    for name, tensor in weights.items():
        if name not in own:
            raise ValueError(f"this model has no {name}")
        if tensor.shape != own[name].shape:
            raise ValueError(f"{name} is {tuple(tensor.shape)} and here {tuple(own[name].shape)}")
    filled = {own[name].data_ptr() for name in weights}
    if len(filled) < len(weights):
        raise ValueError("it has two tensors where this model shares one")
    for name, tensor in own.items():
        if tensor.data_ptr() not in filled:
            raise ValueError(f"it has no {name}")


def _check_optimizer(saved: Any, own: Any) -> None:
    """Raise ValueError unless a saved optimizer has the groups, settings and memories of this one."""
    if not isinstance(saved, dict) or saved.keys() != own.keys():
        raise ValueError("it was trained with another optimizer")
    if "param_groups" not in own:  # several optimizers used as one
        for name in own:
            _check_optimizer(saved[name], own[name])
        return
    theirs, ours = ([(len(group["params"]), set(group)) for group in state["param_groups"]] for state in (saved, own))
    if theirs != ours:
        raise ValueError("it was trained with another optimizer")
