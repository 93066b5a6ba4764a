"""The lesson on splitting text in a browser: every part on a phone, and a link that keeps its state."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
from playwright.sync_api import expect

from tests.browser.helpers import assert_fits, settle

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page


@pytest.mark.parametrize("part", ["numbers", "special", "boundary"])
def test_every_part_fits_a_phone(part: str, open_page: Callable[..., Page]) -> None:
    assert_fits(open_page(f"/splitting_text?part={part}", width=390, height=844, scheme="dark"))


def test_right_to_left_words_and_markup_stay_text(open_page: Callable[..., Page]) -> None:
    page = open_page("/splitting_text?text=" + quote("שלום, <b>x</b> 👩\u200d🚀"))
    chips = page.get_by_role("listbox", name="Tokens of the text").get_by_role("option")
    expect(chips).to_have_count(4)
    assert [text.strip() for text in chips.all_inner_texts()] == ["שלום", ",", "<b>x</b>", "👩\u200d🚀"]
    assert_fits(page)


def test_a_broken_pattern_is_a_sentence_and_the_link_keeps_the_state(open_page: Callable[..., Page]) -> None:
    page = open_page("/splitting_text")
    pattern = page.get_by_role("textbox", name="Pattern for re.split")
    pattern.fill("([")
    pattern.press("Enter")
    # The pattern runs in a process of its own, which has to start.
    expect(page.get_by_text("not a regular expression")).to_be_visible(timeout=30_000)
    settle(page)
    page.get_by_role("button", name="and at , .", exact=True).click()
    expect(page.get_by_text("not a regular expression")).to_have_count(0, timeout=30_000)
    page.get_by_text("Make all letters small").click()
    expect(page.get_by_role("option", name="hello", exact=False).first).to_be_visible(timeout=30_000)
    settle(page)
    address = page.url
    assert "pattern=" in address
    assert "small=1" in address
    again = open_page(address)
    expect(again.get_by_role("textbox", name="Pattern for re.split")).to_have_value(r"([,.]|\s)")
    expect(again.get_by_role("option", name="hello", exact=False).first).to_be_visible()
