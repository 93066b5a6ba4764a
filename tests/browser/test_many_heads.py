"""Many heads in a browser: a click follows a number through its shapes, and a text goes along to the real heads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.browser.helpers import assert_fits, settle

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page


def test_a_click_follows_a_number_and_the_link_keeps_it(open_page: Callable[..., Page]) -> None:
    page = open_page("/many_heads")
    # Vega labels each cell with what its tooltip says.
    page.locator('path[aria-label*="(B, T, H, K), index [0, 3, 1, 0]"]').first.click()
    page.wait_for_url("**cell=21*")
    settle(page)
    expect(page.get_by_text("is number 3 of word 3")).to_be_visible()
    expect(open_page(page.url).get_by_text("is number 3 of word 3")).to_be_visible()


def test_the_widest_sizes_fit_a_phone(open_page: Callable[..., Page]) -> None:
    assert_fits(open_page("/many_heads?width=12&heads=6", width=390, height=844, scheme="dark"))


def test_a_text_goes_along_to_heads_in_the_wild(open_page: Callable[..., Page]) -> None:
    page = open_page("/many_heads?text=one%20two%20one%20two")
    page.get_by_text("See its heads").click()
    expect(page.get_by_role("textbox", name="Text", exact=True)).to_have_value("one two one two", timeout=60_000)
