"""The frame in a real browser: deep links, links that carry the state, keyboard, presentation, themes."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.helpers import assert_every_look_fits, settle, visit
from ui.catalog import lessons, neighbours

ADDRESS = "/self_attention"


def press(page, name: str) -> None:
    page.get_by_role("radio", name=name, exact=True).click()
    settle(page)


@pytest.mark.parametrize("slug", ["home", "decoding"])
def test_deep_link_on_a_fresh_server_goes_through_the_router(fresh_url, open_page, slug):
    """A shared link works as the very first request that a server gets.

    Before a first session has run, Streamlit knows only the files in pages/, not the router. `lesson` sends every
    page to the router alike (a test of the pages' source holds that), so two pages stand for all.
    """
    page = open_page(f"{fresh_url}/{slug}")
    # The first run, past the router, may come to rest before the second has begun.
    expect(page.get_by_text("Presentation mode")).to_have_count(1, timeout=30_000)
    expect(page.locator("h1")).not_to_be_empty()
    expect(page.get_by_test_id("stSidebarNav").get_by_text("Self-attention by hand")).to_have_count(1)


def test_the_bare_address_leads_to_the_first_lesson(open_page):
    page = open_page("/?present=1")
    page.wait_for_url(re.compile(f"/{lessons()[0].slug}"))
    settle(page)
    expect(page).to_have_url(re.compile("present=1"))


def test_a_link_opened_in_another_browser_shows_the_same(open_page):
    page = open_page(ADDRESS)
    press(page, "Queries, keys, values")
    page.get_by_label("Seed of the weights").fill("42")
    page.keyboard.press("Enter")
    settle(page)
    press(page, "Scores")
    page.locator(".result .cell").nth(9).click()
    settle(page)
    expect(page).to_have_url(re.compile("seed=42"))
    expect(page).to_have_url(re.compile("cell=1-3"))
    other = open_page(page.url)
    expect(other).to_have_url(page.url)
    expect(other.locator(".sum")).to_have_text(page.locator(".sum").inner_text())
    expect(other.locator(".result .cell.chosen")).to_have_text(page.locator(".result .cell.chosen").inner_text())


def test_reload_back_and_forward(open_page):
    page = open_page(ADDRESS)
    press(page, "Weights")
    press(page, "Context")
    page.reload()
    settle(page)
    expect(page.locator("figure.result figcaption")).to_have_text(re.compile("^context"))
    page.go_back()
    settle(page)
    expect(page.locator("figure.result figcaption")).to_have_text(re.compile("^attention weights"))
    page.go_forward()
    settle(page)
    expect(page.locator("figure.result figcaption")).to_have_text(re.compile("^context"))


def test_controls_keep_their_values_over_other_lessons(open_page):
    page = open_page(ADDRESS + "?plain_step=context")
    page.get_by_test_id("stSidebarNav").get_by_role("link").first.click()
    page.wait_for_url(re.compile(f"/{lessons()[0].slug}"))
    settle(page)
    expect(page).not_to_have_url(re.compile("plain_step"))
    page.get_by_test_id("stSidebarNav").get_by_text("Self-attention by hand").click()
    page.wait_for_url(re.compile("plain_step=context"))


def test_copy_link_and_reset(open_page):
    page = open_page(ADDRESS + "?plain_step=weights&cell=3-3")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy link").click()
    page.get_by_text("Copied.").wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == page.url
    page.get_by_role("button", name="Reset").click()
    settle(page)
    expect(page).to_have_url(re.compile(f"{ADDRESS}$"))
    expect(page.locator("figure.result figcaption")).to_have_text(re.compile("^scores"))


def test_a_text_too_long_for_a_link_says_so_and_breaks_nothing(open_page):
    page = open_page(ADDRESS)
    page.get_by_label("Words and their numbers").fill("a 1\n" * 9 + "b " + "1" * 9_000)
    page.keyboard.press("Control+Enter")
    settle(page)
    expect(page).not_to_have_url(re.compile("words="))
    page.get_by_role("button", name="Copy link").click()
    page.get_by_text("Too long for a link, so left out of it: words").wait_for()


def test_presentation_mode_has_no_sidebar_larger_type_and_keys(open_page):
    usual = open_page(ADDRESS)
    size = "parseFloat(getComputedStyle(document.querySelector('h1')).fontSize)"
    page = open_page(ADDRESS + "?present=1")
    page.get_by_test_id("stSidebar").wait_for(state="hidden")
    assert page.evaluate(size) > 1.2 * usual.evaluate(size)
    page.keyboard.press("Escape")
    page.get_by_test_id("stSidebar").wait_for(state="visible")
    expect(page).not_to_have_url(re.compile("present"))


def test_arrow_keys_change_the_lesson_only_while_presenting_and_not_inside_controls(open_page):
    page = open_page(ADDRESS + "?present=1")
    page.get_by_role("button", name="Leave presentation").wait_for()
    page.locator(".result .cell.chosen").focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator(".sum")).to_contain_text("journey · with")
    page.get_by_label("Words and their numbers").focus()
    page.keyboard.press("ArrowRight")
    settle(page)
    expect(page).to_have_url(re.compile(ADDRESS))
    page.evaluate("document.activeElement.blur()")
    before = neighbours("self_attention")[0]
    page.keyboard.press("ArrowLeft")
    page.wait_for_url(re.compile(f"/{before.slug}.*present=1"))


def test_the_page_asks_no_other_machine(open_page, browser):
    page = open_page(ADDRESS)
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    visit(page, page.url)
    press(page, "Why divide by √d_k")
    hosts = {re.sub(r"^(\w+://[^/:]+).*", r"\1", url) for url in asked if not url.startswith(("data:", "blob:"))}
    assert hosts <= {"http://127.0.0.1", "ws://127.0.0.1"}


def test_every_look_fits(open_page):
    page = open_page(ADDRESS)
    for part in ("Queries, keys, values", "Why divide by √d_k", "SelfAttention v1 = v2", "Without trainable weights"):
        press(page, part)
        assert_every_look_fits(page)
