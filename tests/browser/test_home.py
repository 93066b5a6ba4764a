"""The home page in a browser: type, follow, append, share the link, go on to a lesson with the same text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.browser.helpers import settle

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page


def test_follow_append_share(open_page: Callable[..., Page]) -> None:
    page = open_page("/home")
    field = page.get_by_label("Your sentence")
    field.fill("The captain went to the")
    field.press("Enter")
    expect(page.get_by_text("23 characters, 23 bytes.")).to_be_visible()
    page.get_by_role("button", name="Follow it").click()
    page.get_by_role("button", name="Next token").click(timeout=120_000)  # torch is imported only now
    expect(page.locator(".stop mark")).to_be_visible()
    first = page.locator(".stop mark").inner_text()
    page.get_by_role("button", name="Next token").click()
    expect(page.locator(".stop mark")).not_to_have_text(first)
    settle(page)
    added, likeliest = page.locator(".stop mark").inner_text(), page.locator(".stop .big").inner_text()

    other = open_page(page.url.removeprefix(page.url.split("/home")[0]))
    expect(other.get_by_label("Your sentence")).to_have_value("The captain went to the")
    expect(other.locator(".stop mark")).to_have_text(added)
    expect(other.locator(".stop .big")).to_have_text(likeliest)

    page.get_by_role("button", name="Take back").click()
    expect(page.locator(".stop mark")).to_have_text(first)


def test_an_example_runs_at_once_and_leads_on(open_page: Callable[..., Page]) -> None:
    page = open_page("/home")
    page.get_by_role("button", name="The sun went down behind the").click()
    expect(page.get_by_text("One head of")).to_be_visible()
    page.get_by_test_id("stMain").get_by_role("link", name="Heads in the wild").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Heads in the wild")
    settle(page)
    expect(page.get_by_label("Text", exact=True)).to_have_value("The sun went down behind the")


def test_hostile_text_stays_text(open_page: Callable[..., Page]) -> None:
    page = open_page("/home?text=%3Cimg+src%3Dx+onerror%3D%22document.title%3D1%22%3E%3Cb%3Ebold%3C%2Fb%3E")
    expect(page.locator(".said")).to_contain_text("<img src=x")
    assert page.locator(".said img, .said b").count() == 0
    assert page.title() != "1"
