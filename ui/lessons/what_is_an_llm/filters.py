"""Two spam filters on the same messages: one counts words, one is the chosen GPT, fine-tuned here.

Each is made once per server and size of training part, and then shared by all sessions.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from engine.datasets.labelled import load_messages, random_split
from engine.evaluation.metrics import Accuracy

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

    from engine.evaluation.baseline import CountingModel
    from engine.finetune.frozen import Classifier
    from ui.models import LoadedModel

ROWS = 600  # of our messages: 400 to learn from and 200 held out, so that fine-tuning stays short
TRAIN_SHARE = 2 / 3
SIZES = ("50", "100", "200", "400")
MOST_KEPT = 8


@dataclass(frozen=True)
class Tuned:
    """A fine-tuned GPT, its spam probabilities of the held-out messages, and how long it took."""

    classifier: Classifier
    spam: NDArray[np.float64]
    seconds: float

    def spam_of(self, text: str) -> float:
        """The probability that the text is spam."""
        return float(self.classifier.probabilities([text])[0, self.classifier.classes.index("spam")])


@st.cache_data(max_entries=8, show_spinner=False)
def messages(size: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """(training part, held-out part) of the file's first ROWS: `size` messages to learn from, all held-out ones."""
    train, _, test = random_split(load_messages()[:ROWS], TRAIN_SHARE, 0)
    return train[:size], test.reset_index(drop=True)


@st.cache_resource(max_entries=MOST_KEPT, show_spinner="Counting words …")
def counting(size: int) -> tuple[CountingModel, NDArray[np.float64]]:
    """The counting model of a training part of this size, and its spam probabilities of the held-out messages."""
    from engine.evaluation.baseline import fit_counting_model

    train, test = messages(size)
    model = fit_counting_model(list(train["text"]), list(train["label"]))
    return model, model.probabilities(list(test["text"]))[:, model.classes.index("spam")]


@st.cache_resource(max_entries=1)
def shelf() -> tuple[threading.Lock, dict[tuple[str, int], Tuned]]:
    """The fine-tuned models of this server, and the lock that lets one be made at a time."""
    return threading.Lock(), {}


def tuned(name: str, size: int) -> Tuned | None:
    """The fine-tuned model of this name and size, None when nobody has made it yet."""
    return shelf()[1].get((name, size))


def fine_tune(loaded: LoadedModel, size: int, progress: Callable[[float, str], object]) -> Tuned:
    """Fine-tune the model, or wait for the session that is doing it; kept for all.

    progress  is told the share that is done, 0 to 1, and what is going on
    """
    lock, kept = shelf()
    with lock:
        if (loaded.name, size) not in kept:
            made = _fit(loaded, size, progress)
            while len(kept) >= MOST_KEPT:
                kept.pop(next(iter(kept)))
            kept[loaded.name, size] = made
    return kept[loaded.name, size]


def _fit(loaded: LoadedModel, size: int, progress: Callable[[float, str], object]) -> Tuned:
    from engine.finetune.frozen import ClassifierSettings, Read, fit_classifier
    from engine.training.events import Step

    train, test = messages(size)
    settings = ClassifierSettings()
    steps = settings.steps(len(train))
    began = time.perf_counter()

    def listen(event: Any) -> None:
        if isinstance(event, Read):
            progress(0.4 * event.done / event.total, f"Frozen blocks: message {event.done} of {event.total}")
        elif isinstance(event, Step):
            share = 0.4 + 0.5 * (event.step + 1) / steps
            progress(share, f"Step {event.step + 1} of {steps}, loss {event.loss:.3f} nats a message")

    classifier = fit_classifier(
        loaded.model, loaded.tokenizer, list(train["text"]), list(train["label"]), settings, listen
    )
    seconds = time.perf_counter() - began
    progress(0.95, f"Reading the {len(test)} held-out messages")
    spam = classifier.probabilities(list(test["text"]))[:, classifier.classes.index("spam")]
    return Tuned(classifier, spam.double().numpy(), seconds)


def verdict(spam: float) -> str:
    """The class that is more likely than the other."""
    return "spam" if spam > 0.5 else "ham"


def side_by_side(test: pd.DataFrame, counted: Any, gpt: Any) -> pd.DataFrame:
    """A row per held-out message: text, truth, both spam probabilities, and whether each model is right.

    counted, gpt  (N,) spam probabilities
    """
    table = test[["text", "label"]].copy()
    table["counting"], table["gpt"] = list(counted), list(gpt)
    for name in ("counting", "gpt"):
        table[f"{name}_right"] = table[name].map(verdict) == table["label"]
    return table


def accuracy(table: pd.DataFrame, name: str) -> Accuracy:
    """Right answers of one model, "counting" or "gpt", in a table of side_by_side."""
    return Accuracy(int(table[f"{name}_right"].sum()), len(table))


def learning(name: str) -> pd.DataFrame:
    """Accuracy against the number of labelled messages: counting for all sizes, the GPT for those made so far.

    name     the GPT's name
    returns  columns model, messages, share, low, high, shown
    """
    rows = []
    for size in map(int, SIZES):
        test = messages(size)[1]
        made = tuned(name, size)
        verdicts = {"counting": counting(size)[1]} | ({"gpt": made.spam} if made else {})
        for model, spam in verdicts.items():
            score = accuracy(side_by_side(test, spam, spam), model)
            low, high = score.interval
            shown = f"{score.right} of {score.total}"
            label = "Counting words" if model == "counting" else f"GPT ({name})"
            rows.append((label, size, score.share, low, high, shown))
    return pd.DataFrame(rows, columns=["model", "messages", "share", "low", "high", "shown"])
