"""Models and machine: fetched by a button from a hub on this machine, cancelled, resumed, deleted; errors in place."""

from __future__ import annotations

import re
import shutil
import time
from typing import TYPE_CHECKING

import pytest

from engine.config import POCKET_CONFIG
from engine.machine import facts
from engine.memory import bytes_text, mask_bytes, weight_bytes
from engine.weights.catalog import downloads_folder, is_installed
from tests.hub import FILES, MEDIUM, Hub, point_to, running_hub
from tests.ui.helpers import open_page, words
from ui import downloads, models
from ui.lessons.models_and_machine import items

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from streamlit.testing.v1 import AppTest


@pytest.fixture(autouse=True)
def own_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """Downloads of each test go to a folder of its own, and none runs on after it."""
    monkeypatch.setenv("GLASSBOX_DOWNLOADS", str(tmp_path / "downloads"))
    yield
    for name in downloads.running():
        downloads.cancel(name)
    until(lambda: not downloads.running())
    for item in (*items.models(), *items.data_sets()):
        downloads.forget(item.name)


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, own_folder: None) -> Iterator[Hub]:
    with running_hub() as one:
        point_to(monkeypatch, one.server_port)
        yield one


def until(true) -> None:
    give_up = time.monotonic() + 60
    while not true():
        assert time.monotonic() < give_up
        time.sleep(0.02)


def click(app: AppTest, key: str) -> AppTest:
    app.button(key=key).click().run()
    assert not app.exception
    return app


def finish(app: AppTest) -> AppTest:
    """The page once nothing is fetched any more."""
    until(lambda: not downloads.running())
    app.run()
    assert not app.exception
    return app


def keys(app: AppTest) -> set[str]:
    return {str(button.key) for button in app.button}


def test_it_lists_what_there_is_with_size_source_and_licence() -> None:
    app = open_page("models_and_machine")
    assert not app.exception
    said = words(app)
    for item in (*items.models(), *items.data_sets()):
        assert item.title in said
        assert item.about in said
        assert (f"get-{item.name}" in keys(app)) == (item.here is None)
    assert "498 MB to fetch" in said
    assert "1,557,611,200 parameters" in said


def test_the_machine_is_described_as_by_the_command_line() -> None:
    said = words(open_page("models_and_machine")).replace("\\", "")
    for about, fact in facts(downloads_folder()).items():
        assert about in said
        if about != "Memory":  # that changes from one moment to the next
            assert fact in said


def test_a_model_is_fetched_and_deleted_again(hub: Hub) -> None:
    app = open_page("models_and_machine", {"model": MEDIUM.name})
    assert "so the pocket model answers" in app.sidebar.caption[0].value
    finish(click(app, f"get-{MEDIUM.name}"))
    folder = downloads_folder() / "355M"
    assert {name: (folder / name).read_bytes() for name in FILES} == FILES
    assert f":material/check_circle: {bytes_text(sum(map(len, FILES.values())))}" in words(app)
    assert "354,823,168 parameters" in app.sidebar.caption[0].value
    assert f"get-{MEDIUM.name}" not in keys(app)
    click(app, f"delete-{MEDIUM.name}")
    assert not folder.exists()
    assert f"get-{MEDIUM.name}" in keys(app)


def test_two_visitors_share_one_and_cancelling_keeps_what_arrived(hub: Hub) -> None:
    hub.hold.set()
    first = click(open_page("models_and_machine"), f"get-{MEDIUM.name}")
    half = len(FILES["model.safetensors"]) // 2
    until(lambda: downloads.find(MEDIUM.name).done >= half - 2**16)
    second = open_page("models_and_machine")
    for app in (first.run(), second):
        assert f"cancel-{MEDIUM.name}" in keys(app)
        assert f"get-{MEDIUM.name}" not in keys(app)
        (bar,) = app.get("progress")
        assert re.search(r"\d\d\d kB of 1.05 MB", bar.proto.text)
        assert bar.proto.value in range(40, 55)
    click(second, f"cancel-{MEDIUM.name}")
    hub.hold.clear()
    finish(first)
    assert not is_installed(MEDIUM)
    assert not first.error
    assert len(hub.starts) == 1, "one download for both"
    assert first.button(key=f"get-{MEDIUM.name}").label == "Resume"
    finish(click(first, f"get-{MEDIUM.name}"))
    assert is_installed(MEDIUM)
    assert hub.starts[1] >= half - 2**16, "the rest, not all of it again"
    assert (downloads_folder() / "355M" / "model.safetensors").read_bytes() == FILES["model.safetensors"]


def test_half_a_download_of_an_earlier_server_is_offered_and_can_be_discarded() -> None:
    part = downloads_folder() / "124M.part"
    part.mkdir(parents=True)
    (part / "model.safetensors.part").write_bytes(bytes(1_500_000))
    app = open_page("models_and_machine")
    assert "1.5 MB of 498 MB here" in words(app)
    assert app.button(key="get-gpt2-small (124M)").label == "Resume"
    click(app, "delete-gpt2-small (124M)")
    assert not part.exists()
    assert app.button(key="get-gpt2-small (124M)").label == "Download"


def test_a_damaged_file_is_a_sentence_and_not_installed(hub: Hub) -> None:
    hub.wrong.add("model.safetensors")
    app = finish(click(open_page("models_and_machine"), f"get-{MEDIUM.name}"))
    assert "arrived damaged and was removed" in app.error[0].value.replace("\\", "")
    assert not is_installed(MEDIUM)
    hub.wrong.clear()
    finish(click(app, f"get-{MEDIUM.name}"))
    assert not app.error
    assert is_installed(MEDIUM)


def test_no_network_offline_and_a_full_disk_are_sentences(monkeypatch) -> None:
    app = finish(click(open_page("models_and_machine"), f"get-{MEDIUM.name}"))
    assert "HF_HUB_OFFLINE is set" in app.error[0].value.replace("\\", "")
    point_to(monkeypatch, 9)
    finish(click(app, f"get-{MEDIUM.name}"))
    assert "check the network and try again" in app.error[0].value
    finish(click(app, "get-the-verdict"))
    assert "The-verdict.txt could not be fetched" in app.error[1].value.replace("\\", "")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: type("Usage", (), {"free": 10**9, "total": 10**10}))
    finish(click(app, f"get-{MEDIUM.name}"))
    assert "needs 1.49 GB and 1 GB are free; make room" in app.error[0].value.replace("\\", "")
    assert app.error[0].value.count("needs") == 1


def test_a_data_set_that_is_there_can_be_deleted() -> None:
    data = items.PUBLIC_DATA[0]
    folder = downloads_folder() / "datasets"
    folder.mkdir(parents=True)
    (folder / data.file).write_bytes(bytes(data.size))
    app = open_page("models_and_machine")
    assert f"get-{data.name}" not in keys(app)
    click(app, f"delete-{data.name}")
    assert not (folder / data.file).exists()
    assert f"get-{data.name}" in keys(app)


def test_loaded_models_are_listed_with_their_bytes_and_released() -> None:
    for name in list(models.in_memory()):  # what the tests before this one left
        models.release(name)
    models.load(models.POCKET)
    app = open_page("models_and_machine")
    held = weight_bytes(POCKET_CONFIG) + mask_bytes(POCKET_CONFIG)
    assert models.in_memory()[models.POCKET] == held
    assert f"**Pocket \\(our own\\)**  \n{bytes_text(held)}" in [m.value for m in app.markdown if "MB" in m.value]
    click(app, "release-pocket")
    assert models.in_memory() == {}
    assert "No model: the first page that needs one loads it." in words(app)
