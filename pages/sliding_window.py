"""Sliding window: how a text becomes inputs and targets, and these become batches."""

from __future__ import annotations

import streamlit as st

from ui.code import show_code
from ui.lesson import friendly_errors, lesson
from ui.lessons.sliding_window import windows, words
from ui.lessons.sliding_window.sections import (
    chosen,
    controls,
    draw_batches,
    draw_cost,
    draw_pairs,
    draw_windows,
    read_epoch,
    summary,
)

with lesson("sliding_window") as page:
    left, right = page.stage(1, 2.4)
    with left:
        text, settings = controls(page)
    epoch = None
    with right, friendly_errors():
        epoch = read_epoch(text, settings)
        window, batch = chosen(page, "window", len(epoch.inputs)), chosen(page, "batch", len(epoch.order))
        st.markdown(summary(epoch))
        draw_windows(page, epoch, window, batch)
    if epoch is not None:
        st.header("Input and target, place by place", anchor=False)
        draw_pairs(epoch, window)
        st.header("What the DataLoader hands over", anchor=False)
        draw_batches(page, text, epoch, batch)
        draw_cost(text, settings)
        show_code(windows.code(text, settings, batch), "sliding_window")
    page.try_this(words.experiments())
    page.questions(words.questions())
    page.check(words.check())
