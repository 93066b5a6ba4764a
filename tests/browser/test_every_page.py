"""What every lesson keeps to, whatever it teaches. A new page is tested here as soon as it is in the list."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.browser.helpers import assert_every_look_fits
from ui.catalog import Lesson, lessons

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page


@pytest.mark.parametrize("lesson", lessons(), ids=lambda lesson: lesson.slug)
def test_each_look(lesson: Lesson, open_page: Callable[..., Page]) -> None:
    """Light and dark, laptop and phone: no error, no request elsewhere, no sideways scrolling."""
    page = open_page(f"/{lesson.slug}")
    page.get_by_role("heading", level=1).filter(has_text=lesson.title).wait_for()
    assert_every_look_fits(page)
