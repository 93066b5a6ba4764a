"""What happened in a job, as its metrics.jsonl tells it: one event a line, in the order of events.

Each line has "event" (the event's class name), "time" (seconds since 1970) and the event's fields. After a resume
stands a line Resumed with the step that is made next: what had come from that step on is void, it is done again. If it
has "again", the name of an event, the one of the step before is told again too, and what had followed it.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

FILE = "metrics.jsonl"
SPEED_STEPS = 30  # a forecast looks at the last so many steps


def as_line(event: Any, now: float) -> str:
    """An event as a line of JSON: a dataclass, or a dict that names its own "event"."""
    body = dict(event) if isinstance(event, dict) else {"event": type(event).__name__, **asdict(event)}
    return json.dumps(body | {"time": round(now, 3)}, default=str) + "\n"


def read_events(folder: Path) -> list[dict[str, Any]]:
    """All events that count, oldest first; lines that a kill or a full disk cut short are left out."""
    try:
        lines = (folder / FILE).read_bytes().splitlines()
    except OSError:
        return []
    return valid(lines)


def valid(lines: Iterable[bytes], before: Iterable[dict[str, Any]] = ()) -> list[dict[str, Any]]:
    """The events before and those in these lines, without those that a later resume made void."""
    kept = list(before)
    for line in lines:
        try:
            event = json.loads(line)
        except ValueError:
            continue
        if not isinstance(event, dict) or "event" not in event:
            continue
        if event["event"] == "Resumed":
            # Events without a step, such as the plan, belong to no step and stay.
            kept = [e for e in kept if e.get("step", -1) < event["step"]]
            told = (event.get("again"), event["step"] - 1)
            start = next((i for i, e in enumerate(kept) if (e["event"], e.get("step")) == told), len(kept))
            kept = kept[:start] + [e for e in kept[start:] if "step" not in e]
        kept.append(event)
    return kept


def table(events: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    """The events of one class, such as "Step" or "Evaluation"."""
    return [event for event in events if event["event"] == kind]


def comparable_loss(look: dict[str, Any]) -> float:
    """The validation loss of an Evaluation that may stand beside another training's.

    That of a classifier with class weights is weighted; this is the one without them.
    """
    return float(look.get("plain_val_loss", look["val_loss"]))


@dataclass(frozen=True)
class Progress:
    """How far a job is.

    step     steps made
    total    steps in all; None while it is not known
    seconds  how long it has worked, all its stretches together
    left     seconds to go at its present speed; None while it is not known
    """

    step: int = 0
    total: int | None = None
    seconds: float = 0.0
    left: float | None = None


def progress(events: list[dict[str, Any]]) -> Progress:
    """How far these events go."""
    planned, steps = table(events, "Planned"), [e for e in events if "step" in e and e["event"] != "Resumed"]
    total = planned[-1]["total_steps"] if planned else None
    # The first event of a stretch is its Planned; time between stretches is no work.
    seconds, last = 0.0, None
    for event in events:
        if last is not None and event["event"] != "Planned":
            seconds += max(0.0, event["time"] - last)
        last = event["time"]
    if not steps:
        return Progress(0, total, seconds)
    done = max(e["step"] for e in steps) + 1
    return Progress(done, total, seconds, _left(events, done, total))


def _left(events: list[dict[str, Any]], done: int, total: int | None) -> float | None:
    """Seconds to go, from the last steps of the present stretch."""
    if total is None:
        return None
    starts = [i for i, e in enumerate(events) if e["event"] == "Planned"]
    steps = [e for e in events[starts[-1] if starts else 0 :] if "step" in e and e["event"] != "Resumed"]
    steps = [e for e in steps if e["step"] >= done - SPEED_STEPS]
    if len(steps) < 2 or steps[-1]["step"] == steps[0]["step"]:
        return None
    each = (steps[-1]["time"] - steps[0]["time"]) / (steps[-1]["step"] - steps[0]["step"])
    return max(0.0, each * (total - done))


def duration(seconds: float) -> str:
    """4 s, 3 min 20 s, 2 h 5 min."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"
