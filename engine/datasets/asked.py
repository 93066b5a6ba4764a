"""What one generated task asks, before it is put into words."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Asked:
    """What one task asks about, before it is put into words.

    about    what may not be both trained on and held out
    x        the material: becomes the entry's input, or stands inside the instruction
    output   the right answer
    wording  whose wordings it takes, when not the kind's own
    words    what else the wording mentions
    """

    about: str
    x: str
    output: str
    wording: str = ""
    words: dict[str, str] = field(default_factory=dict)
