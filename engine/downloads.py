"""Fetching large files: resumed where they broke off, checked before they count, shared by all who ask for them.

A file grows under the name FILE.part and takes its own name only when its length and its checksum are right, so half a
file is never taken for a whole one, and what has arrived is never fetched twice.
"""

from __future__ import annotations

import contextlib
import hashlib
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from filelock import FileLock, Timeout

from engine.errors import DownloadError, first_line
from engine.memory import bytes_text

if TYPE_CHECKING:
    from requests import Response

# Called with the bytes that are there and the bytes of the whole, None while that is unknown.
Progress = Callable[[int, int | None], None]
CHUNK = 2**16  # bytes; what is lost of a connection that breaks
# Seconds for a connection, and for the next bytes: a server that stalls longer counts as broken off.
PATIENCE = (10.0, 30.0)
# A connection that brings at least one more byte is worth another try; so many in a row that bring none are not.
FRUITLESS_TRIES = 3


class Cancelled(DownloadError):
    """The one who asked for a file no longer wants it; what has arrived is kept."""


class Damaged(DownloadError):
    """A file that arrived whole and is not the one that we know."""


class NoRoom(DownloadError):
    """The disk is too small; another mirror would not help."""


@dataclass(frozen=True)
class RemoteFile:
    """A file that can be fetched.

    name    what it is called once it is here
    urls    where it is; each is tried in turn
    size    bytes, when known
    sha256  checksum in hexadecimal, when known
    """

    name: str
    urls: tuple[str, ...]
    size: int | None = None
    sha256: str | None = None


def fetch(
    file: RemoteFile, folder: Path, progress: Progress | None = None, stop: Callable[[], bool] = lambda: False
) -> Path:
    """Fetch a file into a folder unless it is there; returns its path.

    progress  told how far it is, often
    stop      asked as often; a true answer ends it, and the next call goes on from there

    Whoever asks for a file that somebody else is fetching, in this process or another, waits and gets the same one.

    Raises DownloadError when no mirror gives the file, it is not what it should be, or the disk is too small; Cancelled
    when stopped.
    """
    tell = progress or (lambda done, total: None)
    target, part = folder / file.name, folder / f"{file.name}.part"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with alone(target, progress, stop):
            if not target.exists():
                _fetch_from_mirrors(file, part, tell, stop)
                part.replace(target)
    except DownloadError:
        raise
    except OSError as e:
        raise DownloadError(f"{target} cannot be written ({e.strerror or e}); make room, or use another folder.") from e
    return target


@contextlib.contextmanager
def alone(what: Path, progress: Progress | None = None, stop: Callable[[], bool] = lambda: False) -> Iterator[None]:
    """Nobody else on this machine makes `what` inside the block; while somebody does, tell how far they are.

    Raises Cancelled when stopped while waiting.
    """
    # Not beside the file: whoever looks into the folder should find what was fetched and nothing else.
    name = hashlib.sha256(str(what.absolute()).encode()).hexdigest()[:24]
    lock = FileLock(Path(tempfile.gettempdir()) / f"glassbox-{name}.lock")
    while True:
        try:
            lock.acquire(timeout=0.2)
            break
        except Timeout:
            if stop():
                raise Cancelled(f"waiting for {what.name} was given up.") from None
            if progress:
                progress(arrived(what), None)
    try:
        yield
    finally:
        lock.release()


def arrived(what: Path) -> int:
    """Bytes of a file, or of all files in a folder, that are here as yet."""
    part = what.with_name(f"{what.name}.part")
    with contextlib.suppress(OSError):
        return sum(file.stat().st_size for file in part.iterdir()) if part.is_dir() else part.stat().st_size
    return 0


def _fetch_from_mirrors(file: RemoteFile, part: Path, tell: Progress, stop: Callable[[], bool]) -> None:
    """Try the mirrors in turn until the file is whole and right."""
    failed: list[DownloadError] = []
    fruitless = 0
    while fruitless < FRUITLESS_TRIES:
        before = _size(part)
        for url in file.urls:
            try:
                _append(file, url, part, tell, stop)
                _check(file, part)
                return
            except (Cancelled, NoRoom):
                raise
            except DownloadError as e:
                failed.append(e)
        if all(isinstance(e, Damaged) for e in failed[-len(file.urls) :]):
            raise Damaged(f"{file.name} arrived damaged and was removed ({failed[-1]}); download it again.")
        fruitless = 0 if _size(part) > before else fruitless + 1
        time.sleep(0.2 * fruitless)
    raise DownloadError(
        f"{file.name} could not be fetched ({failed[-1]}); check the network and try again: what has arrived is kept."
    )


def _append(file: RemoteFile, url: str, part: Path, tell: Progress, stop: Callable[[], bool]) -> None:
    """Ask for what is missing and add what comes."""
    import requests

    there, host = _size(part), urlsplit(url).hostname
    if file.size is not None and there >= file.size:
        return
    headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={there}-"} if there else {})
    try:
        with requests.get(url, headers=headers, stream=True, timeout=PATIENCE) as response:
            if response.status_code == 416:
                part.unlink()
                raise DownloadError(f"{host} has a shorter file than what is here; it was removed")
            response.raise_for_status()
            there, total = _resumed(response, there)
            if file.size is not None and total is not None and total != file.size:
                raise DownloadError(f"{host} offers {total:,} bytes and the file has {file.size:,}")
            _make_sure_of_room(part, (file.size or total or 0) - there)
            with part.open("ab" if there else "wb") as out:
                for chunk in response.iter_content(CHUNK):
                    out.write(chunk)
                    there += len(chunk)
                    tell(there, file.size or total)
                    if stop():
                        raise Cancelled(f"fetching {file.name} was stopped; the next time goes on from there.")
            if total is not None and there != total:
                raise DownloadError(f"{host} broke off after {there:,} of {total:,} bytes")
    except requests.RequestException as e:
        raise DownloadError(_reason(e, host)) from e


def _resumed(response: Response, there: int) -> tuple[int, int | None]:
    """Where the answer goes on, and the length of the whole as the server states it."""
    length = response.headers.get("Content-Length")
    stated = int(length) if length and length.isdecimal() else None
    if response.status_code != 206:
        return 0, stated
    span, _, total = response.headers.get("Content-Range", "").removeprefix("bytes ").partition("/")
    if span.partition("-")[0] != str(there):
        return 0, None  # another part than was asked for: begin again
    return there, int(total) if total.isdecimal() else None


def _make_sure_of_room(part: Path, more: int) -> None:
    free = shutil.disk_usage(part.parent).free
    if free < more:
        raise NoRoom(
            f"{part.name.removesuffix('.part')} needs {bytes_text(more)} more and {bytes_text(free)} are free; "
            "make room and try again: what has arrived is kept."
        )


def _check(file: RemoteFile, part: Path) -> None:
    """Length and checksum; what is wrong is removed, because nobody knows where it goes wrong."""
    if file.size is not None and part.stat().st_size != file.size:
        found = part.stat().st_size
        part.unlink()
        raise Damaged(f"it has {found:,} bytes and should have {file.size:,}")
    if file.sha256 is not None and sha256_of(part) != file.sha256:
        part.unlink()
        raise Damaged("its checksum is another")


def sha256_of(path: Path) -> str:
    """A file's checksum, in hexadecimal."""
    with path.open("rb") as f:
        return hashlib.file_digest(f, "sha256").hexdigest()


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _reason(error: Exception, host: str | None) -> str:
    """What went wrong, in a few words instead of a library's chain of causes."""
    import requests

    if isinstance(error, requests.HTTPError) and error.response is not None:
        return f"{host} answers {error.response.status_code}"
    if isinstance(error, requests.Timeout):
        return f"{host} gives no answer in time"
    if isinstance(error, requests.exceptions.ChunkedEncodingError):
        return f"the connection to {host} broke"
    if isinstance(error, requests.ConnectionError):
        return f"no connection to {host}"
    return first_line(error)
