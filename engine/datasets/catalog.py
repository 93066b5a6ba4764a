"""Public data sets that the product fetches when asked: where, how large, which checksum, which licence."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

from engine.errors import DownloadError, InputError


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


def download_data(data: PublicData, folder: Path) -> Path:
    """Fetch a data set into folder unless it is there, and check it; returns the file.

    Raises DownloadError when there is no network or the file is not the one we know.
    """
    path = folder / data.file
    if path.exists() and _sha256(path) == data.sha256:
        return path
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(prefix=".", dir=folder) as work:
            fetched = _fetch(data, work)
            if _sha256(fetched) != data.sha256:
                raise DownloadError(f"{data.name} is no longer the file that we know; nothing was kept, report it.")
            fetched.replace(path)
    except DownloadError:
        raise
    except Exception as e:  # pooch passes on whatever requests, urllib3 and zipfile raise
        reason = (str(e).strip() or type(e).__name__).splitlines()[0]
        raise DownloadError(f"{data.name} could not be fetched ({reason}); check the network and try again.") from e
    return path


def _fetch(data: PublicData, work: str) -> Path:
    import pooch
    import requests

    pooch.get_logger().setLevel("WARNING")  # it would tell the name of the temporary folder
    try:
        return _retrieve(data, work)
    except requests.ConnectionError as e:
        raise OSError(f"no connection to {urlsplit(data.url).hostname}") from e


def _retrieve(data: PublicData, work: str) -> Path:
    import pooch

    if data.member is None:
        return Path(pooch.retrieve(data.url, None, fname=data.file, path=work, progressbar=True))
    unpack = pooch.Unzip(members=[data.member])
    (member,) = pooch.retrieve(data.url, None, fname="archive.zip", path=work, processor=unpack, progressbar=True)
    return Path(member)


def _sha256(path: Path) -> str:
    with path.open("rb") as f:
        return hashlib.file_digest(f, "sha256").hexdigest()
