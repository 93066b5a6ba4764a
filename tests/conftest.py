"""What every test stands on: no network, the same random examples each time, browsers last."""

from __future__ import annotations

import functools
import os
import socket
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# Test processes that run beside one another take one core each.
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.setdefault("OMP_NUM_THREADS", "1")
# Libraries that would ask a hub for a file say at once that they are offline.
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["TRANSFORMERS_OFFLINE"] = "1"
# Trainings that tests start are not the developer's own.
os.environ["GLASSBOX_RUNS"] = tempfile.mkdtemp(prefix="glassbox-runs-")
# Measured already: a page that found no measurement would start one, 15 seconds of work beside the tests.
(Path(os.environ["GLASSBOX_RUNS"]) / "machine.json").write_text(
    """{"per_layer": 0.002, "rate": 1.3e10, "wide_rate": 4.8e10, "per_parameter": 3e-8, "plain": 1.5, "startup": 8.0,
    "base_bytes": 370000000, "device": "a machine for tests", "busy": false}"""
)

# Derandomised: a test that passed cannot fail the next day on an example nobody changed.
# No deadline: two cores are shared, and a slow example is not a wrong one.
settings.register_profile("glassbox", derandomize=True, deadline=None)
settings.load_profile("glassbox")

BROWSER_TESTS, JOB_TESTS = Path(__file__).parent / "browser", Path(__file__).parent / "jobs"
# Files that take half a minute or more: begun late, they would leave the other processor idle at the end.
LONG = {
    "test_classifier_path.py",
    "test_every_notebook.py",
    "test_every_page.py",
    "test_full_size.py",
    "test_instruction_tuning.py",
    "test_train.py",
    "test_what_is_an_llm.py",
    "test_with_gpt2.py",
}
LOCAL_HOSTS = {"localhost", "127.0.0.1", "::1"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the browser tests and run them last; of these and of the others, the longest files first.

    Playwright keeps an event loop on the main thread while its browser is open, and a notebook that runs
    after it would find that loop instead of starting its own.
    """
    for item in items:
        if BROWSER_TESTS in item.path.parents:
            item.add_marker("browser")
        if any(folder in item.path.parents for folder in (BROWSER_TESTS, JOB_TESTS)):
            # On a busy machine a page or a process can miss its time limit; the report counts what was tried again.
            item.add_marker(pytest.mark.flaky(reruns=1))
    items.sort(key=lambda item: (BROWSER_TESTS in item.path.parents, item.path.name not in LONG))


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip tests marked gpu where PyTorch finds no CUDA device."""
    if item.get_closest_marker("gpu"):
        import torch

        if not torch.cuda.is_available():
            pytest.skip("no CUDA device")


@pytest.fixture(autouse=True, scope="session")
def one_look_for_components() -> Iterator[None]:
    """Streamlit looks through all installed packages for components once, not again for each page that a test opens.

    That took longer than the pages themselves.
    """
    from streamlit.components.v2 import manifest_scanner

    patch = pytest.MonkeyPatch()
    patch.setattr(
        manifest_scanner, "scan_component_manifests", functools.cache(manifest_scanner.scan_component_manifests)
    )
    yield
    patch.undo()


@pytest.fixture(autouse=True, scope="module")
def no_keras() -> Iterator[None]:
    """Forget Keras, which TensorFlow brings: where it is loaded, Streamlit clears it after each run of a page.

    That collects the garbage of everything that tests have imported, twice: a second or more for each run.
    """
    yield
    sys.modules.pop("keras", None)


@pytest.fixture(autouse=True, scope="session")
def no_network() -> Iterator[None]:
    """Nothing is downloaded after the set-up: a test that connects to another machine fails."""
    patch = pytest.MonkeyPatch()

    def guarded(connect: Callable[..., object]) -> Callable[..., object]:
        def only_local(sock: socket.socket, address: object) -> object:
            if isinstance(address, tuple) and address[0] not in LOCAL_HOSTS:
                raise ConnectionRefusedError(f"a test tried to reach {address[0]}; tests use no network.")
            return connect(sock, address)

        return only_local

    patch.setattr(socket.socket, "connect", guarded(socket.socket.connect))
    patch.setattr(socket.socket, "connect_ex", guarded(socket.socket.connect_ex))
    yield
    patch.undo()
