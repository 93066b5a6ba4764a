"""The quiz in a browser: by keyboard alone, and the same paper behind the same link."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.helpers import settle


def questions(page) -> list[str]:
    expect(page.locator("[class*=st-key-question-]").first).to_be_visible()
    return page.locator("[class*=st-key-question-]").all_inner_texts()


def test_a_paper_by_keyboard_and_for_somebody_else(open_page):
    page = open_page("/quiz?chapters=2&number=3&seed=4")
    asked = questions(page)
    page.keyboard.press("1")
    settle(page)
    expect(page.get_by_test_id("stAlert")).to_have_count(1)
    page.keyboard.press("n")
    settle(page)
    assert "Question 2 of 3" in questions(page)[0]
    page.keyboard.press("b")
    settle(page)
    other = open_page(page.url)
    assert questions(other) == asked
