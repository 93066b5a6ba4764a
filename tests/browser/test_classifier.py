"""The classifier's first steps in a browser: a file goes in, a repair is made, and the link brings all of it back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playwright.sync_api import expect

from engine.datasets.labelled import load_messages
from tests.browser.helpers import assert_every_look_fits, settle, visit

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Page

MESSAGES = load_messages()[:60].values.tolist()
ROWS = ['""; ham;u0', *(f'"{text}";{label};u{n % 9}' for n, (label, text) in enumerate(MESSAGES))]
SHEET = "\r\n".join(["Text;Klasse;author", "<b>Hi</b>, call me back tonight;Ham ;u1", *ROWS]).encode("utf-16")


def upload(page: Page, name: str, data: bytes) -> None:
    field = page.locator("input[type=file]")
    expect(field).to_be_enabled(timeout=30_000)  # once the browser has its key
    field.set_input_files({"name": name, "mimeType": "text/csv", "buffer": data})
    expect(page.get_by_text(f"{name}:").first).to_be_visible(timeout=30_000)
    settle(page)


def test_an_upload_is_walked_through_and_found_again(open_page: Callable[..., Page]) -> None:
    page = open_page("/classifier")
    upload(page, "mine.csv", SHEET)
    expect(page.get_by_text("UTF-16; semicolon between cells; a header; 62 rows, 3 columns")).to_be_visible()
    page.get_by_role("button", name="Leave these rows out").first.click()
    expect(page.get_by_text("Rows without a text or a label left out: 1 left out.")).to_be_visible()
    page.get_by_role("button", name="Use one spelling for each class").click()
    expect(page.get_by_text("One spelling for each class: 1 changed.")).to_be_visible()
    settle(page)
    assert_every_look_fits(page)
    page.get_by_role("button", name="2 Balance").first.click()
    page.get_by_text("All parts", exact=True).click()
    expect(page.get_by_text("Undersampling, as in the notes")).to_be_visible()
    settle(page)
    page.get_by_role("button", name="3 Split").first.click()
    page.get_by_text("By group", exact=True).click()
    expect(page.get_by_text("of them have the same author as a row of training")).to_be_visible()
    settle(page)
    # The same browser after closing the page: everything is in the link and on the disk.
    again = page.context.new_page()
    visit(again, page.url)
    expect(again.get_by_text("of them have the same author as a row of training")).to_be_visible()
    again.get_by_text("1 Data", exact=True).click()
    expect(again.get_by_text("Rows without a text or a label left out: 1 left out.")).to_be_visible()
    # Another browser with the same link sees nothing of it.
    stranger = open_page(page.url)
    expect(stranger.get_by_text("another browser's")).to_be_visible()
    expect(stranger.get_by_text("author")).to_have_count(0)


def test_a_hostile_file_runs_nothing_and_one_too_large_changes_nothing(
    open_page: Callable[..., Page], tmp_path: Path
) -> None:
    page = open_page("/classifier")
    bad = "<img src=x onerror='document.title=1'>"
    upload(page, "bad.csv", f'text,label\n"{bad}","{bad}"\n=1+1,$x^2$\n'.encode())
    expect(page.get_by_text("2 rows").first).to_be_visible()
    assert page.title() != "1"
    assert page.locator("img[src=x]").count() == 0
    huge = tmp_path / "huge.csv"
    huge.write_bytes(b"text,label\n" + b"x" * 50_000_000)
    page.locator("input[type=file]").set_input_files(huge)
    expect(page.get_by_text("must be 20").first).to_be_visible()
    settle(page)
    expect(page.get_by_text("bad.csv:")).to_be_visible()
