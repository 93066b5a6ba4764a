"""Why this answer: the words it hangs on, and what padding would do to it, for any message."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from engine.analysis.leave_one_out import MOST_WORDS, LeftOut, leave_one_out, word_spans
from ui import classifiers, models
from ui.figures.classifier_reasons import pad_lines, word_bars
from ui.lesson import plain
from ui.lessons.classifier.testing.tested import recipe_of
from ui.numbers import count, percent

if TYPE_CHECKING:
    from engine.finetune.pads import Padded
    from engine.jobs.store import Job
    from ui.lessons.classifier.testing.tested import Tested
    from ui.share import PageState

MOST_PADS = 64
DRAWN = (0, 1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, MOST_PADS)
GIVEN = "given"
# When padding is read, and when it is not.
WHEN = {
    "last": ("the last place is read", "the last token that is no pad is read"),
    "mean": ("the pads count in the mean", "only the text's own tokens do"),
    "layers": ("the pads count in the summary", "only the text's own tokens do"),
}
LONGEST = 5_000  # characters


def message(state: PageState, found: Tested) -> str:
    """A message of the test part, the worst answered first, or one that is typed."""
    names = {"test": "Of the test part", "typed": "One of my own"}
    if state.choice("source", "Message", list(names), "test", labels=names) == "typed":
        first = str(found.texts["text"].iloc[0])[:LONGEST]
        return state.text("message", "Your message", first, area=True, height=80, max_chars=LONGEST)
    order = np.argsort(found.answers.truth, kind="stable")
    nth = state.number("nth", "Which one? 1 is the worst answered", 1, len(order), 1)
    at = int(order[int(nth) - 1])
    text, label = str(found.texts["text"][at]), str(found.texts["label"][at])
    st.text(text[:600] + (" …" if len(text) > 600 else ""))
    st.caption(f"Row {count(int(found.texts['row'][at]))} of your file, *{plain(label)}*.")
    return text[:LONGEST]


def watched(state: PageState, found: Tested, job: Job, text: str) -> int:
    """The class whose probability is watched."""
    labels = {GIVEN: "The answer", **{str(i): name or "(empty)" for i, name in enumerate(found.classes)}}
    chosen = state.select("watched", "Probability of which class?", list(labels), GIVEN, labels=labels)
    return int(classifiers.probabilities(job, text).argmax()) if chosen == GIVEN else int(chosen)


def show_words(state: PageState, job: Job, found: Tested) -> None:
    """Each word left out once."""
    left, right = st.columns([1, 1.6], gap="medium")
    with left:
        text = message(state, found)
        target = watched(state, found, job, text)
        by_size = state.toggle("strongest", "Strongest first", False)
    said = left_out(str(job.folder), classifiers.version(job), text, target, job)
    name = plain(found.classes[target] or "(empty)")
    with right:
        with st.container(height=380 if len(said.without) > 16 else "content", border=False):
            frame, spec = word_bars(said, by_size)
            st.vega_lite_chart(frame, spec, key="classifier-words", alt="Fall of the probability without each word")
        words = len(word_spans(text))
        cut = f" Only the first {MOST_WORDS} of {count(words)} words are left out." if words > MOST_WORDS else ""
        st.caption(f"Right: without this word *{name}* is less probable. Left: more probable.{cut}")
    support = said.support
    top = int(np.abs(support).argmax())
    without, word = percent(float(said.without[top])), plain(said.words[top])
    st.markdown(
        f"*{name}* has **{percent(said.whole)}**; without *{word}* {without}, the largest change. All changes added "
        f"up give {percent(float(support.sum()))}, but the way from no word at all ({percent(said.empty)}) to this "
        f"message is {percent(said.whole - said.empty)}. **The two need not agree**: a word is judged with all others "
        "in place, and two that say the same cover for each other. A text that lacks a word can also be one that "
        "nobody would write."
    )


@st.cache_resource(max_entries=32, show_spinner="Leaving out each word …")
def left_out(folder: str, version: int, text: str, target: int, _job: Job) -> LeftOut:
    """What leaving out each word does; read only."""
    return leave_one_out(classifiers.Gated(classifiers.load(_job)).probabilities, text, target)


def show_pads(state: PageState, job: Job, found: Tested) -> None:
    """More and more pads behind a message."""
    left, right = st.columns([1, 1.6], gap="medium")
    with left:
        text = message(state, found)
        target = watched(state, found, job, text)
        asked = int(state.slider("pads", "Pads behind it", 0, MOST_PADS, 8))
    version = classifiers.version(job)
    drawn = padded(str(job.folder), version, text, DRAWN, job)
    at = min(asked, models.configs()[recipe_of(job).model].context_length - drawn.tokens)
    here = padded(str(job.folder), version, text, (at,), job)
    name, read = plain(found.classes[target] or "(empty)"), float(here.read[0, target])
    with right:
        frame, spec = pad_lines(drawn, target, at)
        st.vega_lite_chart(frame, spec, key="classifier-pads", alt="Probability against the number of pads")
    reads = recipe_of(job).reads
    with_pads, without = WHEN.get(reads, WHEN["last"])
    st.markdown(
        f"{count(drawn.tokens)} tokens and **{count(at)}** pads. *{name}* has **{percent(read)}** when {with_pads}, "
        f"and **{percent(float(here.skipped[target]))}** when {without}, whatever the padding. {trained_for(job)}"
    )


def trained_for(job: Job) -> str:
    """Which of the two this classifier was trained for."""
    recipe = recipe_of(job)
    if recipe.reads == "first":
        return "This classifier reads the first token, which sees nothing of what follows, so no pad can matter."
    if recipe.reads == "last_position" and recipe.padding == "longest":
        return "This classifier was trained to read the last place, pads included, as in the notes."
    if recipe.reads in ("mean", "layers"):
        read = "the mean" if recipe.reads == "mean" else "a summary"
        return f"This classifier was trained on {read} of the text's own tokens."
    return "This classifier was trained on the last token of the text; to read a pad is not what it has learned."


@st.cache_resource(max_entries=64, show_spinner=False)
def padded(folder: str, version: int, text: str, counts: tuple[int, ...], _job: Job) -> Padded:
    """The probabilities with so many pads; read only."""
    import torch

    from engine.finetune.pads import add_pads

    classifier = classifiers.load(_job)
    with models.GATE, torch.inference_mode():
        return add_pads(classifier, text, counts)
