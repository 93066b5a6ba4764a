"""The lesson "What is an LLM?" in a browser: click the map, compare sizes, choose a label, fine-tune, share each."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

import pytest
from playwright.sync_api import expect

from tests.browser.helpers import assert_every_look_fits, settle

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

SLUG = "/what_is_an_llm"


def address(page: Page) -> str:
    """What a shared link holds after the server's name."""
    settle(page)
    return page.url[page.url.index(SLUG) :]


def test_click_in_the_map_and_share(open_page: Callable[..., Page]) -> None:
    page = open_page(SLUG)
    page.get_by_role("button", name="ELIZA, 1966").click()
    expect(page.get_by_text("Chatted like a therapist")).to_be_visible()
    page.wait_for_url("**box=eliza*")
    page.get_by_role("button", name="Machine learning (ML)").press("Enter")
    expect(page.get_by_text("Systems that learn patterns from data")).to_be_visible()

    other = open_page(address(page))
    expect(other.get_by_text("Systems that learn patterns from data")).to_be_visible()
    expect(other.get_by_role("button", name="Machine learning (ML)")).to_have_attribute("aria-pressed", "true")


def test_choose_another_label_and_share(open_page: Callable[..., Page]) -> None:
    page = open_page(f"{SLUG}?" + urlencode({"part": "labels", "text": "The captain gave the letter to the doctor."}))
    answer = page.get_by_text("The model gave the right answer")
    expect(answer).to_contain_text("·letter")
    settle(page)  # a click on a page that is still being drawn can be lost
    page.get_by_role("option", name="·doctor").click()
    expect(answer).to_contain_text("·doctor")
    page.wait_for_url("**place=*")
    said = answer.inner_text()

    other = open_page(address(page))
    expect(other.get_by_text("The model gave the right answer")).to_have_text(said)


def test_fine_tune_and_share(open_page: Callable[..., Page]) -> None:
    page = open_page(f"{SLUG}?part=contest&train=50")
    page.get_by_role("button", name="Fine-tune the GPT").click()
    conclusion = page.get_by_text("Only counting is right on")
    expect(conclusion).to_be_visible(timeout=120_000)
    said = conclusion.inner_text()
    page.get_by_label("Message", exact=True).fill("Your parcel is waiting, pay 1.99 at post.example.com")
    page.get_by_label("Message", exact=True).press("Control+Enter")
    page.wait_for_url("**message=Your*")
    gpt = page.get_by_text("The GPT: ")
    settle(page)
    verdict = gpt.inner_text()

    other = open_page(address(page))
    expect(other.get_by_text("Only counting is right on")).to_have_text(said)
    expect(other.get_by_text("The GPT: ")).to_have_text(verdict)


@pytest.mark.parametrize("part", ["size", "stages", "contest"])
def test_other_parts_fit_every_look(part: str, open_page: Callable[..., Page]) -> None:
    page = open_page(f"{SLUG}?part={part}")
    assert_every_look_fits(page)
