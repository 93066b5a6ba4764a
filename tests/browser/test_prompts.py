"""The lesson on prompts in a browser: a click on a token chooses it, the link keeps it, and it fits a phone."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.browser.helpers import assert_fits, settle

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page


def test_a_click_on_a_bar_chooses_its_token(open_page: Callable[..., Page]) -> None:
    page = open_page("/prompts?part=repeat&length=4&place=0")
    expect(page.get_by_text("in this text: round 1").filter(has_text="Token 0 ")).to_be_visible()
    # Vega labels each bar with what its tooltip says.
    page.locator('path[aria-label*="place in the round: 3"]').first.click()
    expect(page.get_by_text("in this text: round 1").filter(has_text="Token 3 ")).to_be_visible(timeout=30_000)
    settle(page)
    expect(page).to_have_url(re.compile("place=3"))
    expect(open_page(page.url).get_by_text("in this text: round 1").filter(has_text="Token 3 ")).to_be_visible()


def test_examples_fit_a_phone(open_page: Callable[..., Page]) -> None:
    assert_fits(open_page("/prompts?k=6&task=mood&form=lines", width=390, height=844, scheme="dark"))
