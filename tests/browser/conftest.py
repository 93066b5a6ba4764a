"""One server for all browser tests, Debian's Chromium, and pages that must end without an error.

Fixtures (`browser` and `page` from pytest-playwright work too; functions are in helpers.py):
  app_url    the address of the running app that the browser tests share
  fresh_url  the address of an app that no session has visited yet
  open_page  open_page("/self_attention?step=weights", width=390, height=844, scheme="dark"): a settled page
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.helpers import LAPTOP, Complaints, chromium_path, running_app, settle, visit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

expect.set_options(timeout=60_000)  # two busy cores draw slowly
WATCHED = pytest.StashKey[list[tuple["Page", Complaints]]]()


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, object]:
    """Debian's Chromium instead of a browser that Playwright would have to download."""
    program = chromium_path()
    if program is None:
        reason = "no Chromium: install it, or name it in GLASSBOX_CHROMIUM"
        if os.environ.get("GLASSBOX_REQUIRE_BROWSER") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    args = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    return {"executable_path": program, "args": args}


@pytest.fixture(scope="session")
def app_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of one running app that the browser tests share."""
    with running_app(tmp_path_factory.mktemp("server") / "log.txt") as url:
        yield url


@pytest.fixture
def fresh_url(tmp_path: Path) -> Iterator[str]:
    """The address of an app that no session has visited yet; costs about two seconds."""
    with running_app(tmp_path / "log.txt") as url:
        yield url


@pytest.fixture
def open_page(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Callable[..., Page]]:
    """Opens pages, each in a context of its own, which is another browser as far as cookies go.

    A path is opened in the shared app; a whole address as it is. When the test's own lines are done, each
    page must show no error and must have logged none.
    """
    contexts = []
    request.node.stash[WATCHED] = []  # a test that is run again starts without the pages of its first run

    def open_(
        path: str,
        width: int = LAPTOP["width"],
        height: int = LAPTOP["height"],
        scheme: str = "light",
    ) -> Page:
        address = path if path.startswith("http") else request.getfixturevalue("app_url") + path
        contexts.append(browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme))
        contexts[-1].set_default_timeout(60_000)
        page = contexts[-1].new_page()
        request.node.stash[WATCHED].append((page, Complaints(page)))
        visit(page, address)
        return page

    yield open_
    for context in contexts:
        context.close()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """Look at the opened pages when the test's own lines are done, while their server still runs."""
    yield
    for page, complaints in item.stash.get(WATCHED, []):
        settle(page)
        complaints.assert_none()
