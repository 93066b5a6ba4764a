"""Home: one sentence on its way through the model, from text to the next token."""

from __future__ import annotations

import streamlit as st

from engine.errors import InputError
from ui import models
from ui.code import show_code
from ui.figures import home as draw
from ui.lesson import lesson, plain
from ui.lessons.home import journey, stops, words
from ui.numbers import count

PROMPT = "The old man looked at the"
EXAMPLES = (
    "The sun went down behind the",
    "“I do not know,” said the",
    "Once upon a time, there lived a",
    "Café ☕ 2 + 2 =",
)


def go(**more):
    """Run the model, with some controls changed; a callback."""
    state.set(go="1", **more)


def keep(added):
    """Set what was added to the prompt; a callback."""
    go(added=journey.write_added(prompt, added))


def take(i):
    """Add a token to the prompt; a callback."""
    keep((*added, i))


def controls():
    """The prompt, the place of the button, and the examples."""
    field, button = st.columns([3, 1.25], vertical_alignment="bottom", gap="medium")
    with field:
        written = state.text("text", "Your sentence", PROMPT)
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="examples"):
        st.caption("Or follow one of these:", width="content")
        for place, example in enumerate(EXAMPLES):
            label = plain(example)
            st.button(label, key=f"example-{place}", on_click=go, kwargs={"text": example})
    return written, button


def steps(button, likeliest):
    """Add the likeliest token, or take the last one back."""
    with button.container(horizontal=True, gap="small"):
        st.button("Next token", key="next", type="primary", icon=":material/add:", on_click=take, args=(likeliest,))
        st.button("Take back", key="back", disabled=not added, on_click=keep, args=(added[:-1],))


with lesson("home") as page:
    state = page.state
    st.html(draw.STYLE)
    prompt, button = controls()
    running = state.value("go", "", ["", "1"]) == "1"
    model_name = models.current_name()
    tokenizer, cfg = journey.tokenizer_of(model_name), models.configs()[model_name]
    name = journey.piece_name(tokenizer)
    added = journey.read_added(prompt, state.value("added", ""), tokenizer.n_vocab)
    text = journey.tokenized(tokenizer, prompt, added)
    if not text.ids:
        raise InputError("there is no text to follow; write a word or two, or choose an example.")
    notice = st.empty()
    rows = [st.columns(3, gap="small") for _ in range(3)]
    stops.first_stops(rows[0], text, tokenizer, name)
    if running:
        loaded = models.current()
        trip = models.infer(journey.follow, loaded, prompt, added=added)
        steps(button, int(trip.probabilities.argmax()))
        if trip.read < len(text.ids):
            notice.info(
                f"The text has {count(len(text.ids))} tokens, and the model reads the last {count(trip.read)} of "
                "them here. What came before has no part in the prediction."
            )
        stops.middle_stops(rows[1], trip, text, loaded.model.cfg, name)
        stops.last_stops(rows[2], trip, text, name, take)
    else:
        button.button("Follow it", key="follow", type="primary", icon=":material/play_arrow:", on_click=go)
        stops.waiting_stops([*rows[1], *rows[2]], cfg)
    show_code(journey.code(prompt, added, model_name), "follow_one_sentence")
    page.try_this(words.experiments())
    page.questions(words.questions())
    page.check(words.check())
