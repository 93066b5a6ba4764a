"""The bottleneck in a browser: a clicked weight is in the link, and the widest sequence fits a phone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.browser.helpers import assert_fits, settle

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page


def test_a_clicked_weight_is_in_the_link(open_page: Callable[..., Page]) -> None:
    page = open_page("/bottleneck?text=abcd&task=copy")
    # Vega labels each cell with what its tooltip says.
    page.locator('path[aria-label*="row: 3 c; column: 2 b"]').first.click()
    page.wait_for_url("**cell=2-1*")
    settle(page)
    expect(page.get_by_text("Before writing symbol 3")).to_be_visible()
    expect(open_page(page.url).get_by_text("For h2, the state after")).to_be_visible()


def test_the_longest_sequence_fits_a_phone(open_page: Callable[..., Page]) -> None:
    assert_fits(open_page(f"/bottleneck?text={'a1b2c3d4' * 5}", width=390, height=844, scheme="dark"))
