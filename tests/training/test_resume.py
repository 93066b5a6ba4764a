"""A training that was interrupted ends with the same weights, bit for bit, as one that was not."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import torch

from engine.training.checkpoint import load_checkpoint
from engine.training.events import Evaluation, Finished, Step
from engine.training.loop import LoopSettings, train
from engine.training.optim import Schedule, adamw, muon
from tests.training.tiny import assert_same_weights, loader, tiny_model, weights, windows

if TYPE_CHECKING:
    from torch.utils.data import DataLoader

ROOT = Path(__file__).resolve().parents[2]
SCHEDULE = Schedule(15, 3)
STEPS = 15  # five batches an epoch, three epochs


def in_order() -> DataLoader:
    return loader()


def shuffled_by_the_global_generator() -> DataLoader:
    return loader(shuffle=True)


def shuffled_by_its_own_generator() -> DataLoader:
    return loader(shuffle=True, generator=torch.Generator().manual_seed(4))


def with_a_last_smaller_batch() -> DataLoader:
    return loader(9, shuffle=True)


DATA = [in_order, shuffled_by_the_global_generator, shuffled_by_its_own_generator, with_a_last_smaller_batch]


def start(data=in_order, make=adamw, settings: LoopSettings | None = None, checkpoint=None, stop=None):
    """A run as a fresh process would start it: same seed, same data, same settings."""
    model = tiny_model()
    batches = data()
    events = train(
        model,
        batches,
        make(model, 0.01),
        settings or LoopSettings(epochs=3),
        schedule=SCHEDULE,
        # Evaluating draws random numbers from the loader's generator, as in the notes.
        evaluate=lambda: (float(len(next(iter(batches)))), 0.0),
        checkpoint=checkpoint,
        stop=stop or (lambda: False),
    )
    return model, events


def told(events) -> list[tuple]:
    """What a run said, without the clock."""
    return [
        (e.step, e.epoch, e.loss, e.learning_rate, e.grad_norm, e.tokens_seen) for e in events if isinstance(e, Step)
    ]


def interrupted(folder: Path, points: list[int], **run):
    """Stop after each of these steps and start anew; returns the final model and everything that was told."""
    said: list[tuple] = []
    for point in [*points, 10**9]:
        torch.manual_seed(1000 + point)  # whatever the new process did before must not matter
        done = len(said)
        answers = iter(range(done + 1, 10**9))
        model, events = start(checkpoint=folder, stop=lambda a=answers, p=point: next(a) >= p, **run)
        said += told(events)
    return model, said


@pytest.mark.parametrize("data", DATA)
@pytest.mark.parametrize("points", [[1], [4], [5], [6], [14], [3, 5, 8, 10, 11], list(range(1, 15))])
def test_resume_is_exact(tmp_path: Path, data, points: list[int]) -> None:
    """Stops inside an epoch, right at its end, after it, and after every single step; with dropout."""
    model, events = start(data)
    uninterrupted = told(events)
    assert len(uninterrupted) == STEPS
    again, said = interrupted(tmp_path / "c", points, data=data)
    assert said == uninterrupted
    assert_same_weights(weights(again), weights(model))


@pytest.mark.parametrize("data", DATA)
@pytest.mark.parametrize("points", [[1], [3], [2, 3, 4, 7]])
def test_resume_is_exact_with_accumulation_and_evaluation(tmp_path: Path, data, points: list[int]) -> None:
    """Three batches an epoch and group: 2, 2 and 1; evaluations draw from the same random numbers."""
    settings = LoopSettings(epochs=3, accumulation=2, eval_every=2)
    model, events = start(data, settings=settings)
    uninterrupted = told(events)
    assert len(uninterrupted) == 9
    again, said = interrupted(tmp_path / "c", points, data=data, settings=settings)
    assert said == uninterrupted
    assert_same_weights(weights(again), weights(model))


@pytest.mark.parametrize("points", [[2], [7, 10]])
def test_resume_is_exact_with_two_optimizers(tmp_path: Path, points: list[int]) -> None:
    model, events = start(make=muon)
    uninterrupted = told(events)
    again, said = interrupted(tmp_path / "c", points, make=muon)
    assert said == uninterrupted
    assert_same_weights(weights(again), weights(model))


def test_what_came_after_the_last_checkpoint_is_done_again(tmp_path: Path) -> None:
    """A kill leaves no farewell checkpoint: the run goes on from the last periodic one."""
    data = shuffled_by_the_global_generator
    model, events = start(data)
    uninterrupted = told(events)
    settings = LoopSettings(epochs=3, checkpoint_every=4)
    _, events = start(data, settings=settings, checkpoint=tmp_path / "c")
    for event in events:
        if isinstance(event, Step) and event.step == 9:
            break  # the generator is dropped, as in a crash
    events.close()
    torch.manual_seed(77)
    again, events = start(data, settings=settings, checkpoint=tmp_path / "c")
    assert told(events) == uninterrupted[8:]
    assert_same_weights(weights(again), weights(model))


def test_a_finished_run_stays_finished(tmp_path: Path) -> None:
    model, events = start(checkpoint=tmp_path / "c")
    list(events)
    again, events = start(checkpoint=tmp_path / "c")
    events = list(events)
    assert told(events) == []
    assert isinstance(events[-1], Finished)
    assert (events[-1].step, events[-1].stopped) == (14, False)
    assert_same_weights(weights(again), weights(model))


def test_a_finished_run_can_be_made_longer(tmp_path: Path) -> None:
    """One epoch, then three asked for: the same as three at once."""
    data = shuffled_by_the_global_generator
    model, events = start(data)
    uninterrupted = told(events)
    _, events = start(data, settings=LoopSettings(epochs=1), checkpoint=tmp_path / "c")
    first = told(events)
    again, events = start(data, checkpoint=tmp_path / "c")
    assert first + told(events) == uninterrupted
    assert_same_weights(weights(again), weights(model))


def test_max_steps_and_then_more(tmp_path: Path) -> None:
    settings = LoopSettings(epochs=3, max_steps=7)
    model, events = start()
    uninterrupted = told(events)
    _, events = start(settings=settings, checkpoint=tmp_path / "c")
    first = told(events)
    again, events = start(settings=replace(settings, max_steps=None), checkpoint=tmp_path / "c")
    assert first + told(events) == uninterrupted
    assert_same_weights(weights(again), weights(model))


def test_a_lower_rate_asked_for_on_resume_is_used(tmp_path: Path) -> None:
    """That is what the sentence about a loss that is no number recommends; with and without a schedule."""
    for schedule in (None, Schedule(10, shape="constant")):
        folder = tmp_path / str(schedule is None)
        for rate, last in ((0.01, 2), (0.001, 4)):
            model = tiny_model()
            settings = LoopSettings(max_steps=last)
            events = train(model, loader(), adamw(model, rate), settings, schedule=schedule, checkpoint=folder)
            assert [e.learning_rate for e in events if isinstance(e, Step)] == [rate, rate]


def test_evaluations_go_on_where_they_were(tmp_path: Path) -> None:
    settings = LoopSettings(epochs=3, eval_every=4)
    at = []
    for point in (6, 10**9):
        answers = iter(range(1, 10**9))
        _, events = start(settings=settings, checkpoint=tmp_path / "c", stop=lambda a=answers, p=point: next(a) >= p)
        at += [e.step for e in events if isinstance(e, Evaluation)]
    assert at == [0, 4, 8, 12]


TRAIN = """
import sys
from pathlib import Path
from engine.training.events import Saved
from engine.training.loop import LoopSettings, train
from engine.training.optim import adamw
from tests.training.tiny import loader, tiny_model

model = tiny_model()
settings = LoopSettings(epochs=40, checkpoint_every=1)
for event in train(model, loader(shuffle=True), adamw(model, 0.01), settings, checkpoint=Path(sys.argv[1])):
    if isinstance(event, Saved):
        print(event.step, flush=True)
print("end", flush=True)
"""


@pytest.mark.slow
def test_a_process_that_is_killed_while_it_writes(tmp_path: Path) -> None:
    """SIGKILL, three times, at moments that nobody chose, in a training that writes a checkpoint after every step."""
    folder = tmp_path / "run" / "checkpoint"
    command = [sys.executable, "-c", TRAIN, str(folder)]
    reached = []
    for lines in (3, 11, 5):
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        for _ in range(lines):
            last = process.stdout.readline()
        process.send_signal(signal.SIGKILL)
        rest = process.stdout.read()
        process.wait()
        process.stdout.close()
        assert process.returncode == -signal.SIGKILL, "it was killed while training, not after its end"
        assert "end" not in rest
        reached.append(int((rest.split() or [last])[-1]))
    assert reached == sorted(reached), "each start goes on where the one before was killed"
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.endswith("end\n")

    model = tiny_model()
    list(train(model, loader(shuffle=True), adamw(model, 0.01), LoopSettings(epochs=40)))
    resumed = tiny_model(2)
    _, card = load_checkpoint(folder, resumed)
    assert card["step"] == 200
    assert json.loads((folder / "card.json").read_text(encoding="utf-8"))["epoch"] == 40
    assert_same_weights(weights(resumed), weights(model))


def test_windows_follow_from_their_seed() -> None:
    """The comparisons above stand on it."""
    assert torch.equal(windows(4).tensors[0], windows(4).tensors[0])
