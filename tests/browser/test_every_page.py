"""What every lesson keeps to, whatever it teaches. A new page is tested here as soon as it is in the list."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.browser.helpers import assert_every_look_fits
from ui.catalog import Lesson, lessons

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

every_lesson = pytest.mark.parametrize("lesson", lessons(), ids=lambda lesson: lesson.slug)


@every_lesson
def test_each_look(lesson: Lesson, open_page: Callable[..., Page]) -> None:
    """Light and dark, laptop and phone: no error, no request elsewhere, no sideways scrolling."""
    page = open_page(f"/{lesson.slug}")
    page.get_by_role("heading", level=1).filter(has_text=lesson.title).wait_for()
    assert_every_look_fits(page)


@every_lesson
def test_first_visitor_by_link(lesson: Lesson, fresh_url: str, open_page: Callable[..., Page]) -> None:
    """A shared link works as the very first request that a server gets.

    Before a first session has run, Streamlit knows only the files in pages/, not the router.
    """
    page = open_page(f"{fresh_url}/{lesson.slug}")
    page.get_by_role("heading", level=1).filter(has_text=lesson.title).wait_for()
    assert page.url.startswith(f"{fresh_url}/{lesson.slug}")
