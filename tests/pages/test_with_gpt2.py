"""Every lesson with GPT-2 chosen: a model of its full shape, 12 x 12 heads and 50,257 tokens, with random weights."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

import pytest

from tests.ui.helpers import open_page
from ui import models
from ui.catalog import Lesson, lessons

if TYPE_CHECKING:
    from collections.abc import Iterator

NAME = "gpt2-small (124M)"
pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True, scope="module")
def gpt2(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Installed as the download leaves it, and gone afterwards."""
    import torch
    from transformers import GPT2Config, GPT2LMHeadModel

    torch.manual_seed(3)
    downloads = tmp_path_factory.mktemp("downloads")
    GPT2LMHeadModel(GPT2Config()).half().save_pretrained(downloads / "124M")
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(os.environ, "GLASSBOX_DOWNLOADS", str(downloads))
        yield
        models.release(NAME)
    shutil.rmtree(downloads)


@pytest.mark.parametrize("lesson", lessons(), ids=lambda lesson: lesson.slug)
def test_the_lesson_works(lesson: Lesson) -> None:
    app = open_page(lesson.slug, {"model": NAME})
    assert not app.exception
    assert not app.error
    assert any(caption.value.startswith("124,439,808 parameters") for caption in app.sidebar.caption)
