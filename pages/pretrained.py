"""Pretrained weights: settings, params and the mapping from theirs to ours; mistakes, and what notices them."""

from __future__ import annotations

import streamlit as st

from ui import models
from ui.code import show_code
from ui.lesson import friendly_errors, lesson
from ui.lessons.pretrained import words
from ui.lessons.pretrained.code import code
from ui.lessons.pretrained.sections import checks_part, corner_part, mapping_part, mistakes_part

with lesson("pretrained") as page:
    cfg = models.configs()[models.current_name()]
    row = mapping_part(page, cfg)
    with friendly_errors():
        corner_part(page, row)
    text, mistake = mistakes_part(page, cfg)
    checks_part()
    st.header("Settings and params", anchor=False)
    settings = {"n_vocab": cfg.vocab_size, "n_ctx": cfg.context_length, "n_embd": cfg.emb_dim}
    settings |= {"n_head": cfg.n_heads, "n_layer": cfg.n_layers}
    st.code(f"settings = {settings}", language="python", wrap_lines=True)
    st.caption(
        "These five numbers are all that OpenAI's hparams.json says. `params` has `wte` (tokens), `wpe` (positions), "
        "`g` and `b` (the last norm) and `blocks`, one dictionary for each layer. There is no head: it is `wte` again."
    )
    show_code(code(models.current_name(), row.ours, mistake, text), "pretrained")
    page.try_this(words.experiments())
    page.questions(words.questions())
    page.check(words.check())
