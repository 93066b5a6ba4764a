"""Reading weights from disk: safetensors and JSON, with a sentence when a file is not what it should be."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from safetensors import SafetensorError
from safetensors.torch import load_file

from engine.errors import WeightsError

if TYPE_CHECKING:
    from pathlib import Path

    from torch import Tensor


def read_safetensors(path: Path) -> dict[str, Tensor]:
    """All tensors of a file, mapped from disk.

    Raises WeightsError when the file is missing, cut off, or no safetensors file.
    """
    try:
        return load_file(path)
    except (OSError, ValueError, SafetensorError) as e:
        raise WeightsError(f"{path} cannot be read as weights ({_first_line(e)}); fetch or make it again.") from e


def read_json(path: Path) -> dict[str, Any]:
    """A JSON object.

    Raises WeightsError when the file is missing or holds something else.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as e:
        raise WeightsError(f"{path} cannot be read as JSON ({_first_line(e)}); fetch or make it again.") from e
    if not isinstance(content, dict):
        raise WeightsError(f"{path} should hold a JSON object; fetch or make it again.")
    return content


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]
