"""The registry of downloads: one thread for all who ask, told how far, stopped, and honest about why it ended."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import pytest

from engine.downloads import Cancelled
from engine.errors import DownloadError
from ui import downloads

if TYPE_CHECKING:
    from collections.abc import Iterator


class Fetching:
    """A download that brings half, then waits until it is let go or asked to stop."""

    def __init__(self) -> None:
        self.calls = 0
        self.half = threading.Event()
        self.go = threading.Event()

    def __call__(self, progress, stop) -> None:
        self.calls += 1
        progress(50, 100)
        self.half.set()
        while not self.go.wait(0.01):
            if stop():
                raise Cancelled("stopped")
        progress(100, 100)


@pytest.fixture(autouse=True)
def nothing_left() -> Iterator[None]:
    yield
    downloads.cancel("thing")
    ended("thing")
    downloads.forget("thing")


def ended(name: str) -> None:
    give_up = time.monotonic() + 30
    while name in downloads.running():
        assert time.monotonic() < give_up, f"{name} still runs"
        time.sleep(0.01)


def test_two_askers_share_one_download_and_see_the_same() -> None:
    fetching = Fetching()
    first = downloads.start("thing", fetching)
    assert fetching.half.wait(30)
    second = downloads.start("thing", fetching)
    assert second is first is downloads.find("thing")
    assert (first.done, first.total, first.share) == (50, 100, 0.5)
    assert downloads.running() == {"thing"}
    fetching.go.set()
    ended("thing")
    assert fetching.calls == 1
    assert (first.share, first.error, first.running) == (1.0, "", False)


def test_many_threads_at_once_start_one() -> None:
    fetching, together = Fetching(), threading.Barrier(8)
    found: list[downloads.Download] = []

    def ask() -> None:
        together.wait()
        found.append(downloads.start("thing", fetching))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert fetching.half.wait(30)
    assert fetching.calls == 1
    assert len({id(one) for one in found}) == 1


def test_cancelling_stops_it_without_an_error_and_it_can_begin_again() -> None:
    fetching = Fetching()
    first = downloads.start("thing", fetching)
    assert fetching.half.wait(30)
    downloads.forget("thing")
    assert downloads.find("thing") is first, "one that runs is not forgotten"
    downloads.cancel("thing")
    ended("thing")
    assert (first.error, first.done) == ("", 50)
    fetching.go.set()
    again = downloads.start("thing", fetching)
    ended("thing")
    assert again is not first
    assert again.share == 1.0


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (DownloadError("no connection to the hub; try again."), "no connection to the hub; try again."),
        (KeyError("secret detail"), "thing could not be fetched (KeyError); try again."),
    ],
)
def test_why_it_failed_is_kept_until_it_begins_again(error: Exception, sentence: str, caplog) -> None:
    def fail(progress, stop) -> None:
        raise error

    downloads.start("thing", fail, done=7, total=100)
    ended("thing")
    failed = downloads.find("thing")
    assert (failed.error, failed.done, failed.total) == (sentence, 7, 100)
    downloads.start("thing", lambda progress, stop: None)
    ended("thing")
    assert downloads.find("thing").error == ""


def test_an_unknown_length_has_no_share() -> None:
    one = downloads.Download("thing")
    one.tell(10, None)
    assert (one.share, one.done) == (0.0, 10)
    one.tell(10, 40)
    one.tell(20, None)  # waiting for another process, which says only what is there
    assert one.share == 0.5
