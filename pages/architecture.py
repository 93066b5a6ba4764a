"""The architecture: what a GPT is made of, with the shape at every arrow and the parameters in every box."""

from __future__ import annotations

import streamlit as st

from engine.anatomy import anatomy
from engine.config import GPTConfig
from ui.code import show_code
from ui.lesson import friendly_errors, lesson
from ui.lessons.architecture import dummy, words
from ui.lessons.architecture.code import cells
from ui.lessons.architecture.sections import controls, draw_box, draw_map, draw_memory, draw_shares
from ui.lessons.architecture.sizes import all_sizes

with lesson("architecture") as page:
    left, right = page.stage(1, 2.9)
    with left:
        settings, batch, length = controls(page)
    cfg = None
    with right, friendly_errors():
        cfg = GPTConfig(**settings, drop_rate=0.0)
        parts = anatomy(cfg)
        chosen = draw_map(page, cfg, parts, batch, length)
    if cfg is not None:
        draw_box(cfg, parts, chosen, batch, length)
        draw_shares(page, cfg, parts)
        precision, fused = draw_memory(page, cfg, batch, length)
        dummy.show(page, cfg, batch, length)
        with st.expander("All sizes of GPT-2, and what is published", icon=":material/table:"):
            st.dataframe(all_sizes(), hide_index=True)
            st.caption(
                "*parameters* is what our model counts. The numbers that OpenAI gives are rounded; the paper's table 2 "
                "first said 117M, 345M, 762M and 1542M, and the authors corrected it."
            )
        show_code(cells(cfg, batch, length, precision, fused), "architecture")
    page.try_this(words.experiments())
    page.questions(words.questions())
    page.check(words.check())
