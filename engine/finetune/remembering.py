"""Results kept in memory for who asks soon again: many of small files, few of large ones, each made only once."""

from __future__ import annotations

from collections import OrderedDict
from functools import lru_cache, update_wrapper
from threading import Lock
from typing import TYPE_CHECKING, Any, Generic, ParamSpec, Protocol, TypeVar

from engine.downloads import sha256_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

P = ParamSpec("P")
R = TypeVar("R")
KEPT_BYTES = 60_000_000  # of the files that results are of, for each function; tables take up to 15 times as much


class Sized(Protocol):
    """A question about a file of so many bytes; equal to others with the same answer."""

    @property
    def size(self) -> int:
        """Bytes of the file."""


class Remembered(Generic[P, R]):
    """A function whose results are kept by its arguments, the first of which is Sized.

    The longest unused go when the files of all are larger together than KEPT_BYTES; the latest stays, however large.
    Who asks while somebody else's same question is being answered waits for that answer.

    Why not cachetools: it would be one more library, and it weighs values, while here a key knows the size.
    """

    def __init__(self, make: Callable[P, R]) -> None:
        self.make = make
        self.lock = Lock()
        self.cache_clear()
        update_wrapper(self, make)

    def cache_clear(self) -> None:
        """Forget everything."""
        self.kept: OrderedDict[Any, tuple[R, int]] = OrderedDict()
        self.made_now: dict[Any, Lock] = {}

    def __call__(self, *args: P.args, **named: P.kwargs) -> R:
        """The function's result, made or kept; what it raises is not kept."""
        key = (args, tuple(named.items()))
        with self.lock:
            making = self.made_now.setdefault(key, Lock())
        try:
            with making:
                with self.lock:
                    if key in self.kept:
                        self.kept.move_to_end(key)
                        return self.kept[key][0]
                result = self.make(*args, **named)
                first: Any = args[0]
                with self.lock:
                    self.kept[key] = (result, first.size)
                    while len(self.kept) > 1 and sum(size for _, size in self.kept.values()) > KEPT_BYTES:
                        self.kept.popitem(last=False)
                return result
        finally:
            with self.lock:
                self.made_now.pop(key, None)


@lru_cache(maxsize=1024)
def digest(file: Path, moment: int, size: int) -> str:
    """A digest of a file's content, so that the same file is known again in another place.

    moment, size  when it was written, in nanoseconds, and its bytes: another file if they change
    """
    return sha256_of(file)
