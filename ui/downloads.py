"""Downloads of this server: a thread each, shared by all sessions, and found again after a reload.

Who asks for what somebody else is fetching joins in and sees the same progress. A restarted server knows nothing of
earlier ones, but what has arrived is on the disk, and asking again goes on from there.
"""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from engine.downloads import Cancelled
from engine.errors import GlassboxError

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.downloads import Progress

LOG = logging.getLogger(__name__)


@dataclass
class Download:
    """How far one download is; its thread writes, everybody reads.

    done   bytes that are here
    total  bytes of the whole, None while unknown
    error  why it ended, as a sentence; empty while it runs, and when it was cancelled or went well
    """

    name: str
    done: int = 0
    total: int | None = None
    error: str = ""
    running: bool = True
    asked_to_stop: threading.Event = field(default_factory=threading.Event)

    def tell(self, done: int, total: int | None) -> None:
        """Take note of how far it is."""
        self.done, self.total = done, total or self.total

    @property
    def share(self) -> float:
        """The part that is here, 0 to 1."""
        return min(1.0, self.done / self.total) if self.total else 0.0


_DOWNLOADS: dict[str, Download] = {}
_LOCK = threading.Lock()


def start(
    name: str, fetch: Callable[[Progress, Callable[[], bool]], object], done: int = 0, total: int | None = None
) -> Download:
    """Begin a download, or join the one of this name that runs.

    fetch        does it, given where to tell its progress and whom to ask whether to stop
    done, total  what is known beforehand
    """
    with _LOCK:
        there = _DOWNLOADS.get(name)
        if there is not None and there.running:
            return there
        fresh = _DOWNLOADS[name] = Download(name, done, total)
        threading.Thread(target=_run, args=(fresh, fetch), name=f"download {name}", daemon=True).start()
        return fresh


def find(name: str) -> Download | None:
    """The latest download of this name since the server started."""
    return _DOWNLOADS.get(name)


def running() -> frozenset[str]:
    """The names of those that run."""
    return frozenset(name for name, download in list(_DOWNLOADS.items()) if download.running)


def cancel(name: str) -> None:
    """Ask a download to stop, for everybody who waits for it; what has arrived stays."""
    there = _DOWNLOADS.get(name)
    if there is not None:
        there.asked_to_stop.set()


def forget(name: str) -> None:
    """Drop what is known of a download that has ended."""
    with _LOCK:
        there = _DOWNLOADS.get(name)
        if there is not None and not there.running:
            del _DOWNLOADS[name]


def _run(download: Download, fetch: Callable[[Progress, Callable[[], bool]], object]) -> None:
    try:
        fetch(download.tell, download.asked_to_stop.is_set)
    except Cancelled:
        pass
    except GlassboxError as e:
        download.error = str(e)
    except Exception as e:
        LOG.exception("download of %s", download.name)
        download.error = f"{download.name} could not be fetched ({type(e).__name__}); try again."
    finally:
        download.running = False
