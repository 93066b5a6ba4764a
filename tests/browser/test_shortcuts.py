"""The lesson on shortcuts in a browser: a click on a point or bar chooses its layer, and the link keeps it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.browser.helpers import assert_fits, settle

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page


def test_a_click_chooses_a_layer_and_the_link_keeps_it(open_page: Callable[..., Page]) -> None:
    page = open_page("/shortcuts")
    page.locator('path[aria-roledescription="circle"][aria-label*="input): 2;"]').first.click()
    expect(page.get_by_role("heading", name="The arithmetic of layer 2")).to_be_visible(timeout=30_000)
    page.get_by_test_id("stMain").get_by_text("Linear", exact=True).click()
    page.locator('path[aria-roledescription="bar"][aria-label*="layer: 3"]').first.click()
    expect(page.get_by_role("heading", name="The arithmetic of layer 3")).to_be_visible(timeout=30_000)
    settle(page)
    expect(page).to_have_url(re.compile("layer=3"))
    expect(open_page(page.url).get_by_role("heading", name="The arithmetic of layer 3")).to_be_visible()


def test_the_deepest_networks_fit_a_phone(open_page: Callable[..., Page]) -> None:
    assert_fits(open_page("/shortcuts?depth=30", width=390, height=844, scheme="dark"))
    assert_fits(open_page("/shortcuts?part=why&chain_depth=30", width=390, height=844))
