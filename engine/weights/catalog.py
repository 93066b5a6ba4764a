"""The GPT-2 sizes that can be had, which are installed, and how to get one."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from engine.config import GPT2_SIZES, parameter_count
from engine.downloads import RemoteFile, alone, fetch
from engine.errors import DownloadError, InputError, WeightsError, first_line
from engine.memory import bytes_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.downloads import Progress

ROOT = Path(__file__).resolve().parents[2]
FILES = ("config.json", "model.safetensors")
# Of revision 607a30d of openai-community/gpt2.
GPT2_SHA256 = "248dfc3911869ec493c76e65bf2fcf7f615828b0254c12b473182f0f81d3a707"


@dataclass(frozen=True)
class Release:
    """A published GPT-2.

    name    the notes' name, such as "gpt2-small (124M)"
    size    what people call it, such as "124M"
    repo    where Hugging Face has it
    sha256  checksum of its model.safetensors, where we know it without asking
    """

    name: str
    size: str
    repo: str
    sha256: str | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """All that it is called."""
        return self.name, self.size, self.repo, self.repo.split("/")[-1]

    @property
    def download_bytes(self) -> int:
        """About what will be fetched: four bytes a parameter."""
        return 4 * parameter_count(GPT2_SIZES[self.name])


RELEASES = (
    Release("gpt2-small (124M)", "124M", "openai-community/gpt2", GPT2_SHA256),
    Release("gpt2-medium (355M)", "355M", "openai-community/gpt2-medium"),
    Release("gpt2-large (774M)", "774M", "openai-community/gpt2-large"),
    Release("gpt2-xl (1558M)", "1558M", "openai-community/gpt2-xl"),
)


def downloads_folder() -> Path:
    """Where downloads go: GLASSBOX_DOWNLOADS, or the folder downloads of the project."""
    return Path(os.environ.get("GLASSBOX_DOWNLOADS", ROOT / "downloads"))


def find_release(name: str) -> Release:
    """The release that is called so, by its name, size or place.

    Raises InputError when there is none.
    """
    for release in RELEASES:
        if name in release.names:
            return release
    raise InputError(f"there is no GPT-2 called {name!r}; choose one of {', '.join(r.size for r in RELEASES)}.")


def is_installed(release: Release) -> bool:
    """Whether all of its files are there and whole."""
    folder = downloads_folder() / release.size
    return all((folder / file).exists() for file in FILES)


def installed_folder(release: Release) -> Path:
    """The folder of an installed release.

    Raises WeightsError when it is not installed.
    """
    if not is_installed(release):
        raise WeightsError(
            f"{release.name} is not installed; run `python -m engine download {release.size}` "
            f"({bytes_text(release.download_bytes)}) and try again."
        )
    return downloads_folder() / release.size


def download(release: Release, progress: Progress | None = None, stop: Callable[[], bool] = lambda: False) -> Path:
    """Fetch a release; returns its folder.

    progress, stop  as in engine.downloads.fetch, over all files together

    The files come into a folder of another name that takes its place only when both are whole and right, so that half
    a model never counts as installed. Whoever asks for it meanwhile waits for the same download.

    Raises DownloadError when there is no network, no space, or a file is not what it should be; Cancelled when stopped.
    """
    target = downloads_folder() / release.size
    if is_installed(release):
        return target
    part = target.with_name(f"{release.size}.part")
    _make_sure_of_room(release, part)
    files = remote_files(release)
    with alone(target, progress, stop):
        if not is_installed(release):
            before, sizes = 0, [file.size for file in files]
            whole = None if None in sizes else sum(size or 0 for size in sizes)
            for file in files:
                fetch(file, part, progress and partial(_tell, progress, before, whole), stop)
                before += file.size or 0
            if target.exists():
                shutil.rmtree(target)
            part.rename(target)
    return target


def _tell(progress: Progress, before: int, whole: int | None, done: int, total: int | None) -> None:
    """Pass on how far one file is as how far all are; while their length is unknown, the file's own."""
    progress(before + done, whole or total)


def remove(release: Release) -> None:
    """Delete a release's files, and what has arrived of a broken download; nothing happens when there is nothing.

    Raises WeightsError when they cannot be deleted.
    """
    for folder in (downloads_folder() / release.size, downloads_folder() / f"{release.size}.part"):
        try:
            if folder.exists():
                shutil.rmtree(folder)
        except OSError as e:
            raise WeightsError(f"{folder} cannot be deleted ({e.strerror}); close what uses it and try again.") from e


def _make_sure_of_room(release: Release, part: Path) -> None:
    try:
        part.mkdir(parents=True, exist_ok=True)
        arrived = sum(file.stat().st_size for file in part.iterdir())
        free = shutil.disk_usage(part).free
    except OSError as e:
        raise DownloadError(
            f"the folder {part} cannot be made ({e.strerror}); set GLASSBOX_DOWNLOADS to another."
        ) from e
    needed = 1.05 * release.download_bytes - arrived
    if free < needed:
        raise DownloadError(f"{release.name} needs {bytes_text(needed)} and {bytes_text(free)} are free; make room.")


def mirrors() -> tuple[str, ...]:
    """Addresses of the hub: HF_ENDPOINT or Hugging Face's own, then those in GLASSBOX_MIRRORS, separated by commas."""
    from huggingface_hub import constants

    more = (url.strip().rstrip("/") for url in os.environ.get("GLASSBOX_MIRRORS", "").split(","))
    return (constants.ENDPOINT, *(url for url in more if url))


def remote_files(release: Release) -> list[RemoteFile]:
    """The release's files with their addresses, lengths and checksums, as the first hub that answers states them.

    Raises DownloadError when none answers, or HF_HUB_OFFLINE forbids to ask.
    """
    from huggingface_hub import constants, get_hf_file_metadata, hf_hub_url

    if constants.HF_HUB_OFFLINE:
        raise DownloadError(
            f"HF_HUB_OFFLINE is set, so {release.name} is not fetched; unset it and start again to download."
        )
    found = []
    for name in FILES:
        urls = tuple(hf_hub_url(release.repo, name, endpoint=endpoint) for endpoint in mirrors())
        reason = ""
        for url in urls:
            try:
                about = get_hf_file_metadata(url)
                break
            except Exception as e:  # the hub raises many kinds, from several libraries below it
                reason = reason or first_line(e)
        else:
            raise DownloadError(
                f"{name} of {release.name} could not be fetched ({reason}); check the network and try again: "
                "what has arrived is kept."
            )
        # For large files the server's etag is their sha256; for small ones it is git's hash, of another length.
        known = about.etag if about.etag and len(about.etag) == 64 else None
        pinned = release.sha256 if name == "model.safetensors" else None
        found.append(RemoteFile(name, urls, about.size, pinned or known))
    return found
