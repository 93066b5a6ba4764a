"""What the command line shows of a training, and how it listens to Ctrl-C."""

from __future__ import annotations

import contextlib
import io
import signal
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

from engine.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from engine.training.events import Event

# What models and users write is shown as it is: no colours for numbers, and ":cat:" stays ":cat:".
out = Console(highlight=False, emoji=False)
err = Console(stderr=True, highlight=False, emoji=False)


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
