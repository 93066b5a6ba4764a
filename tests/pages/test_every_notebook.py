"""Every notebook that a lesson offers when it opens, in each of its parts, runs from top to bottom.

Each in a clean process of its own; one lesson's in Jupyter. Notebooks offered only after a button was pressed have
tests of their own.
"""

from __future__ import annotations

import nbformat
import pytest
import streamlit
from nbclient import NotebookClient

from tests.notebooks import run_notebook
from tests.ui.helpers import open_page
from ui.catalog import ROOT, lessons

# These notebooks are the whole training on screen: the tests of their pages run them with a small one.
TRAININGS = {"train", "instruction_tuning"}
LESSONS = [lesson.slug for lesson in lessons() if lesson.section != "Always there" and lesson.slug not in TRAININGS]


@pytest.fixture
def offered(monkeypatch: pytest.MonkeyPatch) -> tuple[dict[tuple[str, bytes], None], dict[str, list[str]]]:
    """What pages offer from now on: notebooks by file name and content, and each choice's options by its key."""
    books: dict[tuple[str, bytes], None] = {}
    choices: dict[str, list[str]] = {}
    download, choice = streamlit.download_button, streamlit.segmented_control

    def record_download(label, data, file_name=None, **options):
        if str(file_name).endswith(".ipynb"):
            books[file_name, data()] = None
        return download(label, data, file_name, **options)

    def record_choice(label, options, **more):
        choices[str(more.get("key"))] = list(options)
        return choice(label, options, **more)

    monkeypatch.setattr(streamlit, "download_button", record_download)
    monkeypatch.setattr(streamlit, "segmented_control", record_choice)
    return books, choices


@pytest.mark.parametrize("slug", LESSONS)
def test_every_notebook_runs(slug: str, offered: tuple) -> None:
    books, choices = offered
    app = open_page(slug)
    # By the house's custom, the choice between a lesson's parts is called `part`.
    for part in choices.get(f"{slug}.part", [])[1:]:
        app.session_state[f"{slug}.part"] = part
        app.run()
        assert not app.exception, part
    assert books
    for _, content in books:
        run_notebook(content)


def test_jupyter_runs_a_notebook(offered: tuple) -> None:
    open_page("both_sides")
    ((_, content),) = offered[0]
    book = nbformat.reads(content.decode(), as_version=4)
    NotebookClient(book, timeout=300, resources={"metadata": {"path": str(ROOT)}}).execute()
    counts = [cell.execution_count for cell in book.cells if cell.cell_type == "code"]
    assert counts == list(range(1, len(counts) + 1))
