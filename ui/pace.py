"""How often something may be asked for: so many times in a span of time, counted apart for each asker."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict, deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

MOST_ASKERS = 10_000


class Pace:
    """At most `most` times in any `seconds`.

    clock  tells the time in seconds
    """

    def __init__(self, most: int, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.most, self.seconds, self.clock = most, seconds, clock
        self._asked: OrderedDict[str, deque[float]] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, asker: str) -> float:
        """0 when the asker may go on now, which is counted; else in how many seconds, which is not."""
        with self._lock:
            now = self.clock()
            times = self._asked.setdefault(asker, deque())
            self._asked.move_to_end(asker)
            while len(self._asked) > MOST_ASKERS:
                self._asked.popitem(last=False)
            while times and times[0] <= now - self.seconds:
                times.popleft()
            if len(times) >= self.most:
                return times[0] + self.seconds - now
            times.append(now)
            return 0.0
