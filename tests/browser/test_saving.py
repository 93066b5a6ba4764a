"""The lesson on saving in a browser: the link keeps the setting, and every part fits a phone."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.browser.helpers import assert_fits, settle

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Locator, Page


def rate(page: Page) -> Locator:
    """The learning rate 0.01; the guesses of an experiment have the same name."""
    return page.get_by_role("radiogroup", name="Learning rate").get_by_role("radio", name="0.01")


def test_a_setting_is_kept_in_the_link(open_page: Callable[..., Page]) -> None:
    page = open_page("/saving?part=resume")
    rate(page).click()
    settle(page)
    expect(page).to_have_url(re.compile(r"rate=0\.01"))
    again = open_page(page.url)
    expect(again.get_by_role("heading", name="The first step after step 30")).to_be_visible()
    expect(rate(again)).to_have_attribute("aria-checked", "true")


def test_parts_fit_a_phone(open_page: Callable[..., Page]) -> None:
    assert_fits(open_page("/saving", width=390, height=844, scheme="dark"))
    assert_fits(open_page("/saving?part=resume", width=390, height=844))
