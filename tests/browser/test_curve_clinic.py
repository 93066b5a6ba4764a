"""The Curve clinic in a browser: a guess by hand, the same from its link, and in every look."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.browser.helpers import assert_every_look_fits, settle

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page


def test_guess_is_told_and_stands_in_the_link(open_page: Callable[..., Page]) -> None:
    page = open_page("/curve_clinic?curve=3")
    expect(page.get_by_text("Guess before you are told")).to_be_visible()
    expect(page.get_by_text("The diagnosis, in numbers")).to_have_count(0)
    chart = page.locator("[data-testid=stVegaLiteChart]").first
    expect(chart.locator("path[aria-roledescription=point]").first).to_be_attached()
    box = chart.bounding_box()
    assert box["y"] + box["height"] < 900, "the picture is on the first screen"
    page.get_by_role("radiogroup").first.get_by_text("Healthy", exact=True).click()
    expect(page.get_by_text("The diagnosis, in numbers")).to_be_visible()
    settle(page)
    expect(page.get_by_text("Yes. ").first).to_be_visible()
    assert "guess=3%3Ahealthy" in page.url or "guess=3:healthy" in page.url

    other = open_page(page.url)
    expect(other.get_by_text("Yes. ").first).to_be_visible()
    expect(other.get_by_role("radio", name="Healthy", exact=True)).to_be_checked()
    assert_every_look_fits(other)
