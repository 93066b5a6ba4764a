"""The whole path of instruction tuning in Chromium with the pocket model, timed: `python scripts/instruct_path.py`.

From the opened page, with its settings as they come, to a tuned model that has answered: start, curve, answers
before and after, a question of one's own, the model in another lesson. Prints what it saw and when.
"""

from __future__ import annotations

import re
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from playwright.sync_api import expect, sync_playwright

from tests.browser.helpers import LAPTOP, Complaints, chromium_path, running_app, settle, visit

WAIT = 3_600_000
QUESTION = 'What is the plural of "window"?'


def main() -> None:
    """Walk the path once."""
    folder = Path(tempfile.mkdtemp())
    with running_app(folder / "log.txt") as url, sync_playwright() as p:
        (folder / "limits.toml").write_text("threads = 2\n", encoding="utf-8")
        browser = p.chromium.launch(executable_path=chromium_path(), args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_context(viewport=LAPTOP).new_page()
        complaints = Complaints(page)
        began = time.perf_counter()

        def tell(what: str) -> None:
            print(f"{time.perf_counter() - began:6.0f} s  {what}", flush=True)

        visit(page, f"{url}/instruction_tuning")
        tell("the page is open")
        page.get_by_role("button", name="Start tuning").click()
        step = page.get_by_text(re.compile(r"step [1-9][\d,]* of")).first
        expect(step).to_be_visible(timeout=WAIT)
        tell(step.inner_text())
        expect(page.get_by_text("Before and after, on instructions it never saw")).to_be_visible(timeout=WAIT)
        settle(page, WAIT)
        tell("answers before and after are there")
        metrics = page.get_by_test_id("stMetric").all_inner_texts()
        tell("; ".join(" ".join(text.split()) for text in metrics))
        page.get_by_placeholder("Ask it something").fill(QUESTION)
        page.keyboard.press("Enter")
        expect(page.get_by_text(re.compile(r"\d tokens, the last one"))).to_be_visible(timeout=WAIT)
        said = page.get_by_test_id("stChatMessage").nth(1).locator("p").first.inner_text()
        tell(f"asked {QUESTION} it said: {said}")
        page.get_by_role("button", name="Look into it in every lesson").click()
        settle(page, WAIT)
        model = re.search(r"model=(run-[\w-]+)", page.url)
        assert model, page.url
        visit(page, f"{url}/generating?model={model[1]}")
        expect(page.get_by_role("combobox", name="Model")).to_have_value(re.compile("^Yours: "))
        tell("it is the model of another lesson")
        complaints.assert_none()
        browser.close()


if __name__ == "__main__":
    main()
