"""Byte pair encoding as a visitor uses it: type, wind, click a bar, share the link."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.browser.helpers import assert_every_look_fits, settle

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Locator, Page

LOW = "/byte_pair_encoding?text=low+low+low+lower+lowest&step=0"


def says(page: Page, words: str) -> None:
    """The lesson comes to say this, and stands still; a busy machine may need a while."""
    expect(page.get_by_test_id("stMain")).to_contain_text(words, timeout=60_000)
    settle(page)  # a click on a page that is still being drawn can be lost
    page.wait_for_load_state("networkidle")


def tokens(page: Page) -> Locator:
    """The chips of the text under training."""
    return page.get_by_role("listbox", name="The text as tokens").get_by_role("option")


def test_winding_and_sharing(open_page: Callable[..., Page]) -> None:
    """Each merge changes the text and the sentence; the address gives another browser the same."""
    page = open_page(LOW)
    says(page, "Before the first merge every byte of the text is a token of its own.")
    expect(tokens(page)).to_have_count(24)
    page.get_by_role("button", name="Next merge").click()
    says(page, "Merge 1 joined l and o into lo, token 256, in 4 of 4 different words.")
    page.get_by_role("button", name="Next merge").click()
    says(page, "Merge 2 joined lo and w into low, token 257")
    expect(tokens(page)).to_have_count(14)
    settle(page)
    other = open_page(page.url)
    says(other, "Merge 2 joined lo and w into low, token 257")
    expect(tokens(other)).to_have_count(14)


def test_the_users_own_text(open_page: Callable[..., Page]) -> None:
    """Typed text is trained on, and what looks like HTML stays text."""
    page = open_page("/byte_pair_encoding?step=1")
    page.get_by_label("Text to learn from").fill("<b>aha</b> <b>aha</b>")
    page.get_by_label("Text to learn from").press("Control+Enter")
    says(page, "Merge 1 joined < and / into </, token 256, in 1 of 6 different words.")  # at 1 still, of 4 now
    expect(tokens(page).nth(0)).to_have_text("<")
    assert page.locator("[data-testid=stMain] b").count() == 0
    page.wait_for_url("**text=**")


def test_a_clicked_bar_gives_its_sum(open_page: Callable[..., Page]) -> None:
    """The arithmetic below the chart is that of the bar, and the link keeps the choice."""
    page = open_page("/byte_pair_encoding")
    says(page, "c + at: 1 × 3 in ·cat + 1 × 1 in ·scattered = 4")
    bars = page.get_by_label("Most frequent pairs of neighbours", exact=True).locator("canvas, svg").first
    box = bars.bounding_box()
    assert box is not None
    bars.click(position={"x": box["width"] / 2, "y": 5 * 24 + 14})
    page.wait_for_url("**pair=6-5**")
    says(page, "T + h: 1 × 1 in The + 1 × 1 in ·The + 1 × 1 in ·Then = 3")
    says(open_page(page.url), "T + h: 1 × 1 in The")


def test_a_word_of_ones_own_as_a_tree(open_page: Callable[..., Page]) -> None:
    """In each look: another word and tokenizer, and nothing reaches past the window."""
    page = open_page("/byte_pair_encoding?word=tokenization&ranks=pocket&guess=Thai")
    says(page, "12 bytes − 9 merges = 3 tokens, in bold.")
    says(page, "Hindi needs most, 70 tokens.")
    page.get_by_text("GPT-2", exact=True).first.click()
    page.wait_for_url("**word=tokenization**")
    says(page, "12 bytes − 10 merges = 2 tokens, in bold.")
    assert_every_look_fits(page)
