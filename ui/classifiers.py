"""Trained classifiers as pages need them: loaded once for all sessions, at most two texts' passes at a time."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import streamlit as st

from engine.finetune.parts import CLASSES_FILE, PARTS
from engine.jobs.shared import CHECKPOINT, CLASSIFIER
from ui import models

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    import pandas as pd
    from torch import Tensor

    from engine.finetune.saved import Classifier
    from engine.jobs.store import Job

MOST_LOADED = 2


def load(job: Job) -> Classifier:
    """The job's classifier; the model that it was made from is shared with the pages that show it.

    Raises WeightsError when its files are damaged or the model is not on this machine.
    """
    return _load(str(job.folder), version(job))


def version(job: Job) -> int:
    """Changes when the job has gone on and made another classifier; 0 while there is none."""
    try:
        return (job.folder / CHECKPOINT / CLASSIFIER).stat().st_mtime_ns
    except OSError:
        return 0


@st.cache_resource(max_entries=MOST_LOADED, show_spinner="Loading the classifier …")
def _load(folder: str, version: int) -> Classifier:
    from pathlib import Path

    from engine.finetune.saved import load_classifier

    where = Path(folder) / CHECKPOINT
    try:
        name = str(json.loads((where / CLASSIFIER).read_text(encoding="utf-8"))["recipe"]["model"])
    except (OSError, ValueError, TypeError, KeyError):
        name = ""  # what is wrong is said by load_classifier
    known = name in models.configs() and not name.startswith(models.RUN) and models.installed(name)
    return load_classifier(where, models.load(name).model if known else None)


class Gated:
    """A classifier that waits for its turn: pages together run at most two passes at a time."""

    def __init__(self, classifier: Classifier) -> None:
        self.classifier, self.classes = classifier, classifier.classes

    def probabilities(self, texts: Sequence[str]) -> Tensor:
        """(N, C)."""
        import torch

        with models.GATE, torch.inference_mode():
            return self.classifier.probabilities(texts)


def probabilities(job: Job, text: str) -> np.ndarray:
    """(C,) of one text, kept for who asks again; read only."""
    return _probabilities(str(job.folder), version(job), text, job)


@st.cache_resource(max_entries=64, show_spinner=False)
def _probabilities(folder: str, version: int, text: str, _job: Job) -> np.ndarray:
    found: np.ndarray = Gated(load(_job)).probabilities([text])[0].numpy()
    return found


def predictions(job: Job) -> pd.DataFrame:
    """What the job predicted for its validation and test parts; read only.

    Raises InputError when there are no predictions.
    """
    return _predictions(str(job.folder), version(job))


@st.cache_resource(max_entries=4, show_spinner=False)
def _predictions(folder: str, version: int) -> pd.DataFrame:
    from pathlib import Path

    from engine.jobs.classifying import read_predictions

    return read_predictions(Path(folder))


def same_inputs(one: Job, other: Job) -> bool:
    """Whether two jobs learned from, and were tested on, the very same texts."""
    return _fingerprint(str(one.folder)) == _fingerprint(str(other.folder))


@st.cache_data(max_entries=256, show_spinner=False)
def _fingerprint(folder: str) -> str:
    """A digest of a job's input files, which never change."""
    import hashlib
    from pathlib import Path

    digest = hashlib.sha256()
    for name in (*(f"{part}.csv" for part in PARTS), CLASSES_FILE):
        file = Path(folder) / "input" / name
        digest.update(file.read_bytes() if file.is_file() else b"missing")
        digest.update(b"\0")
    return digest.hexdigest()
