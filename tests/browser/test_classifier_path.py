"""The whole path of the classifier in a browser: our messages with the server killed on the way, hostile files."""

from __future__ import annotations

import contextlib
import csv
import io
import os
import re
import subprocess
import sys
import zipfile
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from playwright.sync_api import expect

from engine.datasets.labelled import load_messages
from tests.browser.helpers import Complaints, running_app, settle, visit
from ui.lessons.classifier.steps import STEPS, present

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, BrowserContext, Page

WAIT = 120_000
TEXT = "You have won a prize, reply now"


@contextlib.contextmanager
def killed_afterwards(context: BrowserContext, log: Path, where: str) -> Iterator[Page]:
    """A page of a server that is killed with the block."""
    with running_app(log, kill=True) as url:
        page = context.new_page()
        complaints = Complaints(page)
        visit(page, url + where)
        yield page
        complaints.assert_none()
        page.close()


def place(page: Page) -> str:
    """The address without the server's."""
    address = urlsplit(page.url)
    return f"{address.path}?{address.query}"


def go(page: Page, step: str) -> None:
    """To another step."""
    radio = page.get_by_role("radio", name=re.compile(rf"^\d {STEPS[step]}$"))
    radio.click()
    expect(radio).to_be_checked(timeout=WAIT)
    settle(page, WAIT)


def train_a_head(page: Page) -> None:
    """From the step head on: one epoch of the smallest thing that can learn, started."""
    go(page, "head")
    page.get_by_role("radio", name="Head, by steps", exact=True).click()
    expect(page.get_by_text("Only the new head learns")).to_be_visible(timeout=WAIT)
    go(page, "training")
    epochs = page.get_by_label("Epochs, at most", exact=True)
    epochs.fill("1")
    epochs.press("Enter")
    expect(page.get_by_text("× 1 epoch ")).to_be_visible(timeout=WAIT)
    page.get_by_role("button", name="Start training").click()
    expect(page.get_by_text("Runs of this draft")).to_be_visible(timeout=WAIT)


def test_our_messages_while_the_server_is_killed(browser: Browser, tmp_path: Path) -> None:
    log, context = tmp_path / "log.txt", browser.new_context()
    with killed_afterwards(context, log, "/classifier") as page:
        expect(page.get_by_text("1,434 rows, 2 columns")).to_be_visible()
        go(page, "balance")
        most = page.get_by_label("Rows of a class at most")
        most.fill("40")
        most.press("Enter")
        expect(page.get_by_text("1,354 rows")).to_be_visible(timeout=WAIT)
        where = place(page)
    with killed_afterwards(context, log, where) as page:
        expect(page.get_by_label("Rows of a class at most")).to_have_value("40")
        go(page, "split")
        expect(page.get_by_text("Of 80 rows")).to_be_visible()
        go(page, "padding")
        train_a_head(page)
        where = place(page)
    with killed_afterwards(context, log, where) as page:
        expect(page.get_by_text(": finished, step")).to_be_visible(timeout=WAIT)
        expect(page.get_by_label("Epochs, at most", exact=True)).to_have_value("1")
        if "testing" in present():
            go(page, "testing")
        where = place(page)
    with killed_afterwards(context, log, where) as page:
        go(page, "using")
        use(page, browser, tmp_path)
    context.close()


def use(page: Page, browser: Browser, folder: Path) -> None:
    """One text, the same on another's computer and at the link; a CSV there and back."""
    box = page.get_by_label("A text", exact=True)
    box.fill(TEXT)
    box.press("Control+Enter")
    settle(page)
    said = re.search(r"Answer: (\w+), ([\d.]+)%", page.locator("[data-testid=stMain]").inner_text())

    with page.expect_download() as taken:
        page.get_by_role("button", name="Export (zip)").click()
    with zipfile.ZipFile(taken.value.path()) as bundle:
        bundle.extractall(folder / "taken")
    env = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
    command = [sys.executable, "predict.py", TEXT]
    out = subprocess.run(command, cwd=folder / "taken", env=env, capture_output=True, text=True, check=True).stdout
    head, row = csv.reader(io.StringIO(out), delimiter="\t")
    assert row[0] == said[1]
    assert abs(100 * float(row[head.index(f"p {said[1]}")]) - float(said[2])) < 0.051

    data = f'id;text\r\n1;"{TEXT}"\r\n2;=1+1\r\n'.encode("utf-16")
    page.locator("input[type=file]").set_input_files({"name": "new.csv", "mimeType": "text/csv", "buffer": data})
    page.get_by_role("button", name="Classify 2 texts").click()
    with page.expect_download() as labelled:
        page.get_by_role("button", name=re.compile(r"^Download \(")).click()
    rows = list(csv.reader(io.StringIO(labelled.value.path().read_bytes().decode("utf-16")), delimiter=";"))
    assert labelled.value.suggested_filename == "new-classified.csv"
    assert rows[0] == ["id", "text", *head[:3]]
    assert rows[1][:3] == ["1", TEXT, said[1]]
    assert rows[2][1] == "'=1+1"

    page.get_by_role("button", name="Make a link").click()
    link = page.get_by_text(re.compile(r"^http.*shared_classifier\?id=")).inner_text()
    other = browser.new_context().new_page()
    visit(other, link)
    other.get_by_label("A text").fill(TEXT)
    other.get_by_role("button", name="Classify").click()
    expect(other.get_by_text(f"{said[1]}, {said[2]}%", exact=True)).to_be_visible()
    page.get_by_role("button", name="Take the link back").click()
    expect(page.get_by_role("button", name="Make a link")).to_be_visible()
    visit(other, link)
    expect(other.get_by_text("This link leads to no classifier")).to_be_visible()
    other.context.close()


def upload(page: Page, name: str, data: bytes) -> None:
    field = page.locator("input[type=file]")
    expect(field).to_be_enabled(timeout=WAIT)
    field.set_input_files({"name": name, "mimeType": "text/csv", "buffer": data})
    expect(page.get_by_text(f"{name}:").first).to_be_visible(timeout=WAIT)
    settle(page)


def test_ten_classes_in_utf_16_with_markup_in_their_names(open_page: Callable[..., Page]) -> None:
    names = [*(f"class {n}" for n in range(8)), "<img src=x onerror=document.title=1>", "=cmd()|$x$ [a](http://b)"]
    texts = load_messages()["text"][:80]
    rows = [f'"{text}";"{names[n % 10]}"' for n, text in enumerate(texts)]
    page = open_page("/classifier")
    upload(page, "ten.csv", "\r\n".join(["text;label", *rows, '"";class 0', ""]).encode("utf-16"))
    page.get_by_role("button", name="Leave these rows out").first.click()
    expect(page.get_by_text("left out: 1 left out.")).to_be_visible(timeout=WAIT)
    for step in ("balance", "split", "padding"):
        go(page, step)
    train_a_head(page)
    expect(page.get_by_text(": finished, step")).to_be_visible(timeout=WAIT)
    for step in present()[present().index("training") + 1 :]:
        go(page, step)
    page.get_by_role("button", name="Next test text").click()
    expect(page.get_by_text("Held out when this was trained")).to_be_visible(timeout=WAIT)
    expect(page.get_by_text(re.compile("^Answer: "))).to_be_visible(timeout=WAIT)
    assert page.title() != "1"
    assert page.locator("img[src=x]").count() == 0


def test_what_cannot_be_learned_from_says_so_at_every_step(open_page: Callable[..., Page]) -> None:
    page = open_page("/classifier")
    many = "".join(f"text of number {n} here,class{n}\n" for n in range(10_000))
    for name, data, says in (
        ("column.csv", b"text\n" + b"only texts\n" * 9, "only one column"),
        ("empty.csv", b"text,label\n,\n,\n", "no text or no label"),
        ("class.csv", b"text,label\n" + b"the same,ham\n" * 9, "only one class"),
        ("many.csv", f"text,label\n{many}".encode(), "10,000 classes"),
    ):
        upload(page, name, data)
        expect(page.get_by_text(says).first).to_be_visible(timeout=WAIT)
    for step in present()[1:]:
        go(page, step)
        assert page.get_by_role("button", name="Start training").count() == 0
    go(page, "data")
    zeros = {"name": "zeros.csv", "mimeType": "text/csv", "buffer": b"text,label\n" + b"a\0\0" * 90}
    page.locator("input[type=file]").set_input_files(zeros)
    expect(page.get_by_text("is no plain text")).to_be_visible(timeout=WAIT)
    expect(page.get_by_text("many.csv:").first).to_be_visible()
