"""Judging answers: what can be counted, a larger model as judge, a class that votes blindly, and whether they agree."""

from __future__ import annotations

from ui import models
from ui.code import show_code
from ui.lesson import friendly_errors, lesson
from ui.lessons.judging import agree, code, measures, ollama, pairs, sources, vote, words
from ui.owner import owner

PARTS = {
    "measure": "Measure",
    "model": "A model scores",
    "pairs": "A or B? AlpacaEval in small",
    "vote": "The class votes",
    "agree": "Do judges agree?",
}


def draw(page, part):
    """The answers and the part's controls on the left, what the part makes of them on the right and below."""
    state, responses = page.state, None
    left, right = page.stage(1, 2.4)
    controls = left.container()
    with left:  # last, so that nothing moves when a new browser has got its key
        visitor = owner()
    with controls, friendly_errors():
        responses = sources.choose(state, visitor)
    if part == "vote":
        with right, friendly_errors():
            vote.show(state, responses, visitor)
    elif responses is None:
        right.info("Choose a file with answers, or other answers.")
    else:
        with friendly_errors():
            show = {"measure": measures.show, "model": ollama.show, "pairs": pairs.show, "agree": agree.show}[part]
            show(state, responses, visitor, controls, right)
    if responses is not None:
        example = sources.is_example(state)
        show_code(code.cells(state, part, responses, example, models.current().name), "judging")


with lesson("judging") as page:
    joined = page.state.value("vote", "")
    if joined:
        vote.take_part(page.state, joined, owner())
    else:
        part = page.state.choice("part", "Part", list(PARTS), "measure", labels=PARTS, label_visibility="collapsed")
        draw(page, part)
        page.try_this(words.experiments())
        page.questions(words.questions())
        page.check(words.check())
