"""One server for all browser tests, Debian's Chromium, and a page for each look that we promise.

Fixtures from pytest-playwright (`page`, `context`, `new_context`) work as documented there. Ours:
  server        the running app's address
  fresh_server  the address of an app that no session has visited
  healthy_page  a page whose console and whose exceptions are checked when the test ends
  look          four healthy pages, light and dark, laptop and phone
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from tests.browser.helpers import LAPTOP, PHONE, Complaints, chromium_path, running_app, settle

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

WATCHED = pytest.StashKey[list[tuple["Page", Complaints]]]()
LOOKS = [
    pytest.param((size, scheme), id=f"{size['width']}-{scheme}")
    for size in (LAPTOP, PHONE)
    for scheme in ("light", "dark")
]


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
def browser_context_args(browser_context_args: dict[str, object]) -> dict[str, object]:
    """Contexts that ask for nothing else get a laptop's window in light colours."""
    return {**browser_context_args, "viewport": LAPTOP, "color_scheme": "light"}


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of one running app that the browser tests share."""
    with running_app(tmp_path_factory.mktemp("server") / "log.txt") as url:
        yield url


@pytest.fixture
def fresh_server(tmp_path: Path) -> Iterator[str]:
    """The address of an app that no session has visited yet; costs about two seconds."""
    with running_app(tmp_path / "log.txt") as url:
        yield url


@pytest.fixture
def healthy_page(page: Page, request: pytest.FixtureRequest) -> Page:
    """A page that must end its test without an error on screen or in the console."""
    return _watched(page, request.node)


@pytest.fixture(params=LOOKS)
def look(
    request: pytest.FixtureRequest, browser: Browser, browser_context_args: dict[str, object]
) -> Iterator[Page]:
    """A healthy page in each look: 1440 and 390 px wide, light and dark."""
    size, scheme = request.param
    context = browser.new_context(**{**browser_context_args, "viewport": size, "color_scheme": scheme})
    yield _watched(context.new_page(), request.node)
    context.close()


def _watched(page: Page, test: pytest.Item) -> Page:
    test.stash.setdefault(WATCHED, []).append((page, Complaints(page)))
    return page


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """Look at the healthy pages when the test's own lines are done, while its server still runs."""
    yield
    for page, complaints in item.stash.get(WATCHED, []):
        settle(page)
        complaints.assert_none()
