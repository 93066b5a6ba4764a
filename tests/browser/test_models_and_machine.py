"""Models and machine in a browser: a download without a network ends in its sentence, seen by a second tab too."""

from __future__ import annotations


def test_a_download_without_network_says_why(open_page):
    page = open_page("/models_and_machine")
    page.locator("[class*='st-key-get-gpt2-large'] button").click()
    sentence = page.get_by_text("HF_HUB_OFFLINE is set, so gpt2-large (774M) is not fetched")
    sentence.wait_for()
    page.get_by_role("button", name="Cancel").wait_for(state="detached")
    assert page.get_by_test_id("stProgress").count() == 0
    other = open_page("/models_and_machine")
    assert other.get_by_text("HF_HUB_OFFLINE is set, so gpt2-large (774M)").count() == 1
