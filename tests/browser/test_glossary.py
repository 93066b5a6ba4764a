"""The glossary in a browser: a search leads to an entry, its link to the lesson, and its address to the entry."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.browser.helpers import settle


def test_from_a_search_to_the_lesson_and_to_the_same_entry(open_page):
    page = open_page("/glossary")
    page.get_by_label("Search").fill("attention WEIGHT")
    page.keyboard.press("Enter")
    settle(page)
    page.locator(".st-key-link-attention-weight").get_by_role("button").click()
    page.wait_for_url(re.compile("entry=attention-weight"))
    other = open_page(page.url)
    chosen = other.locator(".st-key-entry-top-attention-weight")
    expect(chosen.get_by_text("Attention weight", exact=True)).to_be_visible()
    chosen.get_by_role("link").click()
    other.wait_for_url(re.compile("/self_attention.*plain_step=weights"))
    settle(other)
