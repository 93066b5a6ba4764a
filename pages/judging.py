"""Judging answers: what can be counted, a larger model as judge, and a class that votes blindly."""

from __future__ import annotations

import streamlit as st

from ui.code import show_code
from ui.lesson import friendly_errors, lesson
from ui.lessons.judging import length, measures, ollama, sources, vote, words
from ui.lessons.judging.agree import show as show_agreement
from ui.owner import owner

PARTS = {
    "measure": "Measure",
    "model": "A model judges",
    "vote": "The class votes",
    "agree": "Do judges agree?",
    "length": "Length and AlpacaEval",
}
CODE = """\
import json
from engine.evaluation.answers import measure
from engine.evaluation.responses import check_responses

# Entries as the notes save them in 7.7; put the name of your file here.
entries = json.loads('''{entries}''')
responses = check_responses(entries)
for key in responses.keys:
    found = [measure(entry, entry[key]) for entry in responses.entries]
    print(key, "ROUGE-L", sum(m.rouge_l for m in found) / len(found), "chrF", sum(m.chrf for m in found) / len(found))
"""
WITH_OLLAMA = """\
# With a local Ollama server (`ollama serve`, `ollama pull llama3`):
# from engine import generate_model_scores, query_model
# scores = generate_model_scores(entries, "model_response", model="llama3")
"""
SHOWN_ENTRIES = 3


def code(responses):
    """The calls for the first of the entries on screen."""
    import json

    some = json.dumps(responses.entries[:SHOWN_ENTRIES], indent=1).replace("\\", "\\\\").replace("'''", "\\'\\'\\'")
    return [CODE.replace("{entries}", some), WITH_OLLAMA]


def draw(page, part, visitor):
    """The answers, and what the chosen part makes of them."""
    state, responses, measure = page.state, None, "rouge_l"
    left, right = page.stage(1, 2.4)
    with left, friendly_errors():
        responses = sources.choose(state, visitor)
    with right, friendly_errors():
        if part == "vote":
            vote.show(state, responses, visitor)
        elif responses is None:
            st.info("Choose a file with answers, or take the live ones.")
        elif part == "measure":
            measure = measures.show(state, responses)
        elif part == "model":
            ollama.show(state, responses, visitor)
        elif part == "agree":
            show_agreement(state, responses, visitor)
        else:
            length.show(state, responses)
    if responses is not None:
        if part == "measure":
            measures.details(state, responses, measure)
        show_code(code(responses), "judging")


with lesson("judging") as page:
    visitor = owner()  # once a run: a new browser is given its key here
    joined = page.state.value("vote", "")
    if joined:
        vote.take_part(page.state, joined, visitor)
    else:
        part = page.state.choice("part", "Part", list(PARTS), "measure", labels=PARTS, label_visibility="collapsed")
        draw(page, part, visitor)
        page.try_this(words.experiments())
        page.questions(words.questions())
        page.check(words.check())
