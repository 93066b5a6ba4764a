"""The lesson on the block in a browser: a click chooses a number, a level, a part, and the link keeps it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.browser.helpers import assert_fits, settle

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page


def test_a_click_on_a_number_shows_its_arithmetic(open_page: Callable[..., Page]) -> None:
    page = open_page("/block")
    cells = page.get_by_test_id("stVegaLiteChart").first.locator('path[aria-label$="row: 2; number: 5"]')
    cells.first.click()
    expect(page.get_by_text("Row 2 (norm), number 5 of token")).to_be_visible(timeout=30_000)
    settle(page)
    expect(page).to_have_url(re.compile("cell=1-5"))
    again = open_page(page.url)
    expect(again.get_by_text("Row 2 (norm), number 5 of token")).to_be_visible()


def test_a_token_of_the_strip_is_followed(open_page: Callable[..., Page]) -> None:
    page = open_page("/block?layer=5", width=390, height=844, scheme="dark")
    page.get_by_role("option").nth(2).click()
    expect(page.get_by_text("in block 5: the first 32").first).to_be_visible(timeout=30_000)
    expect(page.get_by_text("Token 2", exact=False).first).to_be_visible(timeout=30_000)
    settle(page)
    expect(page).to_have_url(re.compile("place=2"))
    assert_fits(page)
