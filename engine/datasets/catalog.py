"""Public data sets that the product fetches when asked: where, how large, which checksum, which licence."""

from __future__ import annotations

import hashlib
import zipfile
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.downloads import RemoteFile, alone, fetch, sha256_of
from engine.errors import DownloadError, InputError
from engine.whole_files import write_bytes

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from engine.downloads import Progress


@dataclass(frozen=True)
class PublicData:
    """One public data set.

    file     its file name once fetched
    url      where it is; an archive when member is given
    member   the file's name inside the archive
    size     bytes of the file
    sha256   checksum of the file itself, after unpacking
    licence  under which terms it is published
    """

    name: str
    file: str
    url: str
    member: str | None
    size: int
    sha256: str
    licence: str


PUBLIC_DATA = (
    PublicData(
        "the-verdict",
        "the-verdict.txt",
        "https://raw.githubusercontent.com/rasbt/LLMs-from-scratch/main/ch02/01_main-chapter-code/the-verdict.txt",
        None,
        20_479,
        "b41e41a68f0398a3154ae69e2e4c0e2694e17fe0d66730536837f1b01935b31f",
        "public domain (Edith Wharton, 1908)",
    ),
    PublicData(
        "sms-spam",
        "SMSSpamCollection.tsv",
        "https://archive.ics.uci.edu/static/public/228/sms+spam+collection.zip",
        "SMSSpamCollection",
        477_907,
        "7d039a24a6083ed9ef0f806ebad56bbb976e3aeb8de05669173bfdc4996c239d",
        "CC BY 4.0 (UCI Machine Learning Repository, data set 228)",
    ),
    PublicData(
        "instruction-data",
        "instruction-data.json",
        "https://raw.githubusercontent.com/rasbt/LLMs-from-scratch/main/ch07/01_main-chapter-code/instruction-data.json",
        None,
        203_524,
        "7e09a9af353722ca15c18bc580f093f9c39d3178335a75177319cb1e1d163944",
        "Apache 2.0 (the book's repository)",
    ),
)


def find_data(name: str) -> PublicData:
    """The data set with this name.

    Raises InputError when there is none.
    """
    for data in PUBLIC_DATA:
        if data.name == name:
            return data
    raise InputError(f"there is no data set {name!r}; choose one of {', '.join(d.name for d in PUBLIC_DATA)}.")


def has_data(data: PublicData, folder: Path) -> bool:
    """Whether it is in the folder; its checksum was compared when it came."""
    path = folder / data.file
    return path.is_file() and path.stat().st_size == data.size


def remove_data(data: PublicData, folder: Path) -> None:
    """Delete it, and what has arrived of a broken download; nothing happens when there is nothing.

    Raises DownloadError when it cannot be deleted.
    """
    try:
        for name in (data.file, f"{data.file}.part", f"{data.name}.zip.part"):
            (folder / name).unlink(missing_ok=True)
    except OSError as e:
        raise DownloadError(f"{folder / data.file} cannot be deleted ({e.strerror}); close what uses it.") from e


def download_data(
    data: PublicData, folder: Path, progress: Progress | None = None, stop: Callable[[], bool] = lambda: False
) -> Path:
    """Fetch a data set into folder unless it is there, and check it; returns the file.

    progress, stop  as in engine.downloads.fetch

    Raises DownloadError when there is no network or the file is not the one we know; Cancelled when stopped.
    """
    with alone(folder / f"{data.name}.zip.unpacked", stop=stop):  # two at once would delete each other's archive
        return _download(data, folder, progress, stop)


def _download(data: PublicData, folder: Path, progress: Progress | None, stop: Callable[[], bool]) -> Path:
    path = folder / data.file
    if path.exists() and sha256_of(path) == data.sha256:
        return path
    if path.exists():
        path.unlink()
    if data.member is None:
        return fetch(RemoteFile(data.file, (data.url,), data.size, data.sha256), folder, progress, stop)
    archive = fetch(RemoteFile(f"{data.name}.zip", (data.url,)), folder, progress, stop)
    try:
        with zipfile.ZipFile(archive) as packed, packed.open(data.member) as member:
            content = member.read(data.size + 1)  # no more, whatever the archive says of itself
    except (zipfile.BadZipFile, KeyError, OSError, NotImplementedError, zlib.error, EOFError) as e:
        raise DownloadError(f"{data.name} arrived damaged and was removed; download it again.") from e
    finally:
        archive.unlink()
    if hashlib.sha256(content).hexdigest() != data.sha256:
        raise DownloadError(f"{data.name} is no longer the file that we know; nothing was kept, report it.")
    try:
        write_bytes(path, content)
    except OSError as e:
        raise DownloadError(f"{path} cannot be written ({e.strerror or e}); make room, or use another folder.") from e
    return path
