"""The lesson on embeddings in a browser: a map that is waited for, a click that chooses, training before one's eyes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.browser.helpers import assert_fits, settle

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

SLOW = 60_000  # milliseconds; two busy cores
FEW = "number=500"


def test_a_map_is_made_and_a_neighbour_chosen(open_page: Callable[..., Page]) -> None:
    page = open_page(f"/embeddings?{FEW}&method=umap&find=mother")
    expect(page.get_by_text("trustworthiness").first).to_be_visible(timeout=SLOW)
    settle(page)
    bar = page.locator('[aria-label*="token: ·father"]').first
    bar.click()
    chosen = page.get_by_text("Chosen: ·father")
    expect(chosen).to_be_visible(timeout=SLOW)
    settle(page)
    expect(page).to_have_url(re.compile("find=%C2%B7father"))
    again = open_page(page.url)
    expect(again.get_by_text("Chosen: ·father")).to_be_visible(timeout=SLOW)
    expect(again.get_by_text("trustworthiness").first).to_be_visible(timeout=SLOW)


def test_a_box_lists_its_tokens(open_page: Callable[..., Page]) -> None:
    page = open_page(f"/embeddings?{FEW}")
    plot = page.locator(".js-plotly-plot").first
    expect(plot).to_be_visible(timeout=SLOW)
    plot.hover()
    page.locator('.modebar-btn[data-title="Box Select"]').click()
    box = plot.bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] * 0.2, box["y"] + box["height"] * 0.25)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.8, box["y"] + box["height"] * 0.8, steps=5)
    page.mouse.up()
    expect(page.get_by_text("tokens caught")).to_be_visible(timeout=SLOW)


def test_word2vec_trains_in_place_and_fits_a_phone(open_page: Callable[..., Page]) -> None:
    page = open_page(f"/embeddings?{FEW}&steps=100&find=xylophonist", width=390, height=844, scheme="dark")
    page.locator(".st-key-train-word2vec button").click()
    expect(page.get_by_text("at step 100 it is")).to_be_visible(timeout=SLOW)
    assert_fits(page)
