"""A classifier at a link: who has it can classify texts, and sees nothing of what the classifier learned from."""

from __future__ import annotations

import math

import streamlit as st

from engine.jobs.shared import open_shared
from engine.jobs.store import runs_folder
from ui import asked, classifiers
from ui.figures.classifier_using import probability_bars
from ui.lesson import STATE, friendly_errors, plain, through_the_router
from ui.numbers import percent
from ui.pace import Pace
from ui.share import PageState, clean_text

SLUG = "shared_classifier"
LONGEST = 5_000  # characters of a text
ASKED, RESULT = "shared classifier", "_shared_result"


@st.cache_resource
def paces() -> tuple[Pace, Pace]:
    """How often one session may ask, and all who have one link together."""
    return Pace(30, 60), Pace(120, 60)


def ask(token: str, text: str) -> None:
    """Classify the text and keep the answer, unless somebody asks too often."""
    st.session_state.pop(RESULT, None)
    text = clean_text(text)[:LONGEST].strip()
    if not text:
        st.warning("There is nothing to classify yet; type a text.")
        return
    visitor = st.session_state.setdefault("_shared_visitor", str(id(st.session_state)))
    for pace, asker in zip(paces(), (f"{visitor} {token}", token), strict=True):
        if wait := pace.take(asker):
            st.warning(f"Too many texts in a short time; try again in {math.ceil(wait)} seconds.")
            return
    job = open_shared(runs_folder(), token)
    classes = classifiers.load(job).classes
    st.session_state[RESULT] = token, text, classes, classifiers.probabilities(job, text)


def draw(token: str) -> None:
    """A field for a text, and the probability of each class."""
    job = open_shared(runs_folder(), token)
    classes = classifiers.load(job).classes
    st.markdown(
        f"Somebody trained a small language model to put texts into {len(classes)} classes, and lets you try it: "
        f"{', '.join(f'*{plain(name)}*' for name in classes)}. It always names one of them, right or wrong."
    )
    with st.form("shared-ask", border=False):
        text = st.text_area("A text", max_chars=LONGEST, height=120, key="shared-text")
        st.form_submit_button("Classify", type="primary", on_click=asked.ask, args=(ASKED,))
    if asked.take(ASKED):
        with friendly_errors():
            ask(token, text or "")
    known, text, names, p = st.session_state.get(RESULT, ("", "", (), ()))
    if known == token:
        best = int(p.argmax())
        st.markdown(f"**{plain(names[best])}**, {percent(float(p[best]))}")
        frame, spec = probability_bars(names, p, best)
        st.vega_lite_chart(frame, spec, key="shared-bars", alt="Probability of each class")
        st.caption("The probability of every class; together they are 100%.")
    st.caption("Texts typed here are not kept. The link can be taken back by the one who made it.")


through_the_router()
state = st.session_state.pop(STATE, None) or PageState(SLUG)
st.title("A shared classifier", anchor=False)
with friendly_errors():
    draw(state.value("id", ""))
state.sync()
