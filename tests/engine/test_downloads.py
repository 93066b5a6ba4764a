"""Downloads from a server on this machine that breaks off, stalls, lies about lengths and sends something else."""

from __future__ import annotations

import errno
import hashlib
import threading
import time
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import numpy as np
import pytest

from engine import downloads
from engine.downloads import Cancelled, RemoteFile, fetch
from engine.errors import DownloadError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CONTENT = np.random.default_rng(0).bytes(1_000_000)
HALF = len(CONTENT) // 2


class Server(ThreadingHTTPServer):
    """Serves CONTENT under every path; what goes wrong is set by the test, for the path /good/ nothing does."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked: list[tuple[str, str | None]] = []
        self.breaks_after: list[int] = []  # bytes after which each of the next answers breaks off
        self.stalls = self.ignores_ranges = False
        self.states_length = len(CONTENT)
        self.sends = CONTENT
        self.status = 200
        self.pause = 0.0


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        s, good = self.server, self.path.startswith("/good/")
        asked = self.headers.get("Range")
        s.asked.append((self.path, asked))
        if s.status != 200 and not good:
            self.send_error(s.status)
            return
        content = CONTENT if good else s.sends
        start = 0 if asked is None or s.ignores_ranges else int(asked.removeprefix("bytes=").rstrip("-"))
        if start >= len(content):
            self.send_error(416)
            return
        total = len(CONTENT) if good else s.states_length
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(total - start))
        if start:
            self.send_header("Content-Range", f"bytes {start}-{total - 1}/{total}")
        self.end_headers()
        end = len(content) if good or not s.breaks_after else start + s.breaks_after.pop(0)
        for first in range(start, min(end, len(content)), 50_000):
            self.wfile.write(content[first : min(first + 50_000, end)])
            time.sleep(s.pause)
        if s.stalls and not good:
            time.sleep(2)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as one:
        thread = threading.Thread(target=one.serve_forever, args=(0.02,))
        thread.start()
        yield one
        one.shutdown()
        thread.join()


def remote(server: Server, *paths: str) -> RemoteFile:
    urls = tuple(f"http://127.0.0.1:{server.server_port}/{path}/file" for path in paths or ("a",))
    return RemoteFile("file.bin", urls, len(CONTENT), hashlib.sha256(CONTENT).hexdigest())


def test_a_file_comes_once_and_says_how_far_it_is(server: Server, tmp_path: Path) -> None:
    told: list[tuple[int, int | None]] = []
    for _ in range(2):
        path = fetch(remote(server), tmp_path / "deep", lambda *now: told.append(now))
        assert path.read_bytes() == CONTENT
    assert len(server.asked) == 1
    assert [p.name for p in path.parent.iterdir()] == ["file.bin"]
    assert told == sorted(told)
    assert told[-1] == (len(CONTENT), len(CONTENT))


def test_a_broken_connection_goes_on_where_it_broke(server: Server, tmp_path: Path) -> None:
    server.breaks_after = [400_000, 300_000]
    assert fetch(remote(server), tmp_path).read_bytes() == CONTENT
    starts = [0 if asked is None else int(asked[6:-1]) for _, asked in server.asked]
    assert len(starts) == 3
    assert starts == sorted(starts)
    assert starts[1] > 300_000
    assert starts[2] > 600_000


def test_one_that_always_breaks_at_once_is_given_up_and_nothing_counts(server: Server, tmp_path: Path) -> None:
    server.breaks_after = [0] * 20
    with pytest.raises(DownloadError, match=r"file.bin could not be fetched \(the connection to 127.0.0.1 broke\)"):
        fetch(remote(server), tmp_path)
    assert len(server.asked) == downloads.FRUITLESS_TRIES
    assert not (tmp_path / "file.bin").exists()


def test_what_has_arrived_is_kept_for_the_next_call(server: Server, tmp_path: Path) -> None:
    server.breaks_after = [HALF, 0, 0, 0]
    with pytest.raises(DownloadError, match="what has arrived is kept"):
        fetch(remote(server), tmp_path)
    there = (tmp_path / "file.bin.part").stat().st_size
    assert 400_000 < there <= HALF
    assert fetch(remote(server), tmp_path).read_bytes() == CONTENT
    assert server.asked[-1][1] == f"bytes={there}-"


def test_a_server_that_stalls_counts_as_broken(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(downloads, "PATIENCE", (1.0, 0.3))
    server.stalls = True
    server.breaks_after = [HALF]
    assert fetch(remote(server, "a", "good"), tmp_path).read_bytes() == CONTENT
    assert [path for path, _ in server.asked] == ["/a/file", "/good/file"]
    assert server.asked[1][1] is not None


def test_a_server_without_ranges_begins_again(server: Server, tmp_path: Path) -> None:
    server.ignores_ranges = True
    (tmp_path / "file.bin.part").write_bytes(b"x" * 1000)
    assert fetch(remote(server), tmp_path).read_bytes() == CONTENT


@pytest.mark.parametrize("lie", [len(CONTENT) + 7, HALF])
@pytest.mark.parametrize("known", [True, False])
def test_a_wrong_length_never_counts(server: Server, tmp_path: Path, lie: int, known: bool) -> None:
    """Too long: the connection ends early. Too short: the checksum is that of half a file."""
    server.states_length = lie
    file = remote(server) if known else replace(remote(server), size=None)
    with pytest.raises(DownloadError):
        fetch(file, tmp_path)
    assert not (tmp_path / "file.bin").exists()
    server.states_length = len(CONTENT)
    assert fetch(file, tmp_path).read_bytes() == CONTENT


def test_another_content_is_removed_and_the_next_mirror_asked(server: Server, tmp_path: Path) -> None:
    server.sends = bytes(len(CONTENT))
    with pytest.raises(DownloadError, match="file.bin arrived damaged and was removed .its checksum is another"):
        fetch(remote(server), tmp_path)
    assert list(tmp_path.iterdir()) == []
    assert len(server.asked) == 1, "a damaged file is not fetched again and again"
    assert fetch(remote(server, "a", "good"), tmp_path).read_bytes() == CONTENT


@pytest.mark.parametrize("status", [404, 500, 503])
def test_a_mirror_that_refuses(server: Server, tmp_path: Path, status: int) -> None:
    server.status = status
    with pytest.raises(DownloadError, match=f"127.0.0.1 answers {status}"):
        fetch(remote(server), tmp_path)
    assert fetch(remote(server, "a", "good"), tmp_path).read_bytes() == CONTENT


def test_nobody_there(tmp_path: Path) -> None:
    with pytest.raises(DownloadError, match="no connection to 127.0.0.1"):
        fetch(RemoteFile("x", ("http://127.0.0.1:9/x",)), tmp_path)


def test_more_than_the_whole_is_thrown_away(server: Server, tmp_path: Path) -> None:
    """As when a file was replaced by a shorter one."""
    (tmp_path / "file.bin.part").write_bytes(bytes(len(CONTENT) + 5))
    with pytest.raises(DownloadError, match="damaged"):
        fetch(remote(server), tmp_path)
    assert fetch(remote(server), tmp_path).read_bytes() == CONTENT
    unknown = replace(remote(server), name="other.bin", size=None)
    (tmp_path / "other.bin.part").write_bytes(bytes(len(CONTENT) + 5))
    assert fetch(unknown, tmp_path).read_bytes() == CONTENT


def test_cancelled_and_gone_on_with(server: Server, tmp_path: Path) -> None:
    seen: list[int] = []
    with pytest.raises(Cancelled, match="the next time goes on from there"):
        fetch(remote(server), tmp_path, lambda done, _: seen.append(done), lambda: seen[-1] > 300_000)
    there = (tmp_path / "file.bin.part").stat().st_size
    assert 300_000 < there < HALF
    assert fetch(remote(server), tmp_path).read_bytes() == CONTENT
    assert server.asked[1][1] == f"bytes={there}-"


def test_two_who_ask_share_one_download(server: Server, tmp_path: Path) -> None:
    server.pause = 0.05
    told: list[int] = []
    threads = [
        threading.Thread(target=fetch, args=(remote(server), tmp_path, lambda done, _: told.append(done)))
        for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (tmp_path / "file.bin").read_bytes() == CONTENT
    assert len(server.asked) == 1
    assert len(told) > len(CONTENT) / downloads.CHUNK, "those who wait are told, too"


def test_too_little_room_is_said_before_anything_comes(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(downloads.shutil, "disk_usage", lambda _: type("Usage", (), {"free": 1000}))
    with pytest.raises(DownloadError, match="file.bin needs .* more and 1 kB are free; make room"):
        fetch(remote(server, "a", "b"), tmp_path)
    assert len(server.asked) == 1
    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_fills_up_keeps_what_has_arrived(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(done: int, _: int | None) -> None:
        if done > HALF:
            raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(DownloadError, match="cannot be written .No space left on device.; make room"):
        fetch(remote(server), tmp_path, full)
    assert (tmp_path / "file.bin.part").stat().st_size > 400_000
    assert fetch(remote(server), tmp_path).read_bytes() == CONTENT


def test_a_folder_that_cannot_be_made(server: Server, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(DownloadError, match="cannot be written"):
        fetch(remote(server), tmp_path / "file")
