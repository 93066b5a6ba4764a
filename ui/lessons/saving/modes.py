"""Part three: the same text again and again, in train mode and in eval mode."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from ui import models
from ui.code import model_cell, show_code
from ui.figures.saving import mode_dots
from ui.lessons.saving.words import TEXT
from ui.numbers import fmt

if TYPE_CHECKING:
    from ui.lesson import Page
    from ui.models import LoadedModel

PASSES, MOST_TOKENS = 20, 64


def losses(loaded: LoadedModel, text: str, rate: float, seed: int) -> tuple[list[float], list[float]]:
    """The losses in both modes."""
    import torch

    from engine.analysis.saving import losses_by_mode
    from engine.tokenizers.pretrained import encode_text

    ids = torch.tensor(encode_text(loaded.tokenizer, text)[:MOST_TOKENS], dtype=torch.long)
    return losses_by_mode(loaded.model, ids, rate, PASSES, seed)


def show(page: Page) -> None:
    """Twenty dots for each mode."""
    state = page.state
    left, right = page.stage(1, 3)
    with left:
        text = state.text("text", "Text", TEXT, area=True, height=110)
        rate = state.slider("drop", "Dropout rate", 0.0, 0.5, 0.1, 0.05)
        seed = state.number("mode_seed", "Seed of the dropout", 0, 99_999, 1)
        st.caption(f"The model chosen on the left reads the text's first {MOST_TOKENS} tokens 20 times in each mode.")
    with right, st.spinner("Reading …"):
        train, calm = models.infer(losses, models.current(), text, rate=rate, seed=seed)
        frame, spec = mode_dots(train, calm)
        st.vega_lite_chart(frame, spec, key="modes", alt="Loss of each of 20 passes in train mode and in eval mode")
    st.header("The arithmetic", anchor=False)
    st.markdown(
        f"- Train mode: from {fmt(min(train), 4)} to {fmt(max(train), 4)}, mean **{fmt(float(np.mean(train)), 4)}**\n"
        f"- Eval mode: from {fmt(min(calm), 4)} to {fmt(max(calm), 4)}, mean **{fmt(float(np.mean(calm)), 4)}**\n\n"
        f"In train mode each number at a dropout is made 0 with chance {rate:g}; what is left is divided by "
        f"1 − {rate:g} = {1 - rate:g}, so that the sum stays the same on average. "
        "In eval mode dropout passes everything on. The weights are the same in both modes."
    )
    show_code(code(models.current_name(), text, rate, seed), "saving_modes")


def code(model: str, text: str, rate: float, seed: int) -> list[str]:
    """The code behind the dots."""
    return [
        model_cell(model),
        "import torch\n\nfrom engine.analysis.saving import losses_by_mode\n"
        "from engine.tokenizers.pretrained import encode_text\n\n"
        f"ids = torch.tensor(encode_text(tokenizer, {text!r})[:{MOST_TOKENS}])\n"
        f"train, calm = losses_by_mode(model, ids, rate={rate}, passes={PASSES}, seed={seed})",
        "print(train)\nprint(calm)",
    ]
