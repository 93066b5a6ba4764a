"""Models and machine in a browser: an error in its place, and a download that two tabs watch to its end."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.helpers import running_app
from tests.hub import MEDIUM, running_hub


def test_a_download_without_network_says_why(open_page):
    page = open_page("/models_and_machine")
    page.locator("[class*='st-key-get-gpt2-large'] button").click()
    sentence = page.get_by_text("HF_HUB_OFFLINE is set, so gpt2-large (774M) is not fetched")
    sentence.wait_for()
    page.get_by_role("button", name="Cancel").wait_for(state="detached")
    expect(page.get_by_test_id("stProgress")).to_have_count(0)
    other = open_page("/models_and_machine")
    expect(other.get_by_text("HF_HUB_OFFLINE is set, so gpt2-large (774M)")).to_have_count(1)


@pytest.fixture
def served(monkeypatch, tmp_path):
    """A hub and an app that takes it for Hugging Face's."""
    monkeypatch.setenv("GLASSBOX_DOWNLOADS", str(tmp_path / "downloads"))
    monkeypatch.setenv("HF_HUB_OFFLINE", "0")
    with running_hub() as hub:
        monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{hub.server_port}")
        with running_app(tmp_path / "log.txt") as url:
            yield hub, url


def test_a_download_seen_from_two_tabs_moves_on_by_itself(open_page, served):
    """Nobody touches the pages after the click: they ask while it runs, show its end, and stand still."""
    hub, url = served
    hub.hold.set()
    first = open_page(f"{url}/models_and_machine?model={MEDIUM.name}")
    first.locator("[class*='st-key-get-gpt2-medium'] button").click()
    first.get_by_text("524 kB of 1.05 MB").wait_for()
    second = open_page(f"{url}/models_and_machine")
    second.get_by_text("524 kB of 1.05 MB").wait_for()
    hub.hold.clear()
    for page in (first, second):
        page.get_by_role("button", name="Delete").wait_for()
        expect(page.get_by_test_id("stProgress")).to_have_count(0)
    first.get_by_test_id("stSidebar").get_by_text("354,823,168 parameters").wait_for()
    second.get_by_role("button", name="Delete").click()
    second.get_by_role("button", name="Yes, delete").wait_for()
    second.get_by_role("button", name="Yes, delete").click()
    second.locator("[class*='st-key-get-gpt2-medium'] button").wait_for()
