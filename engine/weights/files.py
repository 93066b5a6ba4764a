"""Weights on disk: safetensors and JSON, with a sentence when a file is not what it should be."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from engine.errors import WeightsError, first_line
from engine.whole_files import replacing

if TYPE_CHECKING:
    from pathlib import Path


class SafetensorsFile(Mapping[str, Tensor]):
    """The tensors of a file, each mapped from disk when it is asked for and let go with it.

    So copying all into a model takes the memory of the model and of one tensor, not of the model and the file.

    Raises WeightsError when the file is missing, cut off, or no safetensors file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        with self.open() as file:
            self.names = list(file.keys())

    @contextlib.contextmanager
    def open(self) -> Iterator[Any]:
        """The library's own reader."""
        try:
            with safe_open(self.path, framework="pt") as file:
                yield file
        except (OSError, ValueError, SafetensorError) as e:
            raise WeightsError(
                f"{self.path} cannot be read as weights ({first_line(e)}); fetch or make it again."
            ) from e

    def __getitem__(self, name: str) -> Tensor:
        if name not in self.names:
            raise KeyError(name)
        with self.open() as file:
            return file.get_tensor(name)

    def __iter__(self) -> Iterator[str]:
        return iter(self.names)

    def __len__(self) -> int:
        return len(self.names)


def read_state_dict(path: Path) -> dict[str, Tensor]:
    """The tensors of a file that torch.save wrote, such as the book's .pth files; nothing in it is ever run.

    Raises WeightsError when the file is missing, damaged, or holds anything but tensors.
    """
    try:
        state = torch.load(path, map_location="cpu", weights_only=True, mmap=True)
    except Exception as e:  # damaged archives raise many kinds
        raise WeightsError(
            f"{path} cannot be read as weights ({first_line(e)[:200]}); give a state_dict saved by torch.save."
        ) from e
    if isinstance(state, dict) and isinstance(state.get("model_state_dict"), dict):
        state = state["model_state_dict"]  # the book's checkpoint with its optimizer, section 5.4
    if not isinstance(state, dict) or not state or not all(isinstance(v, torch.Tensor) for v in state.values()):
        raise WeightsError(f"{path} holds no state_dict of tensors; save model.state_dict().")
    return state


def read_json(path: Path) -> dict[str, Any]:
    """A JSON object.

    Raises WeightsError when the file is missing or holds something else.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as e:
        raise WeightsError(f"{path} cannot be read as JSON ({first_line(e)}); fetch or make it again.") from e
    if not isinstance(content, dict):
        raise WeightsError(f"{path} should hold a JSON object; fetch or make it again.")
    return content


def write_folder(
    folder: Path,
    weights: dict[str, Tensor],
    config: dict[str, Any],
    about: dict[str, str] | None = None,
    names: tuple[str, str] = ("model.safetensors", "config.json"),
) -> Path:
    """Write two files, model.safetensors and config.json, both or neither.

    about  what safetensors keeps beside the tensors
    names  other names for the two

    Raises WeightsError when they cannot be written (disk full, no permission); older ones stay as they were.
    """
    numbers, words = (folder / name for name in names)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with replacing(words) as fresh_words, replacing(numbers) as fresh_numbers:
            save_file(weights, str(fresh_numbers), about)
            fresh_words.write_text(json.dumps(config, indent=1) + "\n", encoding="utf-8")
    except (OSError, SafetensorError) as e:
        raise WeightsError(
            f"the model could not be written to {folder} ({e}); make room there, or choose another folder."
        ) from e
    return folder
