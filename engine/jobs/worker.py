"""The process of one job: `python -m engine.jobs.worker FOLDER`.

It runs the job's kind, writes every event to metrics.jsonl and what people read to log.txt, and ends in a state with a
sentence, whatever happens. This process is the job's own, so here signals are listened to and the global random
generators are seeded.
"""

from __future__ import annotations

import contextlib
import gc
import os
import random
import signal
import sys
import time
import traceback
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import psutil
from filelock import FileLock, Timeout

from engine.errors import GlassboxError, TrainingError, first_line
from engine.jobs.limits import read_limits
from engine.jobs.metrics import FILE, as_line, read_events
from engine.jobs.processes import is_alive
from engine.jobs.runner import advance
from engine.jobs.spec import JobSpec, find_kind
from engine.jobs.store import free_reserve, keep_reserve, locked, read, set_state
from engine.whole_files import open_lines

if TYPE_CHECKING:
    from collections.abc import Callable

LOWER = 1 / 3  # what a learning rate that was too high is multiplied by in the offer to resume
NICE = 10
AFTER_STEP = ("EpochEnd", "Saved", "Finished")  # events that tell of a step that was made before


@dataclass
class Ending:
    """How a stretch of work ended: the status, a sentence, and settings to go on with."""

    status: str
    sentence: str = ""
    offer: dict[str, Any] = field(default_factory=dict)


def main(folder: Path) -> None:
    """Work on the job until it ends, then start what waits behind it."""
    with contextlib.suppress(Timeout), FileLock(folder / ".working", timeout=0):  # nobody works on it twice
        if claim(folder):
            keep_reserve(folder)
            with open_lines(folder / "log.txt") as log:
                end(folder, work(folder, log), log)
    with contextlib.suppress(GlassboxError):
        advance(folder.parent)


def claim(folder: Path) -> bool:
    """Write this process down as the job's own; false when the job is no longer to be run."""
    me = psutil.Process()
    with locked(folder.parent):
        job = read(folder)
        other = job.state.pid != me.pid and is_alive(job.state.pid, job.state.pid_started)
        # On Windows Python may start through a launcher, which is then the other one: our parent.
        if job.spec is None or job.state.status != "running" or (other and job.state.pid != os.getppid()):
            return False
        set_state(job, pid=me.pid, pid_started=me.create_time())
    return True


def work(folder: Path, log: IO[str]) -> Ending:
    """Run the job's kind to its end; when memory runs out, again with smaller pieces."""
    spec = read(folder).spec
    assert spec is not None
    while True:
        ending = attempt(spec, folder, log)
        if ending is not None:
            return ending
        smaller = split_further(spec)
        if smaller is None:
            sentence = "memory ran out, even with one window at a time; choose a smaller model or a shorter context."
            return Ending("failed", sentence)
        spec = smaller
        say(
            log,
            f"memory ran out; each batch is now computed in {spec.settings['split']} parts whose gradients are added "
            "up. The batch that a step learns from stays the same.",
        )
        free_memory()


def attempt(spec: JobSpec, folder: Path, log: IO[str]) -> Ending | None:
    """One stretch, whatever happens in it; None when memory ran out."""
    try:
        return stretch(spec, folder, log)
    except Exception as e:
        return None if is_out_of_memory(e) else explain(e, spec, log)


def stretch(spec: JobSpec, folder: Path, log: IO[str]) -> Ending:
    """One run of the kind, from the last checkpoint on."""
    run = find_kind(spec.kind)
    seed_everything(int(spec.settings.get("seed", 123)))
    limit = time.monotonic() + 3600 * read_limits().hours
    stop = stop_asked(folder, limit)
    fresh, finished = not read_events(folder), True
    with open_lines(folder / FILE) as metrics:
        for event in run(spec, folder, stop):
            now = time.time()
            step = getattr(event, "step", None)
            if not fresh and step is not None:
                line = resumed(type(event).__name__, step)
                metrics.write(as_line(line, now))
                say(log, f"goes on at step {line['step']}")
                fresh = True
            metrics.write(as_line(event, now))
            if sentence := describe(event):
                say(log, sentence)
            finished = finished and not getattr(event, "stopped", False)
    if finished:
        return Ending("finished")
    if time.monotonic() > limit:
        hours = f"{read_limits().hours:g}"
        return Ending("stopped", f"the {hours} hours that a training may take at once here are over; resume goes on.")
    return Ending("stopped", "it was stopped, and saved where it was.")


def resumed(event: str, step: int) -> dict[str, Any]:
    """The line for a stretch that begins with this event, see engine.jobs.metrics."""
    if event in AFTER_STEP:  # the step itself is in the checkpoint
        return {"event": "Resumed", "step": step + 1, "again": event}
    return {"event": "Resumed", "step": step}


def explain(error: Exception, spec: JobSpec, log: IO[str]) -> Ending:
    """The ending that an error makes: its sentence, and what to try instead."""
    if isinstance(error, TrainingError):
        rate = spec.settings.get("learning_rate")
        offer = {"learning_rate": float(f"{rate * LOWER:.3g}")} if isinstance(rate, int | float) else {}
        return Ending("failed", str(error), offer)
    if isinstance(error, GlassboxError):
        return Ending("failed", str(error))
    if isinstance(error, OSError):
        sentence = f"a file could not be read or written ({error.strerror or error}); make room or give access, resume."
        return Ending("failed", sentence)
    say(log, traceback.format_exc())
    return Ending("failed", f"something unforeseen went wrong ({first_line(error)}); the log says where.")


def end(folder: Path, ending: Ending, log: IO[str]) -> None:
    """Write down how it ended; on a full disk in the space that was kept for this."""
    free_reserve(folder)
    with contextlib.suppress(OSError):
        say(log, f"{ending.status}{': ' + ending.sentence if ending.sentence else ''}")
    memory = peak_memory()
    with locked(folder.parent):
        set_state(
            read(folder),
            status=ending.status,
            sentence=ending.sentence,
            offer=ending.offer,
            ended=time.time(),
            pid=None,
            pid_started=None,
            peak_bytes=memory,
        )


def is_out_of_memory(error: Exception) -> bool:
    """Whether memory ran out, of the machine or of a GPU."""
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return True
    return isinstance(error, RuntimeError) and "can't allocate memory" in str(error)


def split_further(spec: JobSpec) -> JobSpec | None:
    """The job with every batch computed in twice as many parts; None when a part would be less than one example."""
    parts = 2 * int(spec.settings.get("split", 1))
    if parts > int(spec.settings.get("batch_size", 1)):
        return None
    return replace(spec, settings=spec.settings | {"split": parts})


def free_memory() -> None:
    """Let go of what the failed attempt held."""
    gc.collect()
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_available():
        torch.cuda.empty_cache()


def seed_everything(seed: int) -> None:
    """Seed what kinds draw from: Python's generator, and PyTorch's if the kind is going to use it."""
    random.seed(seed)
    if "torch" in sys.modules:
        sys.modules["torch"].manual_seed(seed)


def stop_asked(folder: Path, limit: float) -> Callable[[], bool]:
    """A function that turns true once a request to end has come, or the time is up."""
    asked: list[int] = []
    with contextlib.suppress(ValueError):  # not in the main thread: tests
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda n, _: asked.append(n))
    return lambda: bool(asked) or (folder / "stop").exists() or time.monotonic() > limit


def describe(event: Any) -> str:
    """What the log says of an event; steps are left to metrics.jsonl."""
    match type(event).__name__:
        case "Planned":
            return f"{event.total_steps:,} steps in all"
        case "Evaluation":
            losses = f"train {event.train_loss:.3f}, validation {event.val_loss:.3f} nats"
            right, plain = getattr(event, "val_accuracy", None), getattr(event, "plain_val_loss", event.val_loss)
            rest = " a token" if right is None else f" a text; {right:.1%} of validation right"
            if plain != event.val_loss:
                rest += f"; validation loss without class weights {plain:.3f}"
            return f"step {event.step}: {losses}{rest}"
        case "Sample":
            return f"step {event.step} writes: {event.text!r}"
        case "Note":
            return str(event.text)
        case "Finished":
            return f"{event.step + 1:,} steps made, {event.tokens_seen:,} tokens seen"
    return ""


def say(log: IO[str], sentence: str) -> None:
    """A line of the log, with the time before it."""
    log.write(f"{time.strftime('%Y-%m-%d %H:%M:%S')}  {sentence}\n")


def peak_memory() -> int | None:
    """Most memory that this process has had, bytes, on the GPU if it worked there; None where nobody counts it."""
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_available() and torch.cuda.is_initialized():
        return int(torch.cuda.max_memory_allocated())
    try:
        import resource
    except ImportError:
        return int(getattr(psutil.Process().memory_info(), "peak_wset", 0)) or None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return int(peak) if sys.platform == "darwin" else 1024 * int(peak)


def be_polite() -> None:
    """Leave the processors to the pages first."""
    with contextlib.suppress(psutil.Error, OSError):
        psutil.Process().nice(psutil.BELOW_NORMAL_PRIORITY_CLASS if sys.platform == "win32" else NICE)


if __name__ == "__main__":
    be_polite()
    main(Path(sys.argv[1]))
