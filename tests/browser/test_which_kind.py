"""Which kind? In a browser: another question moves the first two answers only, and the link holds both fields."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.browser.helpers import settle

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page


def cards(page: Page) -> list[str]:
    """The sentences with which the three answer."""
    two, one = page.get_by_text("it prefers"), page.get_by_text("It says")
    expect(two).to_have_count(2)
    expect(one).to_have_count(1)
    return two.all_inner_texts() + one.all_inner_texts()


def test_another_question_and_its_link(open_page: Callable[..., Page]) -> None:
    page = open_page("/which_kind")
    expect(page.get_by_text("Trained here in")).to_be_visible(timeout=60_000)
    settle(page)
    before = cards(page)
    assert len(before) == 3
    page.get_by_role("button", name="Set it up").first.click()
    expect(page.get_by_label("Question", exact=True)).to_have_value("What language is this written in?")
    settle(page)
    after = cards(page)
    assert after[2] == before[2]
    assert after[:2] != before[:2]
    page.get_by_role("button", name="Next held-out message").click()
    expect(page.get_by_text("held out; its label is")).to_be_visible()
    settle(page)
    shown = cards(page)
    other = open_page(page.url)
    expect(other.get_by_text("held out; its label is")).to_be_visible()
    assert cards(other) == shown
