"""The sequence models as a job: what it says on the way, what it leaves, and that it stops."""

from __future__ import annotations

from engine.experiments.seq2seq import Seq2SeqSettings, train, walk
from engine.experiments.seq2seq_record import load_record
from engine.jobs.sequences import CHECKPOINT, SequenceLosses, SequencesStopped, run
from engine.jobs.spec import KINDS, JobSpec, Planned, find_kind

SETTINGS = {"task": "copy", "longest": 2, "hidden": 8, "steps": 20, "seed": 1}
SPEC = JobSpec("sequences", "someone", "Copy", SETTINGS)


def test_it_reports_and_leaves_a_record(tmp_path) -> None:
    assert find_kind("sequences") is run
    assert "sequences" in KINDS
    first, *steps = list(run(SPEC, tmp_path, lambda: False))
    assert first == Planned(20)
    assert [event.step for event in steps] == [9, 19]
    assert all(isinstance(event, SequenceLosses) for event in steps)
    *_, last = train(Seq2SeqSettings(**SETTINGS), every=10)
    assert (steps[-1].bottleneck, steps[-1].attention) == (last.losses[False], last.losses[True])
    assert len(walk(load_record(tmp_path / CHECKPOINT).models[True], "abc").written) == 3


def test_it_stops_when_asked_and_leaves_nothing(tmp_path) -> None:
    *_, last = run(SPEC, tmp_path, lambda: True)
    assert last == SequencesStopped(9)
    assert not (tmp_path / CHECKPOINT).exists()
