"""Training in a browser: the curve grows, a reload loses nothing, the zoom stays, another browser sees nothing."""

from __future__ import annotations

import contextlib
import re
from typing import TYPE_CHECKING

from playwright.sync_api import TimeoutError as PlaywrightTimeout
from playwright.sync_api import expect

from tests.browser.helpers import assert_fits, settle

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

# Long enough to be looked at; each step takes some milliseconds.
LONG = "/train?size=tiny&context=16&batch_size=4&epochs=60&learning_rate=0.003"
WAIT = 120_000


def step(page: Page) -> int:
    """The step that the page shows."""
    text = page.get_by_text(re.compile(r"step [\d,]+ of")).first.inner_text()
    return int(re.search(r"step ([\d,]+) of", text)[1].replace(",", ""))


def wait_for_step(page: Page, least: int) -> None:
    page.wait_for_function(
        """least => [...document.querySelectorAll('p')].map(p => /step ([\\d,]+) of/.exec(p.textContent))
                    .some(m => m && +m[1].replaceAll(',', '') >= least)""",
        arg=least,
        timeout=WAIT,
    )


def is_moved(page: Page) -> bool:
    """Whether the axes show what is left of step 0, which they do not by themselves."""
    chart = page.locator("[data-testid=stVegaLiteChart]").first
    return any("−" in text for text in chart.locator(".role-axis-label text").all_text_contents())


def move_chart(page: Page) -> None:
    """Drag the first chart, once it has points, to the right."""
    chart = page.locator("[data-testid=stVegaLiteChart]").first
    expect(chart.locator("path[aria-roledescription=point]").first).to_be_attached(timeout=WAIT)
    assert not is_moved(page)
    moved = chart.locator(".role-axis-label text").filter(has_text="−").first
    for patience in (5_000, 10_000, WAIT):  # the page may be laid out anew between the look and the grasp
        box = chart.bounding_box()
        page.mouse.move(box["x"] + 200, box["y"] + 90)
        page.mouse.down()
        page.mouse.move(box["x"] + 420, box["y"] + 90, steps=5)
        page.mouse.up()
        with contextlib.suppress(PlaywrightTimeout):
            return moved.wait_for(state="attached", timeout=patience)
    raise AssertionError("the chart cannot be dragged")


def test_start_grow_zoom_reload_stop_resume(open_page: Callable[..., Page]) -> None:
    page = open_page(LONG)
    page.get_by_role("button", name="Start training").click()
    wait_for_step(page, 3)
    move_chart(page)  # and it stays there while new points come
    wait_for_step(page, step(page) + 5)
    assert is_moved(page)
    seen = step(page)
    page.reload()
    wait_for_step(page, seen)
    page.get_by_role("button", name="Stop", exact=True).click()
    expect(page.get_by_text(": stopped, step")).to_be_visible(timeout=WAIT)
    settle(page)
    stopped = step(page)
    assert stopped >= seen
    page.get_by_role("button", name="Resume", exact=True).click()
    wait_for_step(page, stopped + 2)
    assert "glassbox_owner" in str(page.context.cookies())
    assert not any(cookie["value"] in page.url for cookie in page.context.cookies())

    # All runs, in the same browser: there, and deleted while it runs.
    address = page.url
    page.goto(page.url.split("/train")[0] + "/runs")
    settle(page)
    wait_for_step(page, stopped)
    assert_fits(page)
    other = open_page("/runs")
    expect(other.get_by_text("no runs on this server yet")).to_be_visible(timeout=30_000)
    other.goto(address)
    settle(other)
    expect(other.get_by_text("how the pocket model learned")).to_be_visible(timeout=30_000)
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("button", name="Delete it for good").click()
    expect(page.get_by_text("no runs on this server yet")).to_be_visible(timeout=30_000)
