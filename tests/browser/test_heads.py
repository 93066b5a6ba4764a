"""The lesson on heads in a browser: choose a head, see its lines, switch it off, share the link."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

from playwright.sync_api import expect

from tests.browser.helpers import settle

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

TEXT = "The cat saw the dog and the dog saw the cat"


def test_choose_switch_off_share(open_page: Callable[..., Page]) -> None:
    page = open_page("/heads?" + urlencode({"text": TEXT}))
    page.get_by_role("gridcell", name="Layer 2, head 3:").click()
    expect(page.get_by_text("Layer 2, head 3", exact=True)).to_be_visible()
    page.get_by_role("button", name="Switch off: layer 2, head 3").click()
    moved = page.get_by_text("The whole distribution moved by")
    expect(moved).to_be_visible()
    page.get_by_role("gridcell", name="Layer 2, head 3:").press("ArrowDown")
    page.get_by_role("gridcell", name="Layer 3, head 3:").press("Enter")
    expect(page.get_by_text("Layer 3, head 3", exact=True)).to_be_visible()
    page.get_by_text("Lines", exact=True).click()
    expect(page.get_by_role("option", name="The", exact=True)).to_be_visible()
    settle(page)
    said = moved.inner_text()

    other = open_page(page.url.removeprefix(page.url.split("/heads")[0]))
    expect(other.get_by_text("Layer 3, head 3", exact=True)).to_be_visible()
    expect(other.get_by_text("The whole distribution moved by")).to_have_text(said)
    expect(other.get_by_role("option", name="The", exact=True)).to_be_visible()
    expect(other.get_by_role("gridcell", name="switched off")).to_have_count(1)


def test_lines_by_keyboard(open_page: Callable[..., Page]) -> None:
    page = open_page("/heads?" + urlencode({"text": TEXT, "view": "lines", "cell": "3"}))
    page.get_by_role("option", name="·the", exact=True).first.focus()
    tip = page.get_by_text("·the looks most at")
    expect(tip).to_be_visible()
    page.keyboard.press("ArrowUp")
    expect(page.get_by_text("·saw looks most at")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.get_by_text("token 2 ·saw looks at")).to_be_visible()
    page.wait_for_url("**cell=2*")


def test_a_click_in_the_map_changes_the_arithmetic(open_page: Callable[..., Page]) -> None:
    page = open_page("/heads?" + urlencode({"text": TEXT, "cell": "10-9", "head": "previous.2.4"}))
    expect(page.get_by_text("token 10 ·cat looks at token 9 ·the")).to_be_visible()
    alt = "Attention weights of layer 2, head 4: a row for each token that looks"
    chart = page.get_by_label(alt, exact=True).locator("canvas, svg").first
    box = chart.bounding_box()
    chart.click(position={"x": box["width"] * 0.5, "y": box["height"] * 0.72})
    expect(page.get_by_text("token 10 ·cat looks at token 9 ·the")).to_have_count(0)
    expect(page.get_by_text("The attention weight is")).to_be_visible()
