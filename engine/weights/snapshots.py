"""How the pocket model's embeddings came about: the vectors of 2,000 frequent words at moments of its training."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from engine.errors import WeightsError
from engine.weights.files import SafetensorsFile, read_json
from engine.weights.pocket import POCKET_DIR

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray


@dataclass(frozen=True)
class TrainingMoment:
    """One moment: steps and tokens so far, the training loss there (nats a token), and what the model wrote."""

    step: int
    tokens_seen: int
    loss: float
    sample: str


@dataclass(frozen=True)
class Snapshots:
    """The words and their vectors at each moment.

    ids      (N,) token IDs
    vectors  (M, N, D) the words' embeddings at each moment
    """

    ids: NDArray[np.int64]
    moments: list[TrainingMoment]
    vectors: NDArray[np.float32]


def load_snapshots(folder: Path = POCKET_DIR) -> Snapshots:
    """What scripts/export_pocket.py kept of the training.

    Raises WeightsError when a file is missing, damaged, or does not fit the other.
    """
    about = read_json(folder / "snapshots.json")
    vectors = SafetensorsFile(folder / "snapshots.safetensors").get("embeddings")
    names = ("step", "tokens_seen", "loss", "sample")
    try:
        moments = [TrainingMoment(**{name: row[name] for name in names}) for row in about["snapshots"]]
        ids = np.array(about["tokens"], dtype=np.int64)
    except (KeyError, TypeError, ValueError) as e:
        raise WeightsError(f"{folder / 'snapshots.json'} describes no training; fetch the file again.") from e
    if vectors is None or vectors.ndim != 3 or vectors.shape[:2] != (len(moments), len(ids)):
        raise WeightsError(f"the files snapshots.* in {folder} do not fit together; fetch both again.")
    return Snapshots(ids, moments, vectors.float().numpy())
