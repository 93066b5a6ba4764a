"""The lesson on the loss in a browser: tokens shaded on the theme's scale, a click that the link keeps."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.helpers import assert_fits, settle

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_more_surprising_token_stands_out_from_the_ground(open_page: Callable[..., Page], scheme: str) -> None:
    page = open_page("/loss", width=390, height=844, scheme=scheme)
    assert_fits(page)
    boxes = page.get_by_role("option")
    expect(boxes.nth(1)).to_be_visible()
    shades = boxes.evaluate_all(
        """boxes => boxes.map(b => [Number(b.querySelector("small").textContent),
             getComputedStyle(b).backgroundColor.match(/\\d+/g).slice(0, 3).reduce((s, c) => s + Number(c), 0)])"""
    )
    low, high = min(shades)[1], max(shades)[1]
    assert (low > high) == (scheme == "light")


def test_a_clicked_token_is_followed_and_the_link_keeps_it(open_page: Callable[..., Page]) -> None:
    page = open_page("/loss")
    page.get_by_role("option").nth(1).click()
    expect(page.get_by_text("Having read up to Every")).to_be_visible(timeout=30_000)
    settle(page)
    expect(page).to_have_url(re.compile("place=1"))
    again = open_page(page.url)
    expect(again.get_by_text("Having read up to Every")).to_be_visible()
