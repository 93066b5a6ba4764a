"""What every lesson keeps to, whatever it teaches. A new page is tested here as soon as it is in the list."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.helpers import LAPTOP, Complaints, assert_every_look_fits, settle, visit
from ui.catalog import Lesson, lessons

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page


@pytest.fixture(scope="module")
def walk(browser: Browser, app_url: str) -> Iterator[tuple[Page, Complaints]]:
    """One visitor's page, which goes from lesson to lesson by the sidebar's links."""
    context = browser.new_context(viewport=LAPTOP, color_scheme="light")
    page = context.new_page()
    complaints = Complaints(page)
    visit(page, f"{app_url}/{lessons()[-1].slug}")
    yield page, complaints
    context.close()


@pytest.mark.parametrize("lesson", lessons(), ids=lambda lesson: lesson.slug)
def test_each_look(lesson: Lesson, walk: tuple[Page, Complaints]) -> None:
    """Laptop and phone, light and dark: no error, no request elsewhere, no sideways scrolling."""
    page, complaints = walk
    complaints.lines.clear()
    # By the page itself: a sidebar that was left on a phone stays closed, and its links cannot be pointed at.
    page.locator(f'[data-testid=stSidebarNav] a[href$="/{lesson.slug}"]').evaluate("link => link.click()")
    expect(page.get_by_role("heading", level=1).filter(has_text=lesson.title)).to_be_visible(timeout=60_000)
    settle(page)
    assert_every_look_fits(page)
    complaints.assert_none()
