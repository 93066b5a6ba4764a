"""The lesson on layer norm in a browser: clicks choose a cell and a place, and the link keeps them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.browser.helpers import assert_fits, settle

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page


def test_a_click_chooses_a_cell_and_the_link_keeps_it(open_page: Callable[..., Page]) -> None:
    page = open_page("/layer_norm?part=axes&kind=batch")
    page.locator('path[aria-label*="feature: 2; row: 1"]').first.click()
    expect(page.get_by_text("feature 2 of the whole batch")).to_be_visible(timeout=30_000)
    settle(page)
    expect(page).to_have_url(re.compile("cell=8"))
    expect(open_page(page.url).get_by_text("feature 2 of the whole batch")).to_be_visible()


def test_a_click_on_a_norm_shows_it(open_page: Callable[..., Page]) -> None:
    page = open_page("/layer_norm?part=vector")
    # The first two are the lines themselves; the first point is the norm before attention in block 0.
    page.locator('path[aria-label*="norm (two in each block"]').nth(2).click()
    settle(page)
    expect(page).to_have_url(re.compile("place=norm1"))
    expect(page).to_have_url(re.compile("block=0"))
    page.locator('path[aria-label*="entry: 255;"]').first.click()
    settle(page)
    expect(page).to_have_url(re.compile("entry=255"))


def test_a_right_to_left_text_fits_a_phone(open_page: Callable[..., Page]) -> None:
    text = "%D7%A9%D7%9C%D7%95%D7%9D%20%D7%A2%D7%95%D7%9C%D7%9D"
    page = open_page(f"/layer_norm?part=vector&place=final_norm&text={text}", width=390, height=844, scheme="dark")
    assert_fits(page)
    expect(page.get_by_text("What it has learned")).to_be_visible()
