"""The lesson on gradients in a browser: a click on the map is a new start, and the link keeps it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.browser.helpers import assert_fits, settle

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page


def test_a_click_on_the_map_is_a_new_start(open_page: Callable[..., Page]) -> None:
    page = open_page("/gradients?surface=bowl&opt=SGD")
    page.locator('path[aria-label*="start x: 1.125; start y: 2.025"]').first.click()
    expect(page.get_by_text("x = 1.125, slope 1.125")).to_be_visible(timeout=30_000)
    settle(page)
    expect(page).to_have_url(re.compile(r"x=1\.125"))
    again = open_page(page.url)
    expect(again.get_by_text("y = 2.025, slope 2.025")).to_be_visible()


def test_a_walk_that_leaves_the_map_fits_a_phone(open_page: Callable[..., Page]) -> None:
    page = open_page("/gradients?surface=rosenbrock&sgd=0&steps=300", width=390, height=844, scheme="dark")
    expect(page.get_by_text("diverged").first).to_be_visible()
    assert_fits(page)
