"""The one training loop: pretraining, classifier and instruction tuning are all this loop, listened to.

`train` yields what happens as events; it prints nothing and draws nothing. `train_model_simple` in
`engine.training.simple` is the notes' function on top of it.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from engine.device import describe_device
from engine.errors import CheckpointError, InputError, TrainingError
from engine.evaluation.loss import calc_loss_batch
from engine.fast import IGNORE_INDEX
from engine.training.checkpoint import find_checkpoint, load_checkpoint, save_checkpoint
from engine.training.distributed import team
from engine.training.events import EpochEnd, Evaluation, Event, Finished, Sample, Saved, Step

if TYPE_CHECKING:
    from pathlib import Path

    from torch.utils.data import DataLoader

    from engine.training.optim import Schedule

BatchLoss = Callable[[nn.Module, Tensor, Tensor], Tensor]


@dataclass(frozen=True)
class LoopSettings:
    """How long to train and what to do on the way; every period is in optimizer steps, 0 means never.

    epochs            passes over the data
    max_steps         end after this many optimizer steps, even inside an epoch; None: never
    accumulation      batches whose gradients are averaged into one optimizer step
    split             parts that a batch is computed in, one after another: the same step in less memory, up
                      to rounding and to what dropout draws
    clip_norm         largest allowed norm of all gradients together; None: no limit
    precision         fp32, or bf16 for the arithmetic that can take it (the weights stay fp32)
    eval_every        steps between evaluations; the first comes after the first step, as in the notes
    sample_every      steps between samples
    checkpoint_every  steps between checkpoints; one more is written at the end
    """

    epochs: int = 1
    max_steps: int | None = None
    accumulation: int = 1
    split: int = 1
    clip_norm: float | None = 1.0
    precision: str = "fp32"
    eval_every: int = 0
    sample_every: int = 0
    checkpoint_every: int = 0

    def __post_init__(self) -> None:
        if self.epochs < 1 or self.accumulation < 1 or self.split < 1:
            raise InputError("epochs, accumulation and split must all be at least 1.")
        if self.max_steps is not None and self.max_steps < 1:
            raise InputError(f"max_steps is {self.max_steps}; give at least 1.")
        if self.clip_norm is not None and not self.clip_norm > 0:
            raise InputError(f"clip_norm is {self.clip_norm}; give a number above 0, or None for no limit.")
        for name in ("eval_every", "sample_every", "checkpoint_every"):
            if getattr(self, name) < 0:
                raise InputError(f"{name} is {getattr(self, name)}; give 0 or more.")
        if self.precision not in ("fp32", "bf16"):
            raise InputError(f"there is no precision {self.precision!r}; choose fp32 or bf16.")


@dataclass
class Progress:
    """Where a training stands: what a checkpoint must know besides weights, optimizer and random numbers."""

    epoch: int = 0
    batch: int = 0  # batches of this epoch already used
    step: int = 0  # optimizer steps made
    tokens_seen: int = 0
    seconds: float = 0.0


def train(
    model: nn.Module,
    loader: DataLoader[Any],
    optimizer: Any,
    settings: LoopSettings,
    *,
    batch_loss: BatchLoss | None = None,
    schedule: Schedule | None = None,
    evaluate: Callable[[], tuple[float, float]] | None = None,
    sample: Callable[[], str] | None = None,
    checkpoint: str | Path | None = None,
    stop: Callable[[], bool] = lambda: False,
) -> Iterator[Event]:
    """Train the model in place and yield what happens.

    loader      batches (inputs, targets); the order of an epoch must follow from PyTorch's global random generator
                or from the loader's own, as it does in torch's DataLoader
    batch_loss  (model, inputs, targets) -> the loss to train on; next-token cross-entropy when not given
    schedule    moves the learning rates, as a factor of those that the optimizer came with
    evaluate    gives the training and the validation loss
    sample      gives a text
    checkpoint  the folder to save to; when it holds a checkpoint, training goes on from there, on a CPU bit for bit
    stop        asked after every step; a true answer saves and ends

    Under torchrun (see engine.training.distributed) every process calls this alike: each computes its share of every
    batch, and all make the same steps. Only the first evaluates, samples, saves, and yields events of that.

    Raises InputError when there is not one batch or no target of one counts, CheckpointError for an unusable
    checkpoint, TrainingError when the loss is no longer a number.
    """
    if len(loader) == 0:
        raise InputError("there is not one whole batch to train on; give a longer text or a smaller batch.")
    run = _Run(model, loader, optimizer, settings, batch_loss or _next_token_loss, schedule)
    if checkpoint and (found := run.find(checkpoint)):
        run.resume(found)
    if not run.team.leads:
        evaluate = sample = None
    at, stopped = run.at, False
    while at.epoch < settings.epochs and not run.enough() and not stopped:
        for step in run.epoch():
            yield step
            if evaluate and settings.eval_every and step.step % settings.eval_every == 0:
                losses = evaluate()
                yield Evaluation(step.step, step.epoch, at.tokens_seen, *losses)
            if sample and settings.sample_every and at.step % settings.sample_every == 0:
                yield Sample(step.step, sample())
            if run.enough() or (stopped := run.team.sum(stop()) > 0):
                break
            if checkpoint and settings.checkpoint_every and at.step % settings.checkpoint_every == 0:
                yield from run.save(checkpoint)
        else:
            at.epoch, at.batch = at.epoch + 1, 0
            yield EpochEnd(at.step - 1, at.epoch - 1)
    if checkpoint:
        yield from run.save(checkpoint)
    yield Finished(at.step - 1, at.tokens_seen, run.seconds(), stopped)


class _Run:
    """A training under way: the model with its optimizer, and the place in the data."""

    def __init__(
        self,
        model: nn.Module,
        loader: DataLoader[Any],
        optimizer: Any,
        settings: LoopSettings,
        batch_loss: BatchLoss,
        schedule: Schedule | None,
    ) -> None:
        self.model, self.loader, self.optimizer = model, loader, optimizer
        self.settings, self.schedule, self.team = settings, schedule, team()
        self.loss = self.team.loss(model, batch_loss)
        self.device = next(model.parameters()).device
        self.base_rates = [group["lr"] for group in optimizer.param_groups]
        self.at = Progress()
        self.epoch_start = self.generators()
        self.resume_at: dict[str, Tensor] | None = None
        self.started = time.perf_counter()

    def enough(self) -> bool:
        return self.settings.max_steps is not None and self.at.step >= self.settings.max_steps

    def seconds(self) -> float:
        """Seconds trained, those before a resume included."""
        return self.at.seconds + time.perf_counter() - self.started

    def epoch(self) -> Iterator[Step]:
        """The steps of the current epoch, or what is left of it after a resume."""
        if self.resume_at is None:
            self.epoch_start = self.team.agree(self.generators())
        if self.resume_at is not None or self.team.size > 1:
            self.set_generators(self.epoch_start)
        batches = iter(self.loader)
        for _ in range(self.at.batch):
            next(batches)
        if self.resume_at is not None and self.at.batch:
            self.set_generators(self.resume_at)
        self.resume_at = None
        left = len(self.loader) - self.at.batch
        while group := list(islice(batches, min(self.settings.accumulation, left))):
            left -= len(group)
            yield self.step(group)
        # Let the loader find its end only now: one that shuffles with its own generator draws from it once more there.
        next(batches, None)

    def step(self, group: list[tuple[Tensor, Tensor]]) -> Step:
        """One optimizer step from the averaged gradients of the batches."""
        began = time.perf_counter()
        self.model.train()
        self.optimizer.zero_grad()
        total, tokens = 0.0, 0
        for inputs, targets in group:
            if not (counted := _counted(targets)):
                raise InputError(f"no target counts in a batch of step {self.at.step}; leave out texts without any.")
            own, weight = self.team.share(inputs, targets)
            pieces = min(self.settings.split, max(1, len(inputs) // self.team.size))  # as many in every process
            for x, y in zip(*(t.tensor_split(pieces) for t in own), strict=True):
                share = weight * _counted(y) / counted / len(group)
                if not share and self.team.size == 1:
                    continue  # the mean loss over nothing is no number
                with torch.autocast(self.device.type, torch.bfloat16, enabled=self.settings.precision == "bf16"):
                    loss = self.loss(x.to(self.device), y.to(self.device))
                (loss * share * self.team.size).backward()  # a team averages its gradients
                total += loss.item() * share
            tokens += inputs.numel()
        total = self.team.sum(total)
        limit = math.inf if self.settings.clip_norm is None else self.settings.clip_norm
        norm = torch.nn.utils.clip_grad_norm_(self.model.parameters(), limit).item()
        if not (math.isfinite(total) and math.isfinite(norm)):
            raise TrainingError(
                f"the loss or its gradient is no longer a number at step {self.at.step}; resume from the last "
                "checkpoint with a lower learning rate."
            )
        self.set_rates()
        self.optimizer.step()
        self.at.step += 1
        self.at.batch += len(group)
        self.at.tokens_seen += tokens
        return Step(
            step=self.at.step - 1,
            epoch=self.at.epoch,
            loss=total,
            learning_rate=self.optimizer.param_groups[0]["lr"],
            grad_norm=norm,
            tokens_seen=self.at.tokens_seen,
            tokens_per_second=tokens / (time.perf_counter() - began),
        )

    def set_rates(self) -> None:
        if self.schedule:
            factor = self.schedule.factor(self.at.step)
            for group, rate in zip(self.optimizer.param_groups, self.base_rates, strict=True):
                group["lr"] = rate * factor

    def find(self, folder: str | Path) -> Path | None:
        """The checkpoint to go on from; the first process looks first, because looking may put an older one back."""
        if not self.team.leads:
            self.team.wait()
        found = find_checkpoint(folder)
        if self.team.leads:
            self.team.wait()
        return found

    def save(self, folder: str | Path) -> Iterator[Saved]:
        if not self.team.leads:
            return
        progress = asdict(self.at) | {"seconds": self.seconds()}
        state = {"progress": progress, "epoch_start": self.epoch_start, "now": self.generators()}
        card = progress | {"device": describe_device(self.device), "torch": torch.__version__}
        yield Saved(self.at.step - 1, save_checkpoint(folder, self.model, self.optimizer, state, card))

    def resume(self, folder: Path) -> None:
        state, _ = load_checkpoint(folder, self.model, self.optimizer)
        # The rates to go on with are those asked for now, so that a run can be resumed with a lower one.
        for group, rate in zip(self.optimizer.param_groups, self.base_rates, strict=True):
            group["lr"] = rate
        try:
            self.at = Progress(**state["progress"])
            self.epoch_start, self.resume_at = state["epoch_start"], state["now"]
        except (KeyError, TypeError) as e:
            raise CheckpointError(f"the checkpoint {folder} is from another kind of training; use another one.") from e
        if self.at.batch > len(self.loader):
            raise CheckpointError(f"the checkpoint {folder} was made with more data than there is now; use the same.")
        if self.at.batch == 0:
            # Between two epochs: nothing of the next one's order has been drawn yet.
            self.epoch_start = self.resume_at

    def generators(self) -> dict[str, Tensor]:
        """The states of all random generators that data order and dropout draw from."""
        states = {"cpu": torch.get_rng_state()}
        if self.device.type == "cuda":
            states["cuda"] = torch.cuda.get_rng_state(self.device)
        if (own := getattr(self.loader, "generator", None)) is not None:
            states["loader"] = own.get_state()
        return states

    def set_generators(self, states: dict[str, Tensor]) -> None:
        torch.set_rng_state(states["cpu"])
        if "cuda" in states and self.device.type == "cuda":
            torch.cuda.set_rng_state(states["cuda"], self.device)
        if "loader" in states:
            self.loader.generator.set_state(states["loader"])


def _counted(targets: Tensor) -> int:
    """How many targets count in the loss: the mean over a batch is made of its parts' means in this proportion."""
    return int((targets != IGNORE_INDEX).sum())


def _next_token_loss(model: nn.Module, inputs: Tensor, targets: Tensor) -> Tensor:
    return calc_loss_batch(inputs, targets, model, inputs.device)
