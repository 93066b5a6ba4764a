"""Splitting with a pattern that somebody typed, in a process of its own: see `splitting.split_every_way`.

Reads {"text": …, "pattern": …} as JSON from its input and writes {"ways": [[…], …]} or {"error": …}.
"""

from __future__ import annotations

import json
import sys

from engine.errors import InputError
from engine.tokenizers.words import split_text

# (keep_whitespace, lowercase)
WAYS = ((False, False), (True, False), (False, True), (True, True))
CPU_SECONDS = 2
MEMORY = 1 << 30  # bytes


def every_way(text: str, pattern: str) -> list[list[str]]:
    """The tokens of the text under each of WAYS; raises InputError as split_text does."""
    return [split_text(text, pattern, keep, lower) for keep, lower in WAYS]


def limit_this_process() -> None:
    """Let the system end this process when it computes too long, and refuse it more memory than it needs."""
    try:
        import resource
    except ImportError:  # Windows has no such limits; the parent's clock remains
        return
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS + 1))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


def main() -> None:
    """Answer one request."""
    limit_this_process()
    request = json.load(sys.stdin)
    try:
        answer: dict[str, object] = {"ways": every_way(request["text"], request["pattern"])}
    except InputError as error:
        answer = {"error": str(error)}
    json.dump(answer, sys.stdout)


if __name__ == "__main__":
    main()
