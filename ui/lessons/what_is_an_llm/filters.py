"""Two spam filters on the same messages: one counts words, one is the chosen GPT with a head trained here.

Each is made once per server and size of training part, and then shared by all sessions.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from engine.analysis.leave_one_out import leave_one_out, word_spans
from engine.evaluation.metrics import Accuracy
from engine.finetune.recipe import ClassifierRecipe

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

    from engine.analysis.leave_one_out import LeftOut
    from engine.evaluation.baseline import CountingModel
    from engine.finetune.saved import Classifier
    from ui.models import LoadedModel

CLASSES = ["ham", "spam"]
SIZES = ("50", "100", "200", "400")
MOST_KEPT = 8
MOST_LEFT_OUT = 40  # words of a message


@dataclass(frozen=True)
class Tuned:
    """A GPT with its trained head, its spam probabilities of the held-out messages, and how long it took.

    numbers  that the head reads of a message; all of them are the GPT's
    """

    classifier: Classifier
    spam: NDArray[np.float64]
    numbers: int
    seconds: float

    def spam_of(self, text: str) -> float:
        """The probability that the text is spam."""
        return float(self.classifier.probabilities([text])[0, CLASSES.index("spam")])


@st.cache_data(max_entries=8, show_spinner=False)
def messages(size: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """(training part, held-out part): `size` of our messages to learn from, and the 200 that are held out."""
    from engine.analysis.asking import few_messages

    train, held_out = few_messages()
    return train[:size], held_out


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
    from engine.finetune.batches import Read
    from engine.finetune.fitting import Fit
    from engine.training.events import Step

    # The held-out messages are only watched: a head that is worked out has no epoch to choose by them.
    parts = dict(zip(("train", "validation"), messages(size), strict=True))
    data = {name: (list(p["text"]), [CLASSES.index(label) for label in p["label"]]) for name, p in parts.items()}
    began = time.perf_counter()
    fit = Fit(loaded.model, loaded.tokenizer, data, CLASSES, ClassifierRecipe())
    for event in fit:
        if isinstance(event, Read):
            progress(0.9 * event.done / event.total, f"Message {event.done} of {event.total} through the model")
        elif isinstance(event, Step):
            progress(0.95, f"Working out the head: pass {event.step + 1}, loss {event.loss:.3f} nats a message")
    spam = fit.scores("validation").double().softmax(dim=-1)[:, CLASSES.index("spam")].numpy()
    return Tuned(fit.classifier, spam, fit.classifier.network.out_head.in_features, time.perf_counter() - began)


@st.cache_resource(max_entries=32, show_spinner="Leaving out each word …")
def without_words(name: str, size: int, text: str, _tuned: Tuned) -> LeftOut | None:
    """What leaving out each word does to the probability of spam; None without a word, or with more than 40."""
    if not 0 < len(word_spans(text)) <= MOST_LEFT_OUT:
        return None
    return leave_one_out(_tuned.classifier.probabilities, text, CLASSES.index("spam"))


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
