"""Instruction tuning in a browser: a file is brought, the curve grows, answers appear, the model is there to ask."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from playwright.sync_api import expect

from engine.datasets.task_words import NOUNS
from tests.browser.helpers import assert_fits, settle
from tests.browser.test_train import step, wait_for_step

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

WAIT = 120_000
ENTRIES = [{"instruction": f"Say {word} twice.", "input": "", "output": f"{word} {word}"} for word in NOUNS[:20]]
SETTINGS = "epochs=8&batch_size=4&answer_tokens=4&rate_all=0.003"


def test_bring_a_file_tune_on_it_and_ask_the_model(open_page: Callable[..., Page]) -> None:
    page = open_page("/instruction_data?source=mine")
    upload = {"name": "twice.json", "mimeType": "application/json", "buffer": json.dumps(ENTRIES).encode()}
    page.locator("input[type=file]").set_input_files(upload)
    expect(page.get_by_text("20 entries in the file")).to_be_visible(timeout=WAIT)
    page.goto(f"{page.url.split('/instruction_data')[0]}/instruction_tuning?{SETTINGS}")
    settle(page)
    page.get_by_role("combobox", name="Instructions with answers").click()
    page.get_by_role("option", name="My file: twice.json").click()
    expect(page.get_by_text("40 steps")).to_be_visible(timeout=WAIT)
    page.get_by_role("button", name="Start tuning").click()
    wait_for_step(page, 2)
    chart = page.locator("[data-testid=stVegaLiteChart]").first
    expect(chart.locator("path[aria-roledescription=point]").first).to_be_attached(timeout=WAIT)
    seen = step(page)
    wait_for_step(page, seen + 5)
    page.reload()
    wait_for_step(page, seen + 6)
    expect(page.get_by_text("Before and after, on instructions it never saw")).to_be_visible(timeout=WAIT)
    settle(page)
    for name in ("expected", "before tuning", "after tuning"):
        expect(page.get_by_role("paragraph").filter(has_text=re.compile(f"^{name}$"))).to_be_visible()

    # The model answers here, and stands in the list of every lesson.
    page.get_by_placeholder("Ask it something").fill("Say moon twice.")
    page.keyboard.press("Enter")
    expect(page.get_by_text(re.compile(r"\d tokens, the last one"))).to_be_visible(timeout=WAIT)
    page.get_by_role("button", name="Look into it in every lesson").click()
    settle(page)
    expect(page).to_have_url(re.compile("model=run-"))
    expect(page.get_by_role("combobox", name="Model")).to_have_value(re.compile("^Yours: twice.json"))
    page.set_viewport_size({"width": 390, "height": 844})
    assert_fits(page)

    # Another browser gets the settings, and neither the run nor its model.
    other = open_page(page.url)
    expect(other.get_by_role("spinbutton", name="Epochs")).to_have_value("8")
    expect(other.get_by_role("button", name="Start tuning")).to_be_visible()
    expect(other.get_by_text("is not here: deleted")).to_be_visible()
    expect(other.get_by_text("Talk to it")).to_have_count(0)
