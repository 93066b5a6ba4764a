"""The test of a classifier in a browser: a click on a cell of the confusion matrix lists its messages."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

from playwright.sync_api import expect

from engine.datasets.labelled import load_messages
from engine.finetune.draft import create
from engine.finetune.parts import part_files
from engine.finetune.recipe import ClassifierRecipe
from engine.jobs import runner
from engine.jobs.classifying import read_predictions
from engine.jobs.spec import OPEN, JobSpec, owner_of
from engine.jobs.store import find
from tests.browser.helpers import settle
from tests.browser.test_train import WAIT

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Page


def test_click_a_cell_read_its_messages(open_page: Callable[..., Page], fresh_url: str, tmp_path: Path) -> None:
    page = open_page(f"{fresh_url}/classifier?step=testing")
    expect(page.get_by_role("button", name="Go to training")).to_be_visible(timeout=WAIT)
    (key,) = [cookie["value"] for cookie in page.context.cookies() if cookie["name"] == "glassbox_owner"]
    owner, root = owner_of(f"browser {key}"), tmp_path / "runs"
    draft = create(root, owner, "few.csv", load_messages()[:100].to_csv(index=False).encode())
    recipe = ClassifierRecipe(trained="head", epochs=1, max_length=16)
    job = runner.submit(root, JobSpec("classify", owner, "few", recipe.settings()), part_files(draft.parts()))
    draft.add_job(job.id)
    give_up = time.monotonic() + 120
    while runner.look(find(root, job.id)).state.status in OPEN and time.monotonic() < give_up:
        time.sleep(0.1)
    assert find(root, job.id).state.status == "finished", (job.folder / "log.txt").read_text()
    page.reload()
    settle(page)

    cells = page.locator("[data-testid=stVegaLiteChart] path[aria-roledescription='rect mark']")
    expect(cells).to_have_count(4, timeout=WAIT)
    found = read_predictions(job.folder)
    found = found[found["part"] == "test"]
    given = ["spam" if row.p1 > row.p0 else "ham" for row in found.itertuples()]
    # The cell of the first row and column is not the one that is open at first: that one is of wrong answers.
    number = sum(label == name == "ham" for label, name in zip(found["label"], given, strict=True))
    cells.first.click()
    expect(page.get_by_text(f"{number} messages are ham and were rightly called ham")).to_be_visible(timeout=WAIT)
    expect(page).to_have_url(re.compile("cell=0-0"))
