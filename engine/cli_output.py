"""What the command line shows of a training, and how it listens to Ctrl-C."""

from __future__ import annotations

import contextlib
import io
import shutil
import signal
import sys
import tempfile
from collections import Counter
from typing import IO, TYPE_CHECKING, Any

from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)
from rich.table import Table

from engine.errors import InputError
from engine.whole_files import replacing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from engine.evaluation.metrics import Accuracy
    from engine.evaluation.thresholds import Effect
    from engine.training.events import Event

# What models and users write is shown as it is: no colours for numbers, and ":cat:" stays ":cat:".
out = Console(highlight=False, emoji=False)
err = Console(stderr=True, highlight=False, emoji=False)
STOPPED = 130  # exit status of a training that was stopped, as shells have it: `pretrain … && generate …` ends there


def read_text(path: Path) -> str:
    """A text file in UTF-8.

    Raises InputError when it is not.
    """
    return decode_text(path.read_bytes(), str(path))


def decode_text(data: bytes, source: str) -> str:
    """Text from bytes in UTF-8, with any system's line ends as \\n.

    Raises InputError, naming the source, when they are something else.
    """
    try:
        return io.StringIO(data.decode("utf-8-sig"), newline=None).read()
    except UnicodeDecodeError as e:
        raise InputError(f"{source} is not UTF-8 text; save it as UTF-8 and try again.") from e


def stop_on_signal() -> Callable[[], bool]:
    """A function that turns true once Ctrl-C or a request to terminate has come."""
    asked: list[int] = []
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda n, _: asked.append(n))
    return lambda: bool(asked)


@contextlib.contextmanager
def download_bar(name: str) -> Iterator[Callable[[int, int | None], None]]:
    """A progress bar in bytes, gone when done; yields the function that moves it."""
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    settings: dict[str, Any] = {"console": err, "transient": True, "disable": not err.is_terminal}
    with Progress(*columns, TimeRemainingColumn(), **settings) as bar:
        task = bar.add_task(name, total=None, visible=False)
        yield lambda done, total: bar.update(task, completed=done, total=total, visible=True)


def show_training(events: Iterable[Event], steps: int) -> bool:
    """Draw a progress bar, losses and samples; returns whether the training was stopped before its end."""
    from engine.training.events import Evaluation, Finished, Sample, Step

    bar = Progress(
        TextColumn("step"),
        MofNCompleteColumn(),
        BarColumn(),
        TextColumn("loss {task.fields[loss]:.3f} · {task.fields[speed]:,.0f} tokens/s ·"),
        TimeRemainingColumn(),
        console=out,
    )
    stopped = False
    with bar:
        task = bar.add_task("", total=steps, loss=float("nan"), speed=0.0)
        for event in events:
            if isinstance(event, Step):
                bar.update(task, completed=event.step + 1, loss=event.loss, speed=event.tokens_per_second)
            elif isinstance(event, Evaluation):
                losses = f"train {event.train_loss:.3f}, validation {event.val_loss:.3f} nats a token"
                out.print(f"step {event.step}: {losses}")
            elif isinstance(event, Sample):
                out.print(event.text.replace("\n", " "), style="dim", markup=False)
            elif isinstance(event, Finished):
                stopped = event.stopped
    return stopped


@contextlib.contextmanager
def counting_bar(what: str, total: int) -> Iterator[Callable[[int], None]]:
    """A progress bar on standard error, gone when done; yields the function that moves it."""
    columns = (TextColumn("{task.description}"), MofNCompleteColumn(), BarColumn(), TimeRemainingColumn())
    with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as bar:
        task = bar.add_task(what, total=total)
        yield lambda done: bar.update(task, completed=done)


@contextlib.contextmanager
def destination(to: Path | None) -> Iterator[IO[bytes]]:
    """A binary file that is there as a whole or not at all; standard output when none is named.

    Raises InputError when it cannot be written.
    """
    with tempfile.TemporaryFile() as fresh:
        yield fresh
        fresh.seek(0)
        if to is None:
            shutil.copyfileobj(fresh, sys.stdout.buffer)
            sys.stdout.flush()
            return
        try:
            with replacing(to) as new, new.open("wb") as file:
                shutil.copyfileobj(fresh, file)
        except OSError as e:
            raise InputError(f"{to} cannot be written ({e.strerror or e}); choose another place.") from e


def show_classifier(events: Iterable[Any], unit: str) -> bool:
    """Draw a classifier's training: how many texts are read, steps, each look; returns whether it was stopped.

    unit  what the looks are counted in: epoch, or pass of a regression
    """
    from engine.finetune.batches import Read
    from engine.finetune.fitting import Chosen, Evaluation
    from engine.jobs.spec import Planned
    from engine.training.events import Finished, Step

    stopped = False
    with Progress(
        TextColumn("{task.description}"), MofNCompleteColumn(), BarColumn(), TimeRemainingColumn(), console=err
    ) as bar:
        reading, training = bar.add_task("texts read", total=None, visible=False), bar.add_task("step", total=None)
        for event in events:
            if isinstance(event, Planned):
                bar.update(training, total=event.total_steps)
            elif isinstance(event, Read):
                bar.update(reading, completed=event.done, total=event.total, visible=event.done < event.total)
            elif isinstance(event, Step):
                bar.update(training, completed=event.step + 1)
            elif isinstance(event, Evaluation):
                when = f"{unit} {event.epoch + 1}" if event.epoch >= 0 else "before training"
                weighted = event.plain_val_loss != event.val_loss
                plain = f" (by class weights; {event.plain_val_loss:.3f} without)" if weighted else ""
                out.print(
                    f"{when}: loss {event.train_loss:.3f} on training texts, {event.val_loss:.3f} on validation{plain}"
                    f"; right {event.train_accuracy:.1%} and {event.val_accuracy:.1%}",
                    soft_wrap=True,
                )
            elif isinstance(event, Chosen):
                which = "best" if unit == "epoch" else "last"
                out.print(f"the {which} is kept: {unit} {event.epoch + 1}, validation loss {event.val_loss:.3f}")
            elif isinstance(event, Finished):
                stopped = event.stopped
    return stopped


def show_scores(found: Effect, classes: tuple[str, ...]) -> None:
    """Accuracy, and precision and recall of each class, with their intervals."""
    if found.accuracy is None:
        out.print("there are no texts to test with")
        return
    out.print(f"accuracy {share(found.accuracy)}", soft_wrap=True)
    rows = Table("class", "precision", "recall")
    for name, precision, recall in zip(classes, found.precision, found.recall, strict=True):
        rows.add_row(escape(name), share(precision), share(recall))
    out.print(rows)


def show_confusion(answers: Any, truth: Any, classes: tuple[str, ...]) -> None:
    """For each class, what its texts were taken for, most frequent first."""
    counts = Counter(zip(truth, answers.tolist(), strict=True))
    rows = Table("is", "was taken for", "texts")
    for (is_, taken), number in sorted(counts.items(), key=lambda item: (item[0][0], -item[1])):
        rows.add_row(escape(classes[is_]), escape(classes[taken]), f"{number:,}")
    out.print(rows)


def share(one_: Accuracy | None) -> str:
    """A share with its counts and its 95% interval."""
    if one_ is None:
        return "-"
    low, high = one_.interval
    return f"{one_.share:.1%} ({one_.right:,}/{one_.total:,}; {low:.1%} to {high:.1%})"
