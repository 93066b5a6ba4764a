"""The lesson on positions in a browser: clicks choose a cell, the link keeps it, and it fits a phone."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.browser.helpers import assert_fits, settle

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page


def test_a_click_chooses_a_pair_and_the_link_keeps_it(open_page: Callable[..., Page]) -> None:
    page = open_page("/positions?part=similar")
    expect(page.get_by_text("positions 10 and 12")).to_be_visible()
    chart = page.get_by_label("Cosine of every two positions' vectors", exact=True).locator("canvas, svg").first
    box = chart.bounding_box()
    chart.click(position={"x": box["width"] * 0.6, "y": box["height"] * 0.5})
    expect(page.get_by_text("positions 10 and 12")).to_have_count(0, timeout=30_000)
    settle(page)
    expect(page).to_have_url(re.compile("pair="))
    said = page.get_by_text("The outlined cell:").inner_text()
    expect(open_page(page.url).get_by_text(said)).to_be_visible()


def test_a_long_text_fits_a_phone(open_page: Callable[..., Page]) -> None:
    query = "part=shuffle&last_stays=0&text=" + "%D7%A9%D7%9C%D7%95%D7%9D%20" * 8
    assert_fits(open_page(f"/positions?{query}", width=390, height=844, scheme="dark"))
