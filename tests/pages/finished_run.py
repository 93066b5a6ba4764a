"""What tests of Train and Runs share: a visitor with a key, and a real finished run of the smallest model."""

from __future__ import annotations

import shutil
import signal
from dataclasses import asdict, replace
from typing import TYPE_CHECKING

import pytest
import torch
from streamlit.testing.v1 import AppTest

from engine.jobs import worker
from engine.jobs.preflight import Machine
from engine.jobs.recipe import Recipe
from engine.jobs.spec import JobSpec, owner_of
from engine.jobs.store import create, locked, set_state
from engine.whole_files import write_json
from ui.catalog import ROOT
from ui.owner import KEY

if TYPE_CHECKING:
    from pathlib import Path

ME, OTHER = "a" * 64, "b" * 64
TEXT = " ".join(f"The cat number {n} sat on mat {n % 7}, and the dog saw it." for n in range(60))
TINY = Recipe(context=8, width=8, layers=1, heads=2, epochs=1, batch_size=8, prompt="The cat sat")
MACHINE = Machine(1e-3, 1e10, 2e10, 1e-9, 1.5, 3.0, 300_000_000, "a machine for tests")


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of one finished run, trained here once."""
    root = tmp_path_factory.mktemp("trained")
    spec = JobSpec("pretrain", "nobody", "cats", TINY.settings(), expected_seconds=9.0, expected_bytes=10**8)
    job = create(root, spec, {"text.txt": TEXT})
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    random, patch = torch.get_rng_state(), pytest.MonkeyPatch()
    patch.setenv("GLASSBOX_DEVICE", "cpu")
    with locked(root):
        set_state(job, status="running", slot=0, started=spec.created)
    worker.main(job.folder)
    patch.undo()
    torch.set_rng_state(random)
    for number, handler in before.items():
        signal.signal(number, handler)
    return job.folder


@pytest.fixture
def runs_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder for runs, on a machine that has been measured."""
    root = tmp_path / "runs"
    root.mkdir()
    write_json(root / "machine.json", asdict(MACHINE))
    (tmp_path / "limits.toml").write_text("at_once = 1\nthreads = 1\n")
    for name, value in (("RUNS", root), ("LIMITS", tmp_path / "limits.toml"), ("DEVICE", "cpu"), ("GPUS", "")):
        monkeypatch.setenv(f"GLASSBOX_{name}", str(value))
    monkeypatch.setenv("GLASSBOX_DOWNLOADS", str(tmp_path / "downloads"))
    return root


def put(trained: Path, root: Path, key: str = ME, title: str = "cats", n: int = 1, **state: object) -> str:
    """A copy of the finished run that belongs to this key; returns its id."""
    from engine.jobs.store import read

    folder = root / f"2026010{n}-120000-{n:08x}"
    shutil.copytree(trained, folder)
    job = read(folder)
    assert job.spec is not None
    spec = replace(job.spec, owner=owner_of(f"browser {key}"), title=title)
    write_json(folder / "spec.json", asdict(spec))
    if state:
        set_state(job, **state)
    return job.id


def open_as(slug: str, query: dict[str, str] | None = None, key: str = ME) -> AppTest:
    """The page as the browser with this key gets it."""
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=180)
    app.session_state[KEY] = key
    app.switch_page(f"pages/{slug}.py")
    for name, value in (query or {}).items():
        app.query_params[name] = value
    return app.run()
