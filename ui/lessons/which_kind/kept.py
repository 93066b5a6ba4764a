"""What is worked out once per server and model and then shared: a head trained here, answers about all messages."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import streamlit as st

from engine.finetune.recipe import ClassifierRecipe
from ui import models

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

    from engine.finetune.saved import Classifier
    from ui.models import LoadedModel

    Progress = Callable[[float, str], object]

T = TypeVar("T")
MOST_KEPT = 6
AT_ONCE = 20_000_000  # parameters of a model that is trained and asked without being told to
CLASSES = ["ham", "spam"]
LEARNED, CHOOSING = 340, 60  # messages to learn from, and to choose the epoch with
# Settled by the validation part, over two seeds: reading the mean, at this rate.
RECIPE = ClassifierRecipe(trained="head", reads="mean", epochs=40, patience=8, learning_rate=0.03)


@dataclass(frozen=True)
class Head:
    """A head trained on the model as it is.

    spam     (200,) probabilities that the held-out messages are spam
    epochs   how many were made; best: the one that is kept, counted from 1
    numbers  that were trained
    seconds  all of it took
    """

    classifier: Classifier
    spam: NDArray[np.float64]
    epochs: int
    best: int
    numbers: int
    seconds: float


@st.cache_resource(max_entries=1)
def shelf() -> tuple[threading.Lock, OrderedDict[tuple[str, ...], Any]]:
    """What has been made on this server, and the lock that lets one thing be made at a time."""
    return threading.Lock(), OrderedDict()


def kept(loaded: LoadedModel, what: str) -> Any:
    """What was made of this kind with this model; None before."""
    return shelf()[1].get((what, loaded.name, loaded.version))


def made(loaded: LoadedModel, what: str, make: Callable[[LoadedModel, Progress], T], progress: Progress) -> T:
    """The same, made now if it is not there, or waited for if another session makes it."""
    lock, things = shelf()
    with lock:
        key = (what, loaded.name, loaded.version)
        if key not in things:
            things[key] = make(loaded, progress)
            while len(things) > MOST_KEPT:
                things.popitem(last=False)
        found: T = things[key]
        return found


def is_small(loaded: LoadedModel) -> bool:
    """Whether it is quick enough to be trained and asked at once."""
    return sum(p.numel() for p in loaded.model.parameters()) <= AT_ONCE


def train_head(loaded: LoadedModel, progress: Progress) -> Head:
    """Train a head of two outputs on 340 of our messages, choose the epoch with 60, and read the 200 held out."""
    from engine.analysis.asking import few_messages
    from engine.finetune.batches import Read
    from engine.finetune.fitting import Evaluation, Fit

    train, held_out = few_messages()
    parts = {"train": train[:-CHOOSING], "validation": train[-CHOOSING:], "test": held_out}
    data = {name: (list(p["text"]), [CLASSES.index(label) for label in p["label"]]) for name, p in parts.items()}
    began = time.perf_counter()
    fit, epochs, best, lowest = Fit(loaded.model, loaded.tokenizer, data, CLASSES, RECIPE), 0, 0, float("inf")
    for event in fit:
        if isinstance(event, Read):
            progress(0.8 * event.done / event.total, f"Message {event.done} of {event.total} through the frozen model")
        elif isinstance(event, Evaluation):
            epochs = event.epoch + 1
            if event.val_loss < lowest:
                best, lowest = epochs, event.val_loss
            progress(0.8 + 0.2 * epochs / RECIPE.epochs, f"Epoch {epochs}, loss {event.val_loss:.3f} nats a message")
    spam = fit.scores("test").double().softmax(dim=-1)[:, 1].numpy()
    numbers = sum(p.numel() for p in fit.classifier.network.learned().values())
    return Head(fit.classifier, spam, epochs, best, numbers, time.perf_counter() - began)


def ask_about_all(loaded: LoadedModel, progress: Progress) -> dict[str, NDArray[np.float64]]:
    """Wording -> (200, 2) ln P of yes and of no about the held-out messages."""
    import torch

    from engine.analysis.asking import WORDINGS, ask_all, few_messages

    texts = list(few_messages()[1]["text"])
    found, done = {}, 0
    for name, wording in WORDINGS.items():
        some = []
        asking = ask_all(loaded.model, loaded.tokenizer, texts, wording)
        while True:
            with models.GATE:  # others get their turn in between
                logs = next(asking, None)
            if logs is None:
                break
            some.append(logs)
            done += len(logs)
            progress(done / (len(texts) * len(WORDINGS)), f"{wording.name}: {sum(map(len, some))} of {len(texts)}")
        found[name] = torch.cat(some).numpy()
    return found


def spam_of(head: Head, text: str) -> tuple[tuple[float, float], tuple[float, float]]:
    """Scores and probabilities of ham and spam for one message."""
    import torch

    from engine.finetune.network import scores

    classifier = head.classifier
    ids = torch.tensor(classifier.encode([text])[0], device=classifier.network.device)
    with models.GATE:
        found = scores(classifier.network, [ids])[0].double()
    chances = found.softmax(dim=-1)
    return (float(found[0]), float(found[1])), (float(chances[0]), float(chances[1]))
