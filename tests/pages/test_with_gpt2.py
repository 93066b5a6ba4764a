"""Every lesson with GPT-2 chosen: its 12 x 12 heads, 50,257 tokens and 1,024 positions, with random weights.

Its vectors are thinner, 96 numbers instead of 768: what a page shows hangs on the rest. The full width is loaded and
run in tests/reference/test_full_size.py.
"""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from engine.config import GPT2_SIZES, parameter_count
from tests.ui.helpers import open_page
from ui import models
from ui.catalog import Lesson, lessons

if TYPE_CHECKING:
    from collections.abc import Iterator

NAME = "gpt2-small (124M)"
CONFIG = replace(GPT2_SIZES[NAME], emb_dim=96)
pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True, scope="module")
def gpt2(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Installed as the download leaves it, and released afterwards."""
    import torch
    from transformers import GPT2Config, GPT2LMHeadModel

    torch.manual_seed(3)
    downloads = tmp_path_factory.mktemp("downloads")
    GPT2LMHeadModel(GPT2Config(n_embd=CONFIG.emb_dim)).half().save_pretrained(downloads / "124M")
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(GPT2_SIZES, NAME, CONFIG)
        patch.setitem(os.environ, "GLASSBOX_DOWNLOADS", str(downloads))
        yield
        models.release(NAME)


@pytest.mark.parametrize("lesson", lessons(), ids=lambda lesson: lesson.slug)
def test_the_lesson_works(lesson: Lesson) -> None:
    app = open_page(lesson.slug, {"model": NAME})
    assert not app.exception
    assert not app.error
    assert any(caption.value.startswith(f"{parameter_count(CONFIG):,} parameters") for caption in app.sidebar.caption)
