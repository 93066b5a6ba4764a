"""A finished training of both sequence models: its settings, curves and weights, kept in a folder."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.errors import WeightsError
from engine.experiments.seq2seq import (
    KINDS,
    SYMBOLS,
    Progress,
    Seq2Seq,
    Seq2SeqSettings,
    accuracy_by_length,
)
from engine.weights.files import SafetensorsFile, read_json, write_folder

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import nn

    Floats = np.ndarray[Any, np.dtype[np.float64]]

RECORDED_DIR = Path(__file__).resolve().parents[2] / "data" / "bottleneck"
LENGTHS = tuple(range(1, 31))
SAMPLES = 200  # sequences of each length that accuracy is measured on
TEST_SEED = 0
GUESSING = 1 / len(SYMBOLS)


@dataclass(frozen=True)
class Record:
    """One training of both models; keys of dicts say whether it is the model with attention.

    steps     (N,) where the losses were reported
    losses    {attention?: (N,)} nats per symbol, means since the report before
    accuracy  {attention?: (len(LENGTHS),)} share of symbols right, 0 to 1, when the model writes alone
    seconds   of training both
    """

    settings: Seq2SeqSettings
    steps: Floats
    losses: dict[bool, Floats]
    accuracy: dict[bool, Floats]
    seconds: float
    models: dict[bool, Seq2Seq] = field(repr=False)


def finish(settings: Seq2SeqSettings, reports: Sequence[Progress], samples: int = SAMPLES) -> Record:
    """Measure the models after the last report, on sequences drawn anew, and put everything together."""
    last = reports[-1]
    models = {kind: half(model) for kind, model in last.models.items()}
    return Record(
        settings,
        np.array([report.step for report in reports], dtype=float),
        {kind: np.array([report.losses[kind] for report in reports]) for kind in KINDS},
        {kind: measure(model, settings.task, samples) for kind, model in models.items()},
        last.seconds,
        models,
    )


def measure(model: Seq2Seq, task: str, samples: int = SAMPLES) -> Floats:
    """The accuracy at each of LENGTHS."""
    return accuracy_by_length(model, task, LENGTHS, samples, TEST_SEED).astype(float)


def half(model: Seq2Seq) -> Seq2Seq:
    """A copy whose weights are rounded to half precision, as they are kept, so that a file gives the same numbers."""
    copy = Seq2Seq(model.encoder.hidden_size, model.attention)
    copy.load_state_dict({name: tensor.half().float() for name, tensor in model.state_dict().items()})
    return copy.eval()


def save_record(record: Record, folder: Path) -> Path:
    """Write weights and curves into a folder; WeightsError when that is not possible."""
    weights = {
        f"{KINDS[kind]}.{name}": tensor.half().contiguous()
        for kind, model in record.models.items()
        for name, tensor in model.state_dict().items()
    }
    config = {
        "settings": record.settings.to_dict(),
        "seconds": round(record.seconds, 1),
        "steps": record.steps.astype(int).tolist(),
        "losses": {KINDS[kind]: losses.round(5).tolist() for kind, losses in record.losses.items()},
        "accuracy": {KINDS[kind]: shares.round(5).tolist() for kind, shares in record.accuracy.items()},
    }
    return write_folder(folder, weights, config)


def load_record(folder: Path) -> Record:
    """What save_record wrote; WeightsError when it is missing or damaged."""
    kept = read_json(folder / "config.json")
    weights = SafetensorsFile(folder / "model.safetensors")
    try:
        settings = Seq2SeqSettings(**kept["settings"])
        models = {}
        for kind, name in KINDS.items():
            mine = {key.split(".", 1)[1]: weights[key].float() for key in weights if key.startswith(f"{name}.")}
            models[kind] = Seq2Seq(settings.hidden, kind).eval()
            models[kind].load_state_dict(mine)
        return Record(
            settings,
            np.array(kept["steps"], dtype=float),
            {kind: np.array(kept["losses"][name]) for kind, name in KINDS.items()},
            {kind: np.array(kept["accuracy"][name]) for kind, name in KINDS.items()},
            float(kept["seconds"]),
            models,
        )
    except (KeyError, TypeError, ValueError, RuntimeError) as e:
        raise WeightsError(f"{folder} holds no training of sequence models ({e}); make it again.") from e


def load_recorded(task: str) -> Record:
    """The training that ships with Glassbox, made by scripts/train_seq2seq.py."""
    return load_record(RECORDED_DIR / task)


def parameters(model: nn.Module) -> int:
    """How many trained numbers a model has."""
    return sum(p.numel() for p in model.parameters())
