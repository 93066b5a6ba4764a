"""The kind of job that trains the sequence models of the lesson on the bottleneck."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.experiments.seq2seq import Seq2SeqSettings, train
from engine.experiments.seq2seq_record import finish, save_record
from engine.jobs.spec import JobSpec, Planned

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

CHECKPOINT = "checkpoint"
EVERY = 10  # steps between two reports, and between two looks whether to stop


@dataclass(frozen=True)
class SequenceLosses:
    """Both models' losses, nats per symbol, means since the report before; steps are counted from 0."""

    step: int
    bottleneck: float
    attention: float


@dataclass(frozen=True)
class SequencesStopped:
    """Ended before the last step."""

    step: int
    stopped: bool = True


def run(spec: JobSpec, folder: Path, stop: Callable[[], bool]) -> Iterator[Planned | SequenceLosses | SequencesStopped]:
    """Train both models with spec.settings, the fields of Seq2SeqSettings; the record ends in checkpoint.

    These trainings take a minute or two, so nothing is kept on the way: resuming starts again, with the same seed and
    so with the same numbers.
    """
    settings = Seq2SeqSettings(**spec.settings)
    yield Planned(settings.steps)
    reports = []
    for report in train(settings, EVERY):
        reports.append(report)
        yield SequenceLosses(report.step - 1, report.losses[False], report.losses[True])
        if report.step < settings.steps and stop():
            yield SequencesStopped(report.step - 1)
            return
    save_record(finish(settings, reports), folder / CHECKPOINT)
