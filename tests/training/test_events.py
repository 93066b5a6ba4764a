"""Events are plain values: they cannot change after they were told, and they can be written down."""

from __future__ import annotations

import json
from dataclasses import FrozenInstanceError, asdict
from typing import get_args

import pytest

from engine.training import events
from engine.training.events import Event, Finished, Step


def test_every_event_is_in_the_union() -> None:
    assert {cls.__name__ for cls in get_args(Event)} == {
        name for name, value in vars(events).items() if isinstance(value, type) and value.__module__ == events.__name__
    }


def test_events_stay_as_they_were_told() -> None:
    event = Step(0, 0, 2.5, 0.1, 1.0, 64, 1000.0)
    with pytest.raises(FrozenInstanceError):
        event.loss = 0.0
    assert json.loads(json.dumps(asdict(event)))["loss"] == 2.5
    assert Finished(9, 640, 1.0, stopped=False) == Finished(9, 640, 1.0, stopped=False)
