"""The GPT-2 sizes that can be had, which are installed, and how to get one."""

from __future__ import annotations

import hashlib
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from engine.config import GPT2_SIZES, parameter_count
from engine.errors import DownloadError, InputError, WeightsError

ROOT = Path(__file__).resolve().parents[2]
FILES = ("config.json", "model.safetensors")


@dataclass(frozen=True)
class Release:
    """A published GPT-2.

    name  the notes' name, such as "gpt2-small (124M)"
    size  what people call it, such as "124M"
    repo  where Hugging Face has it
    """

    name: str
    size: str
    repo: str

    @property
    def download_bytes(self) -> int:
        """About what will be fetched: four bytes a parameter."""
        return 4 * parameter_count(GPT2_SIZES[self.name])


RELEASES = (
    Release("gpt2-small (124M)", "124M", "openai-community/gpt2"),
    Release("gpt2-medium (355M)", "355M", "openai-community/gpt2-medium"),
    Release("gpt2-large (774M)", "774M", "openai-community/gpt2-large"),
    Release("gpt2-xl (1558M)", "1558M", "openai-community/gpt2-xl"),
)


def downloads_folder() -> Path:
    """Where downloads go: GLASSBOX_DOWNLOADS, or the folder downloads of the project."""
    return Path(os.environ.get("GLASSBOX_DOWNLOADS", ROOT / "downloads"))


def find_size(name: str) -> Release:
    """The release with this name or size.

    Raises InputError when there is none.
    """
    for release in RELEASES:
        if name in (release.name, release.size, release.repo, release.repo.split("/")[-1]):
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
            f"({release.download_bytes / 1e9:.1f} GB) and try again."
        )
    return downloads_folder() / release.size


def download(release: Release) -> Path:
    """Fetch a release with huggingface_hub, which shows its progress and resumes; returns its folder.

    The files come into a folder of another name, are compared with the checksum that the server states, and only
    then take their place, so that half a model never counts as installed.

    Raises DownloadError when there is no network, no space, or a file is not what it should be.
    """
    target = downloads_folder() / release.size
    if is_installed(release):
        return target
    part = target.with_name(f"{release.size}.part")
    try:
        part.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(part).free
    except OSError as e:
        raise DownloadError(
            f"the folder {part} cannot be made ({e.strerror}); set GLASSBOX_DOWNLOADS to another."
        ) from e
    if free < 1.1 * release.download_bytes:
        raise DownloadError(
            f"{release.name} needs {release.download_bytes / 1e9:.1f} GB and {free / 1e9:.1f} GB are free; make room."
        )
    for file in FILES:
        _fetch(release, file, part)
    if target.exists():
        shutil.rmtree(target)
    part.rename(target)
    return target


def _fetch(release: Release, file: str, folder: Path) -> None:
    from huggingface_hub import get_hf_file_metadata, hf_hub_download, hf_hub_url

    try:
        # Asked first because it fails at once without a network, where the download would try for half a minute.
        etag = get_hf_file_metadata(hf_hub_url(release.repo, file)).etag
        hf_hub_download(release.repo, file, local_dir=folder)
    except Exception as e:  # the hub raises many kinds, from several libraries below it
        reason = (str(e).strip() or type(e).__name__).splitlines()[0]
        raise DownloadError(
            f"{file} of {release.name} could not be fetched ({reason.rstrip('.')}); check the network and try again: "
            "what has arrived is kept."
        ) from e
    # For large files the server's etag is their sha256; for small ones it is git's hash, of another length.
    if etag and len(etag) == 64 and sha256_of(folder / file) != etag:
        (folder / file).unlink()
        raise DownloadError(f"{file} of {release.name} arrived damaged and was removed; download it again.")


def sha256_of(path: Path) -> str:
    """The file's checksum, in hexadecimal."""
    with path.open("rb") as f:
        return hashlib.file_digest(f, "sha256").hexdigest()
