"""The decoding lesson in a real browser: type, move, click, and find the same state again by its link."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.helpers import assert_every_look_fits, settle

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

DRAWN = "tr.drawn bdi"
FLAG = ".flag"


# The last stage's probabilities as they stand in the table.
COLUMN = "tbody tr td:last-child"


@pytest.mark.parametrize("part", ["one", "two", "many&guess=1", "tree"])
def test_each_look(part: str, open_page: Callable[..., Page]) -> None:
    page = open_page(f"/decoding?part={part}&top_p=0.9&min_p=0.02&penalty=1.1")
    page.get_by_text("Questions from the margin").wait_for()
    assert_every_look_fits(page)


def test_first_screen_shows_controls_picture_and_draw(open_page: Callable[..., Page]) -> None:
    page = open_page("/decoding")
    for locator in (page.get_by_label("Prompt"), page.locator(DRAWN), page.locator(FLAG), page.locator(".piece.drawn")):
        expect(locator).to_be_visible()
        box = locator.bounding_box()
        assert box is not None
        assert box["y"] + box["height"] < 900


def test_same_state_in_another_browser(open_page: Callable[..., Page]) -> None:
    page = open_page("/decoding")
    page.get_by_label("Prompt").fill("The ship came back to the")
    page.get_by_label("Prompt").press("Control+Enter")
    page.get_by_role("option").filter(has_text="ship").wait_for()
    settle(page)
    expect(page.locator(COLUMN).first).to_be_visible()
    before = page.locator(COLUMN).all_inner_texts()
    page.get_by_role("slider", name="Temperature").press("ArrowRight")
    page.locator("th", has_text="temperature 0.85").wait_for()
    expect(page.locator(COLUMN)).not_to_have_text(before)
    number = page.locator(FLAG).inner_text()
    page.get_by_role("button", name="Draw again").click()
    page.locator(FLAG).filter(has_not_text=number).wait_for()
    page.get_by_role("button", name="Next token").click()
    page.get_by_role("button", name="Back", exact=True, disabled=False).wait_for()
    settle(page)
    other = open_page(page.url)
    expect(other.get_by_label("Prompt")).to_have_value("The ship came back to the")
    for shown in (FLAG, DRAWN, ".chip", COLUMN):
        expect(other.locator(shown)).to_have_text(page.locator(shown).all_text_contents())


def test_a_token_is_chosen_by_mouse_and_keyboard(open_page: Callable[..., Page]) -> None:
    page = open_page("/decoding?temperature=1")
    rows = page.locator("tbody button")
    rows.nth(4).click()
    page.locator("tr.chosen button[data-id]").and_(page.locator("button:focus")).wait_for()
    expect(rows.nth(4)).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url("**token=*")
    settle(page)
    expect(rows.nth(5)).to_have_attribute("aria-pressed", "true")
    assert f"token={rows.nth(5).get_attribute('data-id')}" in page.url


def test_tree_branches_by_clicking(open_page: Callable[..., Page]) -> None:
    page = open_page("/decoding?part=tree")
    closed = page.locator("button.node[aria-expanded=false]")
    expect(closed.last).to_be_visible()
    nodes = page.locator("button.node").count()
    closed.last.click()
    page.wait_for_url("**tree=*")
    settle(page)
    expect(page.locator("button.node").nth(nodes)).to_be_visible()
    other = open_page(page.url)
    expect(other.locator("button.node")).to_have_text(page.locator("button.node").all_text_contents())
    page.get_by_role("button", name="Continue the text from here").click()
    page.wait_for_url("**added=*")


def test_set_it_up_from_another_part(open_page: Callable[..., Page]) -> None:
    page = open_page("/decoding")
    page.get_by_role("button", name="Set it up").nth(2).click()
    page.get_by_text("Setting B").wait_for()
    settle(page)
    expect(page.locator(".line")).to_have_count(2)
    expect(page).to_have_url(re.compile("part=two"))
