"""Heads in the wild: what the heads of a trained model look at, measured, and what happens without them."""

from __future__ import annotations

import streamlit as st

from ui import models
from ui.code import show_code
from ui.lesson import lesson
from ui.lessons.heads import readings, sections, words
from ui.numbers import count

TEXT = "Mrs. Reed looked at the old clock, and the old man looked at Mrs. Reed"
SEED = 1


def measured(loaded, job, shown, reading):
    """(L, H) scores of every head for a job, and what a head that looks evenly would have, if that means anything."""
    if job.function == "switch_off_effects":
        with st.spinner("Switching off one head after the other …"):
            return models.infer(readings.effects, loaded, **shown), None
    return readings.measure(job, models.infer(readings.read, loaded, "", seed=SEED) if job.repeats else reading)


with lesson("heads") as page:
    state = page.state
    left, right = page.stage(1, 2.5)
    with left:
        text = state.text("text", "Text", TEXT, area=True, height=96)
        kinds = {"text": "This text", "random": "Random tokens, twice"}
        source = state.choice("on", "What the heads read", list(kinds), "text", labels=kinds)
        wishes = {name: job.wish for name, job in readings.JOBS.items()}
        name = state.select("job", "Find the heads that …", list(wishes), "previous", labels=wishes)
        ranking = st.container()
    job, seed = readings.JOBS[name], SEED if source == "random" else None
    loaded = models.current()
    shown = {"text": text if seed is None else "", "seed": seed}
    reading = models.infer(readings.read, loaded, **shown)
    with left:
        scores, even = measured(loaded, job, shown, reading)
    kept_for, _, at = state.value("head", "").partition(".")
    head = (sections.parse_head(at, scores.shape) if kept_for == name else None) or sections.ranked(scores)[0][:2]
    off = {sections.parse_head(part, scores.shape) for part in state.value("off", "").split(",")} - {None}
    cell = sections.chosen_cell(state.value("cell", ""), reading.weights[head])
    with ranking:
        sections.show_ranking(state, name, scores, even, head, random=seed is not None)
    if reading.left_out:
        st.info(
            f"The text has {count(len(reading.ids) + reading.left_out)} tokens. Only the first "
            f"{len(reading.ids)} were read here, so that each can still be seen."
        )
    with right:
        overview, close_up = st.columns([1, 1.25])
        with overview:
            sections.show_all(state, name, reading, scores, head, off)
        with close_up:
            sections.show_head(state, reading, head, cell)
    inner = models.infer(readings.inside, loaded, **shown, layer=head[0], head=head[1])
    sections.show_arithmetic(reading, inner, head, cell)
    without = models.infer(readings.without, loaded, **shown, heads=tuple(sorted(off))) if off else None
    sections.show_switches(state, loaded, reading, head, off, without)
    show_code(readings.code(text, seed, job, head, sorted(off), loaded.name), "heads")
    page.try_this(words.experiments())
    page.questions(words.questions())
    page.check(words.check())
