"""A classifier of one's own: from labelled texts to a model that sorts messages, step by step."""

from __future__ import annotations

from ui.lesson import friendly_errors, lesson
from ui.lessons.classifier import steps, words
from ui.owner import owner

with lesson("classifier") as page:
    step = steps.step_control(page.state)
    draft = steps.current_draft(page.state, owner())
    steps.keep_rule(page.state)
    steps.show_error()
    with friendly_errors():
        steps.show_step(step)(page.state, draft)
    steps.way_on(page.state, step)
    page.try_this(words.experiments())
    page.questions(words.questions())
    page.check(words.check())
