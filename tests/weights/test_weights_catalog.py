"""Downloading GPT-2 from a hub on this machine: whole or not installed, and quick to say why not."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from engine.config import GPT2_SIZES
from engine.errors import DownloadError, InputError, WeightsError
from engine.weights import catalog
from engine.weights.catalog import (
    RELEASES,
    download,
    downloads_folder,
    find_release,
    installed_folder,
    is_installed,
)
from tests.hub import FILES, Hub, point_to, running_hub

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SMALL = replace(RELEASES[0], sha256=None)  # the hub of these tests has other weights


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Hub]:
    monkeypatch.setenv("GLASSBOX_DOWNLOADS", str(tmp_path / "downloads"))
    with running_hub(SMALL.repo) as one:
        point_to(monkeypatch, one.server_port)
        yield one


def test_a_release_is_fetched_and_installed(hub: Hub) -> None:
    assert not is_installed(SMALL)
    folder = download(SMALL)
    assert folder == downloads_folder() / "124M"
    assert {name: (folder / name).read_bytes() for name in FILES} == FILES
    assert is_installed(SMALL)
    assert installed_folder(SMALL) == folder
    hub.status = 500
    assert download(SMALL) == folder, "an installed release asks nobody"


def test_progress_is_over_all_files_together(hub: Hub) -> None:
    told: list[tuple[int, int | None]] = []
    download(SMALL, lambda done, total: told.append((done, total)))
    whole = sum(map(len, FILES.values()))
    assert {total for _, total in told} == {whole}
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert told[-1][0] == whole


def test_a_broken_connection_does_not_count_as_installed(hub: Hub, monkeypatch) -> None:
    from huggingface_hub import file_download

    monkeypatch.setattr(file_download.time, "sleep", lambda _: None, raising=False)
    hub.cut.add("model.safetensors")
    with pytest.raises(DownloadError, match="model.safetensors could not be fetched"):
        download(SMALL)
    assert not is_installed(SMALL)
    with pytest.raises(WeightsError, match="is not installed; run `python -m engine download 124M`"):
        installed_folder(SMALL)
    hub.cut.clear()
    folder = download(SMALL)
    assert (folder / "model.safetensors").read_bytes() == FILES["model.safetensors"]


def test_a_file_with_another_checksum_is_removed(hub: Hub) -> None:
    hub.wrong.add("model.safetensors")
    with pytest.raises(DownloadError, match="model.safetensors arrived damaged and was removed"):
        download(SMALL)
    assert not is_installed(SMALL)
    assert not list(downloads_folder().rglob("model.safetensors"))
    hub.wrong.clear()
    download(SMALL)
    assert is_installed(SMALL)


@pytest.mark.parametrize("status", [401, 404, 500, 503])
def test_a_hub_that_refuses_is_a_sentence(hub: Hub, status: int) -> None:
    hub.status = status
    sentence = r"^config.json of .* could not be fetched \(.*; check the network"
    with pytest.raises(DownloadError, match=sentence) as caught:
        download(SMALL)
    assert str(status) in str(caught.value)
    assert not is_installed(SMALL)


def test_no_network_is_said_at_once(hub: Hub, monkeypatch) -> None:
    """The library would try again for half a minute before it gave up."""
    point_to(monkeypatch, 9)
    began = time.perf_counter()
    with pytest.raises(DownloadError, match="could not be fetched .*; check the network and try again"):
        download(SMALL)
    assert time.perf_counter() - began < 5


def test_too_little_room_is_said_before_anything_is_fetched(hub: Hub, monkeypatch) -> None:
    monkeypatch.setattr(catalog.shutil, "disk_usage", lambda _: type("Usage", (), {"free": 400_000_000}))
    with pytest.raises(DownloadError, match=r"gpt2-small \(124M\) needs 5.. MB and 400 MB are free; make room"):
        download(SMALL)


def test_a_folder_that_cannot_be_made(monkeypatch, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("GLASSBOX_DOWNLOADS", str(tmp_path / "file"))
    with pytest.raises(DownloadError, match="cannot be made .*; set GLASSBOX_DOWNLOADS to another"):
        download(SMALL)


def test_a_folder_with_one_of_its_files_is_not_installed(hub: Hub) -> None:
    folder = downloads_folder() / "124M"
    folder.mkdir(parents=True)
    (folder / "config.json").write_bytes(b"old")
    assert not is_installed(SMALL)
    assert (download(SMALL) / "config.json").read_bytes() == FILES["config.json"]


def test_the_four_sizes_and_their_names() -> None:
    assert [release.name for release in RELEASES] == list(GPT2_SIZES)
    for release in RELEASES:
        assert release.size in release.name
        for name in (release.name, release.size, release.repo, release.repo.split("/")[1]):
            assert find_release(name) is release
    assert [round(release.download_bytes / 1e9, 1) for release in RELEASES] == [0.5, 1.4, 3.1, 6.2]
    with pytest.raises(InputError, match="no GPT-2 called '125M'; choose one of 124M, 355M, 774M, 1558M"):
        find_release("125M")
