"""The lesson on instruction data in a browser: a click chooses a text, and the link keeps step and text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.browser.helpers import assert_fits, settle

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page


def test_a_click_chooses_a_text_and_the_link_keeps_it(open_page: Callable[..., Page]) -> None:
    page = open_page("/instruction_data?step=cut&style=phi3")
    page.locator('path[aria-label*="line: inputs 2"]').first.click()
    expect(page.get_by_text("inputs 2 = [").first).to_be_visible(timeout=30_000)
    settle(page)
    expect(page).to_have_url(re.compile("row=2"))
    again = open_page(page.url)
    expect(again.get_by_text("inputs 2 = [").first).to_be_visible()
    expect(again.get_by_text("Text 2, its answer alone").first).to_be_visible()


def test_the_longest_batch_fits_a_phone(open_page: Callable[..., Page]) -> None:
    assert_fits(open_page("/instruction_data?batch=8&step=shift", width=390, height=844, scheme="dark"))
