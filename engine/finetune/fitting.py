"""Train a classifier as a recipe says, listened to: the best epoch by validation is kept, and a kill loses little."""

from __future__ import annotations

import copy
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

from engine.datasets.splitting import class_weights
from engine.device import supports_bf16
from engine.finetune.batches import LengthBatches, Read, stack
from engine.finetune.network import Network, loss_and_accuracy, run_lower, scores
from engine.finetune.parts import check_numbered
from engine.finetune.recipe import LOOKED_AT
from engine.finetune.regression import solve
from engine.finetune.saved import Classifier
from engine.model import gpt2_init_
from engine.tokenizers.pretrained import encode_text
from engine.training import events
from engine.training.checkpoint import find_checkpoint
from engine.training.loop import LoopSettings, train
from engine.training.optim import Schedule, adamw

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    import tiktoken

    from engine.finetune.recipe import ClassifierRecipe
    from engine.model import GPTModel

CHECKPOINTS = 10
LOOK_EVERY = 5  # passes of a regression


@dataclass(frozen=True)
class Evaluation(events.Evaluation):
    """Losses in nats a text, and shares that are right, after an epoch or pass; step -1 is before the first.

    The training part's are of at most 500 of its texts, always the same. With class weights both losses are weighted;
    plain_val_loss never is, and so compares with any other training's on the same texts.
    """

    train_accuracy: float
    val_accuracy: float
    plain_val_loss: float


@dataclass(frozen=True)
class Chosen:
    """The epoch (counted from 0; -1: before any) with the lowest validation loss is what is kept.

    Of a regression that is its last pass, whatever the validation loss.

    early  whether training ended because no epoch after it was better
    """

    step: int
    epoch: int
    val_loss: float
    early: bool


class Course(nn.Module):
    """A network under way with the best of it so far: one module, so that a checkpoint holds both."""

    best_loss: Tensor
    best_epoch: Tensor

    def __init__(self, network: Network) -> None:
        super().__init__()
        self.network = network
        self.register_buffer("best_loss", torch.tensor(float("inf"), dtype=torch.float64))
        self.register_buffer("best_epoch", torch.tensor(-1))
        for name, p in network.learned().items():
            self.register_buffer(self._place(name), p.clone())

    @staticmethod
    def _place(name: str) -> str:
        return "best " + name.replace(".", " ")  # a buffer's name has no dots

    def note(self, epoch: int, loss: float) -> bool:
        """Keep the network as it is if it is the best so far; returns whether it is."""
        better = loss < float(self.best_loss)
        if better:
            self.best_loss.fill_(loss)
            self.best_epoch.fill_(epoch)
            for name, p in self.network.learned().items():
                getattr(self, self._place(name)).copy_(p)
        return better

    def restore(self) -> None:
        """Give the network its best weights."""
        best = {name: getattr(self, self._place(name)) for name in self.network.learned()}
        self.network.load_state_dict(best, strict=False)


class Fit:
    """One training: iterate over it for its events, then take `classifier` and `found`.

    model      what to start from; not changed
    data       part -> its texts and their classes' numbers; "train" and "validation" at least
    checkpoint  the folder to save to and go on from; None: nowhere
    stop       asked after every step; a true answer saves and ends, with the best epoch so far

    Raises InputError where there is nothing to learn from, or nothing to tell apart.
    """

    def __init__(
        self,
        model: GPTModel,
        tokenizer: tiktoken.Encoding,
        data: Mapping[str, tuple[Sequence[str], Sequence[int]]],
        classes: Sequence[str],
        recipe: ClassifierRecipe,
        checkpoint: Path | None = None,
        stop: Callable[[], bool] = lambda: False,
    ) -> None:
        check_numbered(data, classes)
        self.recipe, self.data, self.checkpoint, self.stop = recipe, data, checkpoint, stop
        self.generator = torch.Generator().manual_seed(recipe.seed)
        if recipe.random_start:
            model = gpt2_init_(copy.deepcopy(model), self.generator)
        network = Network(model, len(classes), recipe, self.generator)
        length = length_read(data["train"][0], tokenizer, recipe, model.cfg.context_length)
        self.course = Course(network)
        self.classifier = Classifier(model, tokenizer, tuple(classes), recipe, network, length)
        self.targets = {part: torch.tensor(labels, dtype=torch.long) for part, (_, labels) in data.items()}
        rows = torch.bincount(self.targets["train"], minlength=len(classes)).tolist()
        self.weights = torch.tensor(class_weights(rows)) if recipe.class_weights else None
        self.kept: dict[str, list[Tensor]] = {}
        self.last = events.Finished(-1, 0, 0.0, False)

    def __iter__(self) -> Iterator[Any]:
        """Read through the part that stays as it is, then train; events of both, an Evaluation after each epoch."""
        yield from self._read()
        if self.recipe.is_solved or self.recipe.reads == "layers":
            self.classifier.network.standardise(self.kept["train"])
        yield from self._solve() if self.recipe.is_solved else self._descend()

    def _solve(self) -> Iterator[Any]:
        """Work the head out; an Evaluation before, after every LOOK_EVERY passes, and at the end."""
        network, texts = self.classifier.network, len(self.targets["train"])
        nn.init.zeros_(network.out_head.weight)
        nn.init.zeros_(network.out_head.bias)
        yield (looked := self.evaluate(-1, -1, 0))
        began = last = time.perf_counter()
        passes = solve(network, self.kept["train"], self.targets["train"], self.recipe.weight_decay, self.weights)
        for n, made in enumerate(passes):
            now, seen = time.perf_counter(), (n + 1) * texts
            yield events.Step(n, n, made.loss, made.length, made.grad_norm, seen, texts / max(1e-9, now - last))
            self.last = events.Finished(n, seen, now - began, self.stop())
            if n % LOOK_EVERY == LOOK_EVERY - 1:
                yield (looked := self.evaluate(n, n, seen))
            if self.last.stopped:
                break
            last = time.perf_counter()
        if looked.step != self.last.step:
            yield (looked := self.evaluate(self.last.step, self.last.step, self.last.tokens_seen))
        network.settle()
        yield Chosen(looked.step, looked.epoch, looked.val_loss, False)

    def _descend(self) -> Iterator[Any]:
        """Train by steps, epoch by epoch."""
        began = time.perf_counter()
        network, recipe, course = self.classifier.network, self.recipe, self.course
        count = len(self.targets["train"])
        loader = DataLoader(
            TensorDataset(torch.arange(count), self.targets["train"]),
            batch_sampler=LengthBatches([len(k) for k in self.kept["train"]], recipe.batch_size, self.generator),
            generator=self.generator,
        )
        total = recipe.steps(count)
        rates = Schedule(total, warmup_steps=max(1, total // 10), shape="cosine")
        # Through all blocks bfloat16 pays, as in pretraining; through one, changing formats takes what it saves.
        through_all = recipe.trained in ("all", "lora")
        settings = LoopSettings(
            recipe.epochs,
            split=recipe.split,
            precision="bf16" if through_all and supports_bf16(network.device) else "fp32",
            checkpoint_every=max(5, total // CHECKPOINTS) if self.checkpoint else 0,
        )
        optimizer = adamw(network, recipe.learning_rate, recipe.weight_decay, betas=(0.9, 0.999))
        if not (self.checkpoint and find_checkpoint(self.checkpoint)):
            yield (first := self.evaluate(-1, -1, 0))
            course.note(-1, first.val_loss)
        self.early = False
        for event in train(
            course,
            loader,
            optimizer,
            settings,
            batch_loss=self._loss,
            schedule=rates,
            checkpoint=self.checkpoint,
            stop=self.stop,
        ):
            if isinstance(event, events.Finished):
                self.last = event
                break
            yield event
            if isinstance(event, events.Step):
                self.last = events.Finished(event.step, event.tokens_seen, time.perf_counter() - began, False)
            elif isinstance(event, events.EpochEnd):
                yield (looked := self.evaluate(event.step, event.epoch, min(event.epoch + 1, recipe.epochs) * count))
                course.note(event.epoch, looked.val_loss)
                if recipe.patience and event.epoch - int(course.best_epoch) >= recipe.patience:
                    self.early = event.epoch + 1 < recipe.epochs
                    break
        course.restore()
        network.settle()
        yield Chosen(self.last.step, int(course.best_epoch), float(course.best_loss), self.early)

    def evaluate(self, step: int, epoch: int, seen: int) -> Evaluation:
        """Losses and accuracies now, of the validation part and of some of the training part."""
        rows = torch.randperm(len(self.targets["train"]), generator=torch.Generator().manual_seed(0))[:LOOKED_AT]
        train_kept = [self.kept["train"][i] for i in rows.tolist()]
        train_loss, train_right = loss_and_accuracy(
            scores(self.classifier.network, train_kept), self.targets["train"][rows], self.weights
        )
        found, targets = self.scores("validation"), self.targets["validation"]
        val_loss, val_right = loss_and_accuracy(found, targets, self.weights)
        plain_loss, _ = loss_and_accuracy(found, targets)
        return Evaluation(step, epoch, seen, train_loss, val_loss, train_right, val_right, plain_loss)

    def scores(self, part: str) -> Tensor:
        """Scores (N, C) of a part's texts by the network as it is now, on the CPU."""
        return scores(self.classifier.network, self.kept[part])

    def _read(self) -> Iterator[Read]:
        """Keep what the part that stays as it is makes of every text, or only the IDs where that would be too much."""
        classifier = self.classifier
        texts = {part: classifier.encode(texts) for part, (texts, _) in self.data.items()}
        everything = [ids for part in texts.values() for ids in part]
        network, width = classifier.network, classifier.model.cfg.emb_dim
        once = {
            "head": len(everything) * network.out_head.in_features,
            "last_block": sum(network.rows + len(ids) for ids in everything) * width,
        }.get(network.trained)
        if once is None or not self.recipe.keeps(4 * once):
            device = network.device
            self.kept = {part: [torch.tensor(ids, device=device) for ids in texts[part]] for part in texts}
            return
        done = 0
        for part in texts:
            kept = self.kept[part] = [torch.empty(0)] * len(texts[part])
            for places, rows in run_lower(network, texts[part]):
                for place, row in zip(places, rows, strict=True):
                    kept[place] = row
                done += len(places)
                yield Read(done, len(everything))

    def _loss(self, course: Any, numbers: Tensor, targets: Tensor) -> Tensor:
        kept = self.kept["train"]
        found = course.network(*stack([kept[i] for i in numbers.tolist()]))
        weights = None if self.weights is None else self.weights.to(found.device)
        # Divided by the texts, not by their weights: a text counts the same whatever stands beside it in its batch.
        return F.cross_entropy(found, targets, weights, reduction="sum") / len(targets)


def length_read(texts: Sequence[str], tokenizer: tiktoken.Encoding, recipe: ClassifierRecipe, context: int) -> int:
    """Tokens that are read of each text at most, and with padding what every text is filled up to.

    texts  of the training part
    """
    if recipe.max_length is not None or recipe.padding == "none":
        return min(recipe.max_length or context, context)
    longest = max(len(encode_text(tokenizer, text)) for text in texts) + recipe.opening
    return min(max(1, longest), context)


def fit(
    model: GPTModel,
    tokenizer: tiktoken.Encoding,
    data: Mapping[str, tuple[Sequence[str], Sequence[int]]],
    classes: Sequence[str],
    recipe: ClassifierRecipe,
) -> Classifier:
    """The classifier that a recipe makes, in one go; see Fit."""
    run = Fit(model, tokenizer, data, classes, recipe)
    for _ in run:
        pass
    return run.classifier
