"""What the doctor of labelled texts says: findings with the rows concerned, and ways to settle them.

The doctor only looks. A fix says which choice of the draft would settle a finding; nobody but the reader makes it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Fix:
    """One way to settle a finding.

    label    what the button says
    changes  choices of the draft; "repair" names one of REPAIRS to be added
    """

    label: str
    changes: dict[str, Any]


@dataclass(frozen=True)
class Finding:
    """Something in the file that its reader should know.

    kind   a name of its own
    level  must: nothing can be trained before; should: better settled; note: good to know
    title  one sentence
    why    what it means and what happens when nothing is done
    rows   numbers in the file of the rows concerned, in the order in which to show them
    fixes  the first is the recommended one
    """

    kind: str
    level: str
    title: str
    why: str
    rows: list[int] = field(default_factory=list)
    fixes: list[Fix] = field(default_factory=list)


def some(number: int, thing: str, things: str = "") -> str:
    """1 row, 2 rows, 1,000 rows."""
    return f"{number:,} {thing if number == 1 else things or thing + 's'}"
