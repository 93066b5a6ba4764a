"""The code behind the lesson on the bottleneck."""

from __future__ import annotations

from typing import Any


def code(task: str, text: str, own: dict[str, Any] | None) -> list[str]:
    """Cells that load or train both models and let them write the text.

    own  the settings of the reader's own training; None for the one that ships
    """
    load = f"""\
from engine.experiments.seq2seq_record import LENGTHS, load_recorded

record = load_recorded({task!r})"""
    if own:
        given = ", ".join(f"{name}={value!r}" for name, value in own.items())
        load = f"""\
from engine.experiments.seq2seq import Seq2SeqSettings, train
from engine.experiments.seq2seq_record import LENGTHS, finish

settings = Seq2SeqSettings({given})
record = finish(settings, list(train(settings)))"""
    return [
        f"""\
{load}
for attention, accuracy in record.accuracy.items():
    print("attention" if attention else "bottleneck", dict(zip(LENGTHS, accuracy.round(3))))""",
        f"""\
from engine.experiments.seq2seq import walk

for attention, model in record.models.items():
    steps = walk(model, {text!r})
    print("attention" if attention else "bottleneck", "writes", steps.written)
print(steps.read[-1])  # the last hidden state
print(steps.weights.round(2))  # a row for each symbol written, a column for each symbol read""",
    ]
