"""The lesson on pretrained weights in a browser: point at a number, load with a mistake, open the link again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.browser.helpers import assert_fits, settle

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page


def test_a_number_and_its_place_in_theirs(open_page: Callable[..., Page]) -> None:
    page = open_page("/pretrained?tensor=trf_blocks.0.att.W_key.weight")
    page.locator(".result .cell").nth(7).hover()
    expect(page.locator(".sum")).to_contain_text("ours[1, 2] = theirs[2, 256 + 1] = theirs[2, 257] = ")
    # The marked cell of theirs is the turned one, and holds the same number.
    marked = page.locator(".operand .marked")
    expect(marked).to_have_count(1)
    assert (marked.get_attribute("data-i"), marked.get_attribute("data-j")) == ("2", "1")
    assert marked.inner_text() == page.locator(".result .cell").nth(7).inner_text()
    page.locator(".result .cell").nth(7).click()
    page.wait_for_url("**cell=1-2**")


def test_a_mistake_that_nothing_refuses(open_page: Callable[..., Page]) -> None:
    page = open_page("/pretrained?mistake=turn&part=outside", width=390, height=844)
    page.get_by_role("button", name="Load them").click()
    expect(page.get_by_text("Nothing was refused")).to_be_visible(timeout=30_000)
    settle(page)
    assert_fits(page)
