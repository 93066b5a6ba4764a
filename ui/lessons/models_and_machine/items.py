"""What can be installed: each model and data set with its size, source and licence, and how to get and delete it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from engine.config import GPT2_SIZES, POCKET_CONFIG, parameter_count
from engine.datasets.catalog import PUBLIC_DATA, download_data, has_data, remove_data
from engine.downloads import arrived
from engine.weights.catalog import FILES, RELEASES, ROOT, download, downloads_folder, is_installed, remove
from ui.models import POCKET, model_labels

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from engine.datasets.catalog import PublicData
    from engine.downloads import Progress
    from engine.weights.catalog import Release


DATA = {  # name -> its title, and what it is for
    "the-verdict": ("The Verdict", "a short story, for the lesson Train"),
    "sms-spam": ("SMS Spam Collection", "labelled messages, for A classifier of your own"),
    "instruction-data": ("The book's instructions", "1,100 entries, for Instruction tuning"),
}


@dataclass(frozen=True)
class Item:
    """One thing that is installed or can be.

    about    parameters, source and licence, in words
    size     bytes to fetch
    here     bytes on the disk when it is installed, else None
    partly   bytes that a broken-off download left
    fetch    None when it comes with Glassbox
    """

    name: str
    title: str
    about: str
    size: int
    here: int | None
    partly: int = 0
    fetch: Callable[[Progress, Callable[[], bool]], object] | None = None
    remove: Callable[[], None] | None = None


def models() -> list[Item]:
    """The pocket model and the four GPT-2s."""
    folder = ROOT / "data" / "models" / "pocket"
    here = size_of(folder) if (folder / FILES[1]).exists() else None
    about = f"{parameter_count(POCKET_CONFIG):,} parameters · ships with Glassbox · MIT"
    return [Item(POCKET, model_labels()[POCKET], about, here or 0, here), *map(gpt2, RELEASES)]


def gpt2(release: Release) -> Item:
    """One GPT-2."""
    folder = downloads_folder() / release.size
    parameters = parameter_count(GPT2_SIZES[release.name])
    return Item(
        release.name,
        model_labels()[release.name],
        f"{parameters:,} parameters · {release.repo} on Hugging Face · OpenAI's modified MIT licence",
        release.download_bytes,
        size_of(folder) if is_installed(release) else None,
        arrived(folder),
        lambda progress, stop: download(release, progress, stop),
        lambda: remove(release),
    )


def data_sets() -> list[Item]:
    """The public data sets."""
    return [data_set(data, downloads_folder() / "datasets") for data in PUBLIC_DATA]


def data_set(data: PublicData, folder: Path) -> Item:
    """One public data set."""
    here, (title, purpose) = has_data(data, folder), DATA[data.name]
    return Item(
        data.name,
        title,
        f"{purpose} · {data.file} · {urlsplit(data.url).hostname} · {data.licence}",
        data.size,
        data.size if here else None,
        arrived(folder / data.file) + arrived(folder / f"{data.name}.zip"),
        lambda progress, stop: download_data(data, folder, progress, stop),
        lambda: remove_data(data, folder),
    )


def size_of(folder: Path) -> int:
    """Bytes of a folder's files."""
    return sum(file.stat().st_size for file in folder.iterdir() if file.is_file())
