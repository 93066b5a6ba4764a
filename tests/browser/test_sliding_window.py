"""The lesson on the sliding window in a browser: a click on a picture chooses, and the link keeps it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.browser.helpers import assert_fits, settle

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page


def test_the_widest_settings_fit_a_phone(open_page: Callable[..., Page]) -> None:
    settings = "max_length=32&stride=1&batch_size=16&shuffle=1&drop_last=0&tokenizer=pocket"
    assert_fits(open_page(f"/sliding_window?{settings}", width=390, height=844, scheme="dark"))


def test_a_click_chooses_a_batch_and_the_link_keeps_it(open_page: Callable[..., Page]) -> None:
    page = open_page("/sliding_window")
    # Vega labels each cell with what its tooltip says.
    page.locator('path[aria-label*="batch 1"]').first.click()
    expect(page.get_by_text("Opaque: batch 1")).to_be_visible(timeout=30_000)
    settle(page)
    expect(page).to_have_url(re.compile("batch=1"))
    again = open_page(page.url)
    expect(again.get_by_text("Opaque: batch 1")).to_be_visible()
    expect(again.get_by_text("inputs, shape (4, 4)")).to_be_visible()


def test_right_to_left_text_and_a_text_that_is_too_short(open_page: Callable[..., Page]) -> None:
    page = open_page("/sliding_window?max_length=2&stride=2&text=%D7%A9%D7%9C%D7%95%D7%9D%20%D7%A2%D7%95%D7%9C%D7%9D")
    assert_fits(page)
    field = page.get_by_role("textbox", name="Text", exact=True)
    field.fill("a")
    field.press("Control+Enter")
    expect(page.get_by_text("smaller", exact=False).first).to_be_visible(timeout=30_000)
    expect(page.get_by_role("heading", name="Check yourself")).to_be_visible()
