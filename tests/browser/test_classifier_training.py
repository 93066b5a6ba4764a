"""Training a classifier in a browser: the curve grows, the zoom stays, a reload and another step lose nothing."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from playwright.sync_api import expect

from engine.finetune.recipe import ClassifierRecipe
from tests.browser.helpers import settle
from tests.browser.test_train import WAIT, is_moved, move_chart, step, wait_for_step

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page


def test_start_grow_zoom_reload_finish_and_other_steps(open_page: Callable[..., Page]) -> None:
    page = open_page("/classifier?step=training")
    page.wait_for_function("document.cookie.includes('glassbox_owner')")
    settle(page)
    epochs = page.get_by_label("Epochs, at most", exact=True)
    # The key that a new browser made has cut the first run short; the fields show the draft's values all the same.
    expect(page.get_by_label("Weight decay", exact=True)).to_have_value(f"{ClassifierRecipe().weight_decay:.3g}")
    page.get_by_role("button", name="Last block", exact=True).click()
    expect(epochs).to_have_value("8")
    epochs.fill("2")
    epochs.press("Enter")
    expect(page.get_by_text("× 2 epochs")).to_be_visible(timeout=WAIT)
    page.get_by_role("button", name="Start training").click()
    wait_for_step(page, 3)
    move_chart(page)
    # Past the end of an epoch, when the line through the best one appears or moves.
    wait_for_step(page, 65)
    expect(page.get_by_text("Vertical line:")).to_be_visible()
    assert is_moved(page)
    seen = step(page)
    page.reload()
    wait_for_step(page, seen)
    expect(page.get_by_text(re.compile(r": finished, step 126 of 126"))).to_be_visible(timeout=WAIT)
    expect(page.get_by_text("those weights are kept")).to_be_visible()
    expect(epochs).to_have_value("2")
    settle(page)

    # To another step and back; the link alone shows the same in this browser.
    page.get_by_role("button", name=re.compile(r"^\d Head")).click()
    expect(page.get_by_text("The loss before any training")).to_be_visible(timeout=WAIT)
    page.get_by_role("radio", name=re.compile("Training")).click()
    expect(page.get_by_text(": finished, step 126")).to_be_visible(timeout=WAIT)
    expect(page).to_have_url(re.compile("step=training.*run="))  # it is written when the page has been drawn
