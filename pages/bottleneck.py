"""The bottleneck: an encoder-decoder with one hidden state against the same with attention, copying or reversing."""

from __future__ import annotations

import streamlit as st

from ui.code import show_code
from ui.lesson import friendly_errors, lesson
from ui.lessons.bottleneck import runs, words
from ui.lessons.bottleneck.code import code
from ui.lessons.bottleneck.sections import say_written, show_accuracy, show_alignment, show_states
from ui.lessons.bottleneck.training import show_training, source_of

TASKS = {"reverse": "Reverse", "copy": "Copy"}


@st.cache_resource(max_entries=64, show_spinner=False)
def walks(source, text):
    """{attention?: the text read and written step by step}"""
    from engine.experiments.seq2seq import walk

    return {kind: walk(model, text) for kind, model in runs.record(source).models.items()}


with lesson("bottleneck") as page:
    state = page.state
    runs.owner()  # a new browser makes its key now, before a training is started with it
    left, right = page.stage(1, 2.3)
    with left:
        task = state.choice("task", "Task", list(TASKS), "reverse", labels=TASKS)
        text = state.text("text", "Your sequence: a to z and digits", words.TEXT).strip().lower()
        source = source_of(state, task)
        run = state.value("run", "")
        record = runs.record(source)
        st.caption(
            "A *recurrent network* reads one symbol at a time and carries a vector from each to the next: its *hidden "
            "state*. Here one network, the *encoder*, reads and another, the *decoder*, writes. In one model the "
            f"decoder gets the encoder's last hidden state of {record.settings.hidden} numbers and no more; in the "
            f"other it may look back at all of them. Both are trained to **{record.settings.task}** random sequences "
            f"of 1 to {record.settings.longest} symbols."
        )
    found = None
    with right:
        chart = st.container()
        with friendly_errors():
            found = walks(source, text)
            say_written(record.settings.task, text, found)
        with chart:
            show_accuracy(record, len(text) if found else 0)
    if found is not None:
        show_states(state, found, text, record)
        show_alignment(state, found[True], text)
    show_training(page, task, run, source, record)
    own = record.settings.to_dict() if source == run else None
    show_code(code(task, text if found else words.TEXT, own), "bottleneck")
    page.try_this(words.experiments())
    page.questions(words.questions())
    page.check(words.check())
