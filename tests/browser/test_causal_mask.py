"""The causal mask in a browser: cells by mouse and keyboard, and the link that keeps them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.browser.helpers import assert_fits, settle

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page


def test_a_click_chooses_a_cell_and_the_link_keeps_it(open_page: Callable[..., Page]) -> None:
    page = open_page("/causal_mask?way=bare")
    page.get_by_role("gridcell", name="row Your, column row sum").click()
    page.wait_for_url("**cell=0-6*")
    settle(page)
    expect(page.locator(".sum")).to_contain_text("went to words that Your may not see")
    again = open_page(page.url)
    expect(again.locator(".result .cell.chosen")).to_have_text(page.locator(".result .cell.chosen").inner_text())


def test_the_first_screen_shows_controls_picture_and_arithmetic(open_page: Callable[..., Page]) -> None:
    page = open_page("/causal_mask")
    for part in ("h1", ".st-key-idea", "textarea", ".result", ".sum"):
        box = page.locator(part).first.bounding_box()
        assert box["y"] + box["height"] <= 900


def test_the_leak_fits_a_phone(open_page: Callable[..., Page]) -> None:
    page = open_page("/causal_mask?part=leak", width=390, height=844, scheme="dark")
    expect(page.get_by_text("Where the two models look")).to_be_visible(timeout=60_000)
    settle(page)
    assert_fits(page)
