"""The lesson on both sides in a browser: reveal, choose a bar, and the link keeps both."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.browser.helpers import assert_fits, settle

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page


def test_a_bar_is_chosen_and_the_link_keeps_it(open_page: Callable[..., Page]) -> None:
    page = open_page("/both_sides?own=umbrella&top=3")
    page.get_by_role("button", name="Read the right side too").click()
    expect(page.get_by_role("heading", name="The arithmetic of one candidate")).to_be_visible(timeout=30_000)
    settle(page)
    # Vega labels each row with what its tooltip says; the bar in it is too small to hit.
    page.locator('path[aria-label*="umbrella"]').first.click()
    chosen = page.get_by_text("1. From the left: P(").filter(has_text="·umbrella")
    expect(chosen).to_be_visible(timeout=30_000)
    settle(page)
    expect(page).to_have_url(re.compile("both=1"))
    expect(page).to_have_url(re.compile("word="))
    again = open_page(page.url)
    expect(again.get_by_text("1. From the left: P(").filter(has_text="·umbrella")).to_be_visible()


def test_masks_fit_a_phone(open_page: Callable[..., Page]) -> None:
    query = "part=masks&kind=encoder-decoder&source=" + "%D7%A9%D7%9C%D7%95%D7%9D%20" * 12
    assert_fits(open_page(f"/both_sides?{query}", width=390, height=844, scheme="dark"))
