"""The map of the architecture in a browser: a click and the keyboard choose a box, and the link keeps it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.browser.helpers import assert_fits, settle

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page


def test_a_box_is_chosen_by_click_and_by_keyboard_and_the_link_keeps_it(open_page: Callable[..., Page]) -> None:
    page = open_page("/architecture?n_layers=3&emb_dim=96&n_heads=4")
    page.get_by_role("button", name="widen: 37,248 parameters").click()
    expect(page.get_by_role("heading", name="Where the numbers of one box come from: widen")).to_be_visible()
    norm = page.get_by_role("button", name="norm 2: 192 parameters")
    norm.focus()
    norm.press("Enter")
    expect(page.get_by_role("heading", name="Where the numbers of one box come from: norm 2")).to_be_visible()
    settle(page)
    again = open_page(page.url)
    expect(again.get_by_role("button", name="norm 2: 192 parameters")).to_have_attribute("aria-pressed", "true")
    expect(again.get_by_text("3 × block")).to_be_visible()


def test_the_largest_model_fits_a_phone(open_page: Callable[..., Page]) -> None:
    sizes = "vocab_size=200000&context_length=16384&emb_dim=16384&n_heads=128&n_layers=128&batch=64&length=16384"
    assert_fits(open_page(f"/architecture?guess=head&{sizes}", width=390, height=844, scheme="dark"))
