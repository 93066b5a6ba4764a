"""Quiz: a paper of questions from all lessons, with an explanation for each and a score for each chapter."""

from __future__ import annotations

import streamlit as st

from ui.lesson import lesson
from ui.lessons.quiz.papers import pool
from ui.lessons.quiz.sections import MODES, one_at_a_time, progress, scores, settings, show_question, what_next
from ui.numbers import count

with lesson("quiz") as page:
    items = pool()
    left, right = page.stage(1, 1.9)
    with left:
        paper, seed = settings(page.state, items)
        mode = page.state.choice("mode", "Shown", list(MODES), "one", labels=MODES)
    name = f"{page.state.value('only', '')}.{seed}"
    with right:
        progress(name, paper)
        if mode == "one":
            one_at_a_time(page.state, name, paper, seed)
        else:
            for number, item in enumerate(paper, start=1):
                show_question(name, item, seed, f"Question {number} of {len(paper)}", keys=False)
        what_next(page.state, name, paper, seed)
    scores(items)
    st.caption(
        f"{count(len(items))} questions: those that the lessons end with, and more. The paper number is in the "
        "link: whoever opens it gets the same questions, in the same order, with the answers in the same places."
    )
