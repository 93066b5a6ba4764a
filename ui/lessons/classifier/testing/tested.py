"""A finished training and its answers to the test part: what every picture of this step is made from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import streamlit as st

from engine.datasets.doctor_classes import UNEVEN
from engine.errors import InputError
from engine.evaluation.classification import Answers
from engine.finetune.parts import read_parts
from engine.finetune.recipe import ClassifierRecipe
from engine.jobs.classifying import read_predictions
from ui import classifiers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from engine.jobs.store import Job

TRUTH = "its class got"
MOST_SHOWN = 200  # messages in a list


@dataclass(frozen=True)
class Tested:
    """One finished training.

    classes     in the order of their numbers
    texts       row, text and label of the test part, as the job was given it
    answers     what the classifier says to them, in the same order
    validation  what it says to the validation part
    """

    classes: tuple[str, ...]
    texts: pd.DataFrame
    answers: Answers
    validation: Answers

    @property
    def uneven(self) -> bool:
        """Whether the classes of the test part are what the doctor calls uneven."""
        rows = self.texts["label"].value_counts()
        return bool(rows.max() >= UNEVEN * rows.min())

    def table(self, places: Sequence[int] | NDArray[np.int64]) -> pd.DataFrame:
        """The messages at these places, with what they are, what they were given, and the truth's probability."""
        at = np.asarray(places, dtype=np.int64)[:MOST_SHOWN]
        rows = self.texts.iloc[at]
        return pd.DataFrame(
            {
                "row": rows["row"].to_numpy(),
                "message": rows["text"].to_numpy(),
                "is": rows["label"].to_numpy(),
                "given": [self.classes[i] for i in self.answers.given[at]],
                TRUTH: self.answers.truth[at],
            }
        )


def recipe_of(job: Job) -> ClassifierRecipe:
    """What the training was asked for. Raises InputError when that cannot be read."""
    try:
        return ClassifierRecipe(**(job.spec.settings if job.spec else {}))
    except TypeError as e:
        raise InputError("what this training was asked for cannot be read; train it again.") from e


def read_tested(job: Job) -> Tested:
    """The job's answers to its test part; read only.

    Raises InputError when there are none, or the files do not fit one another.
    """
    return _tested(str(job.folder), classifiers.version(job))


@st.cache_resource(max_entries=16, show_spinner=False)
def _tested(folder: str, version: int) -> Tested:
    from pathlib import Path

    parts, classes = inputs(folder)
    found = read_predictions(Path(folder))
    names = [f"p{i}" for i in range(len(classes))]
    if not len(parts["test"]):
        raise InputError("the test part has no texts, so nothing can be tested; give it a share in the step Split.")

    def answers(part: str) -> Answers:
        said, texts = found[found["part"] == part], parts[part]
        if not set(names) <= set(said.columns) or list(said["row"]) != list(texts["row"]):
            raise InputError("the predictions of this training do not fit its texts; train it again.")
        targets = np.array([classes.index(label) for label in texts["label"]], dtype=np.int64)
        return Answers(said[names].to_numpy(dtype=np.float64), targets)

    return Tested(classes, parts["test"].reset_index(drop=True), answers("test"), answers("validation"))


@st.cache_resource(max_entries=4, show_spinner=False)
def inputs(folder: str) -> tuple[dict[str, pd.DataFrame], tuple[str, ...]]:
    """The parts that a job learned from and was tested on, and its classes; read only."""
    from pathlib import Path

    return read_parts(Path(folder) / "input")
