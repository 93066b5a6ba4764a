"""Starting the app for a browser, and what every page must keep to."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import ConsoleMessage, Page, Request

ROOT = Path(__file__).resolve().parents[2]
LAPTOP = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}

# Streamlit 1.67 asks for these below a deep link's path first, and for the right ones after the two 404s.
KNOWN_404S = ("/_stcore/health", "/_stcore/host-config")


def chromium_path() -> str | None:
    """The browser's program: GLASSBOX_CHROMIUM, or chromium on the path."""
    return os.environ.get("GLASSBOX_CHROMIUM") or shutil.which("chromium")


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


OLLAMA_PORT = free_port()  # where the apps look for Ollama


@contextlib.contextmanager
def running_app(log: Path, app: Path = ROOT / "app.py", kill: bool = False) -> Iterator[str]:
    """A server of its own for the app, ended with the block; yields its address.

    log   the file that takes what the server prints; a server started later with the same one finds the same runs
    app   the script to serve
    kill  end it at once, with no chance to tidy up

    Users are shown no tracebacks; tests are.
    """
    port = free_port()
    options = {
        "server.port": port,
        "server.address": "127.0.0.1",
        "server.fileWatcherType": "none",
        "client.showErrorDetails": "full",
    }
    command = [sys.executable, "-m", "streamlit", "run", str(app)]
    command += [f"--{name}={value}" for name, value in options.items()]
    # Runs of its own, and trainings that leave the other processors alone.
    (log.parent / "limits.toml").write_text("threads = 1\nat_once = 3\n")
    (log.parent / "runs").mkdir(exist_ok=True)
    shutil.copy(Path(os.environ["GLASSBOX_RUNS"]) / "machine.json", log.parent / "runs")
    folders = {"GLASSBOX_RUNS": str(log.parent / "runs"), "GLASSBOX_LIMITS": str(log.parent / "limits.toml")}
    env = {**os.environ, "OMP_NUM_THREADS": "1", "GLASSBOX_OLLAMA": f"http://127.0.0.1:{OLLAMA_PORT}", **folders}
    with log.open("wb") as out:
        server = subprocess.Popen(command, cwd=app.parent, env=env, stdout=out, stderr=out, start_new_session=True)
        try:
            _wait_until_healthy(server, port, log)
            yield f"http://127.0.0.1:{port}"
        finally:
            _end(server, (signal.SIGKILL,) if kill else (signal.SIGTERM, signal.SIGKILL))


def _wait_until_healthy(server: subprocess.Popen[bytes], port: int, log: Path, seconds: float = 60) -> None:
    give_up = time.monotonic() + seconds
    while time.monotonic() < give_up:
        if server.poll() is not None:
            break
        with contextlib.suppress(OSError):
            urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=2).close()
            return
        time.sleep(0.1)
    raise RuntimeError(f"the app did not start; its last words:\n{log.read_text(errors='replace')[-2000:]}")


def _end(server: subprocess.Popen[bytes], signs: tuple[signal.Signals, ...]) -> None:
    """End the server and whatever it started: its process group, by its number."""
    for sign in signs:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(server.pid, sign)
        with contextlib.suppress(subprocess.TimeoutExpired):
            server.wait(timeout=10)
            return


QUIET, MOST_QUIET = 250, 3_000  # milliseconds
# The script has ended before the last of what it sent is drawn: wait until nothing has changed for a while.
STILL = """([quiet, most]) => new Promise(done => {
  const end = () => { watch.disconnect(); clearTimeout(soon); clearTimeout(late); done() }
  let soon = setTimeout(end, quiet)
  const late = setTimeout(end, most)
  const watch = new MutationObserver(() => { clearTimeout(soon); soon = setTimeout(end, quiet) })
  watch.observe(document.body, { subtree: true, childList: true, characterData: true, attributes: true })
})"""

# Grey boxes stand where the code that draws a control is still on its way.
ALL_DRAWN = "() => !document.querySelector('[data-testid=stApp] [data-testid=stSkeleton]')"


def settle(page: Page, timeout: float = 60_000) -> None:
    """Wait until the page is connected, its script has ended and it is drawn; fail if it shows an error.

    timeout  milliseconds for each of these
    """
    at_rest = "[data-testid=stApp][data-test-script-state=notRunning]"
    for state in (
        "[data-testid=stApp][data-test-connection-state=CONNECTED]",
        "[data-testid=stMain] [data-testid=stElementContainer]",
        at_rest,
    ):
        page.wait_for_selector(state, state="attached", timeout=timeout)
    page.evaluate(STILL, [QUIET, MOST_QUIET])  # a rerun that was just asked for has begun by then
    page.wait_for_selector(at_rest, state="attached", timeout=timeout)
    page.wait_for_function(ALL_DRAWN, timeout=timeout)
    bad = page.locator('[data-testid=stException],[role=dialog]:has-text("Page not found")')
    assert bad.count() == 0, bad.first.inner_text()


def visit(page: Page, url: str) -> None:
    """Open an address of the app and wait until it stands still."""
    page.goto(url)
    settle(page)


def overflow(page: Page) -> int:
    """Pixels by which the page is wider than the window, Streamlit's own scrolling part included."""
    return page.evaluate(
        """() => ["html", "[data-testid=stMain]"].map(s => document.querySelector(s))
                 .map(e => e.scrollWidth - e.clientWidth).reduce((a, b) => Math.max(a, b))"""
    )


def assert_fits(page: Page) -> None:
    """Nothing of the page reaches past the right edge of the window: no sideways scrolling.

    A page that has just been drawn may be laid out once more, so it has five seconds to settle.
    """
    for _ in range(20):
        sideways = overflow(page)
        if sideways <= 1:
            return
        page.wait_for_timeout(250)
    raise AssertionError(f"the page is {sideways} px wider than its window; too wide: {_too_wide(page)}")


def assert_every_look_fits(page: Page) -> None:
    """No sideways scrolling and no error in the looks that we promise: 1440 px light, then 390 px dark."""
    for size, scheme in ((LAPTOP, "light"), (PHONE, "dark")):
        page.set_viewport_size({"width": size["width"], "height": size["height"]})
        page.emulate_media(color_scheme=scheme)
        settle(page)
        assert_fits(page)


def _too_wide(page: Page) -> list[str]:
    """The elements that reach past the right edge, outermost first, at most five."""
    return page.evaluate(
        """() => [...document.querySelectorAll("[data-testid=stMain] *")]
                 .filter(e => e.getBoundingClientRect().right > document.documentElement.clientWidth + 1)
                 .slice(0, 5).map(e => `${e.tagName} ${e.dataset.testid || e.className}`)"""
    )


class Complaints:
    """What is wrong behind a page: errors in the console, exceptions, requests to other machines."""

    def __init__(self, page: Page) -> None:
        self.lines: list[str] = []
        page.on("request", self._asked)
        page.on("console", self._heard)
        page.on("pageerror", lambda error: self.lines.append(f"uncaught: {error}"))

    def _heard(self, message: ConsoleMessage) -> None:
        address = message.location.get("url", "")
        known = "404" in message.text and address.endswith(KNOWN_404S)
        if message.type == "error" and not known:
            self.lines.append(f"{message.text} ({address})")

    def _asked(self, request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme in ("http", "https") and address.hostname not in ("127.0.0.1", "localhost"):
            self.lines.append(f"asked another machine for {request.url}")

    def assert_none(self) -> None:
        """Fail with the list if there was any."""
        assert not self.lines, "\n".join(self.lines)
