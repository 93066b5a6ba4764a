"""Public data sets: fetched from a server on this machine, checked, and never half there."""

from __future__ import annotations

import contextlib
import hashlib
import io
import re
import threading
import zipfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from engine.datasets import catalog
from engine.datasets.catalog import PUBLIC_DATA, PublicData, download_data, find_data
from engine.errors import DownloadError, InputError

if TYPE_CHECKING:
    from collections.abc import Iterator

SHARED = Path(__file__).resolve().parents[3] / "shared" / "datasets"
CONTENT = b"label\ttext\nham\thello\n"


def zipped(name: str, content: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(name, content)
        archive.writestr("readme", b"not wanted")
    return packed.getvalue()


class Server(ThreadingHTTPServer):
    """Serves `files`; a file in `cut` is promised whole and ends after half."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.files: dict[str, bytes] = {}
        self.cut: set[str] = set()
        self.asked: list[str] = []


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        name = self.path.lstrip("/")
        self.server.asked.append(name)
        if name not in self.server.files:
            self.send_error(404)
            return
        content = self.server.files[name]
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content[: len(content) // 2] if name in self.server.cut else content)

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


def data_at(server: Server, name: str, member: str | None = None) -> PublicData:
    url = f"http://127.0.0.1:{server.server_port}/{name}"
    return PublicData("tiny", "tiny.tsv", url, member, len(CONTENT), hashlib.sha256(CONTENT).hexdigest(), "CC0")


def listing(folder: Path) -> list[str]:
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*"))


@pytest.mark.parametrize("member", [None, "Tiny"])
def test_a_file_is_fetched_once(server: Server, tmp_path: Path, member: str | None) -> None:
    server.files["it"] = zipped(member, CONTENT) if member else CONTENT
    data = data_at(server, "it", member)
    for _ in range(2):
        assert download_data(data, tmp_path / "deep" / "sets").read_bytes() == CONTENT
    assert server.asked == ["it"]
    assert listing(tmp_path / "deep" / "sets") == ["tiny.tsv"], "no archive is left behind"


def test_two_who_ask_at_once_get_the_same_file(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both could have the archive before the first has unpacked and deleted it."""
    server.files["it"] = zipped("Tiny", CONTENT)
    both, fetch = threading.Barrier(2), catalog.fetch

    def fetch_and_wait(*args: object) -> Path:
        found = fetch(*args)
        with contextlib.suppress(threading.BrokenBarrierError):
            both.wait(0.3)
        return found

    monkeypatch.setattr(catalog, "fetch", fetch_and_wait)
    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(lambda _: download_data(data_at(server, "it", "Tiny"), tmp_path), range(2)))
    assert [path.read_bytes() for path in found] == [CONTENT] * 2


@pytest.mark.parametrize("member", [None, "Tiny"])
def test_a_broken_connection_leaves_nothing_that_counts(server: Server, tmp_path: Path, member: str | None) -> None:
    server.files["it"] = zipped(member, CONTENT) if member else CONTENT
    server.cut.add("it")
    data = data_at(server, "it", member)
    with pytest.raises(DownloadError, match="tiny.(tsv|zip) could not be fetched .*; check the network and try again"):
        download_data(data, tmp_path)
    assert "tiny.tsv" not in listing(tmp_path)
    server.cut.clear()
    assert download_data(data, tmp_path).read_bytes() == CONTENT


@pytest.mark.parametrize("member", [None, "Tiny"])
def test_an_error_page_in_place_of_the_file_is_forgotten(server: Server, tmp_path: Path, member: str | None) -> None:
    """Some servers say 200 and send a page of apology; the next try must ask again."""
    server.files["it"] = b"<html>We are down for maintenance</html>"
    data = data_at(server, "it", member)
    with pytest.raises(DownloadError):
        download_data(data, tmp_path)
    assert not (tmp_path / "tiny.tsv").exists()
    server.files["it"] = zipped(member, CONTENT) if member else CONTENT
    assert download_data(data, tmp_path).read_bytes() == CONTENT


def test_other_content_is_not_kept(server: Server, tmp_path: Path) -> None:
    server.files["it"] = zipped("Tiny", CONTENT + b"and more")
    with pytest.raises(DownloadError, match="tiny is no longer the file that we know; nothing was kept"):
        download_data(data_at(server, "it", "Tiny"), tmp_path)
    assert listing(tmp_path) == []


def test_an_archive_without_the_file(server: Server, tmp_path: Path) -> None:
    server.files["it"] = zipped("Other", CONTENT)
    with pytest.raises(DownloadError, match="tiny arrived damaged and was removed"):
        download_data(data_at(server, "it", "Tiny"), tmp_path)
    assert listing(tmp_path) == []


@pytest.mark.parametrize("member", [None, "Tiny"])
def test_half_a_file_from_before_is_replaced(server: Server, tmp_path: Path, member: str | None) -> None:
    (tmp_path / "tiny.tsv").write_bytes(CONTENT[:9])
    server.files["it"] = zipped(member, CONTENT) if member else CONTENT
    assert download_data(data_at(server, "it", member), tmp_path).read_bytes() == CONTENT


def test_nobody_answers(server: Server, tmp_path: Path) -> None:
    data = data_at(server, "nothing here")
    with pytest.raises(DownloadError, match="404"):
        download_data(data, tmp_path)
    with pytest.raises(DownloadError, match=r"^tiny.tsv could not be fetched \(no connection"):
        download_data(replace(data, url="http://127.0.0.1:9/it"), tmp_path)
    assert listing(tmp_path) == []


def test_a_folder_that_cannot_be_made(server: Server, tmp_path: Path) -> None:
    server.files["it"] = CONTENT
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(DownloadError, match="tiny.tsv cannot be written"):
        download_data(data_at(server, "it"), tmp_path / "file")


def test_names_of_data_sets() -> None:
    assert find_data("the-verdict") is PUBLIC_DATA[0]
    with pytest.raises(
        InputError, match="no data set 'verdict'; choose one of the-verdict, sms-spam, instruction-data"
    ):
        find_data("verdict")


@pytest.mark.parametrize("data", PUBLIC_DATA, ids=lambda data: data.name)
def test_entries_are_complete(data: PublicData) -> None:
    """The real copies, where they are at hand, are what the catalogue says they are."""
    assert data.url.startswith("https://")
    assert data.licence
    assert re.fullmatch("[0-9a-f]{64}", data.sha256)
    copy = SHARED / data.file
    if not copy.exists():
        pytest.skip(f"needs {data.file} in ../shared/datasets")
    assert copy.stat().st_size == data.size
    assert hashlib.sha256(copy.read_bytes()).hexdigest() == data.sha256
