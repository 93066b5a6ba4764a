"""The lesson on the feed-forward in a browser: clicks choose a unit and a block, and the link keeps them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.browser.helpers import assert_fits, settle

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page


def test_a_click_chooses_a_block_and_the_link_keeps_it(open_page: Callable[..., Page]) -> None:
    page = open_page("/feed_forward?part=inside&unit=7")
    page.locator('path[aria-label*="block 4"]').first.click()
    settle(page)
    expect(page).to_have_url(re.compile("layer=4"))
    expect(page).to_have_url(re.compile("unit=7"))
    again = open_page(page.url)
    expect(again.get_by_text("Which next tokens unit 7 speaks for")).to_be_visible()


def test_every_part_fits_a_phone(open_page: Callable[..., Page]) -> None:
    for part in ("fit", "inside"):
        assert_fits(open_page(f"/feed_forward?part={part}", width=390, height=844, scheme="dark"))
