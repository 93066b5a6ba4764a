"""The lesson on generating in a browser: buttons walk, a bar is clicked, and the link keeps both."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.browser.helpers import assert_fits, settle

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page


def test_a_walk_and_a_click_are_kept_in_the_link(open_page: Callable[..., Page]) -> None:
    page = open_page("/generating?step=2&stage=softmax")
    page.get_by_role("button", name="Next stage").click()
    expect(page.get_by_text("argmax: the largest stands at place").first).to_be_visible(timeout=30_000)
    settle(page)
    third = page.locator('path[aria-roledescription="bar"]').nth(2)
    third.click()
    page.wait_for_url("**token=*", timeout=30_000)
    settle(page)
    said = page.get_by_text("The arithmetic of").inner_text()
    again = open_page(page.url)
    expect(again.get_by_text("argmax: the largest stands at place").first).to_be_visible()
    expect(again.get_by_text("The arithmetic of")).to_have_text(said)


def test_a_right_to_left_text_fits_a_phone(open_page: Callable[..., Page]) -> None:
    text = "%D7%A9%D7%9C%D7%95%D7%9D%20%D7%A2%D7%95%D7%9C%D7%9D"
    for stage in ("forward", "argmax"):
        assert_fits(open_page(f"/generating?step=24&stage={stage}&text={text}", width=390, height=844, scheme="dark"))
