"""What tuning the pocket model gave when scripts/instruct_quality.py measured it: the record, drawn."""

from __future__ import annotations

import json
from typing import Any

import streamlit as st

from engine.jobs.metrics import duration
from ui.catalog import ROOT
from ui.figures.loss_curves import curve_rows, loss_curves
from ui.lessons.instruction_tuning.kinds import share_in_training_mix, show_kinds, totals
from ui.numbers import count, fmt, percent

RECORD = ROOT / "data" / "instruct_quality.json"


@st.cache_resource(max_entries=1, show_spinner=False)
def read_record() -> dict[str, Any]:
    """The record; read it only."""
    record: dict[str, Any] = json.loads(RECORD.read_text(encoding="utf-8"))
    return record


def show_measured() -> None:
    """The long run: by kind, trained on against held out, and our own entries; and a run that overfits."""
    record = read_record()
    recipe = record["recipe"]
    before, after, of = totals(record["kinds"])
    st.header("How far it gets, measured", anchor=False)
    st.markdown(
        f"The pocket model, tuned once on {count(record['entries'])} entries ({count(record['tasks'])} generated tasks "
        f"and {count(record['entries'] - record['tasks'])} times one that we wrote; batches of {recipe['batch_size']}, "
        f"learning rate {recipe['learning_rate']:g}, Phi-3 style), answers **{count(after)} of {count(of)}** held-out "
        f"tasks right, **{percent(after / of)}**; before, {count(before)}. Its steps took "
        f"{duration(record['cpu_seconds'])} of one processor's time."
    )
    show_kinds(record["kinds"], "measured-kinds")
    show_course(record)
    show_limits(record)
    st.caption(f"Measured on {record['measured']} by scripts/instruct_quality.py. {record['machine']}.")


def show_course(record: dict[str, Any]) -> None:
    """The losses on the way, and tasks that it was trained on against held-out ones."""
    looks = record["looks"]
    first, last = looks[0], looks[-1]
    left, right = st.columns([1.3, 1], gap="large")
    with left:
        frame, spec = loss_curves(curve_rows("pocket", [], looks))
        st.vega_lite_chart(frame, spec, key="measured-losses", alt="Training and validation loss of the measured run")
        st.caption(
            "Nats a token of the answer. Training: entries as they come, ours among them. Validation: held-out tasks."
        )
    right.markdown(
        f"In the end it answers **{percent(record['train_right'])}** of the tasks that it was trained on right, and of "
        f"held-out ones in the same mix of kinds **{percent(share_in_training_mix(record['kinds']))}** (training asks "
        "for the hard kinds more often). Most of what it can do are rules, which hold for words it was never asked "
        "about; the difference is what having seen the very task adds.\n\n"
        f"On our own entries for validation the loss goes from {fmt(first['own_loss'])} to {fmt(last['own_loss'])}: it "
        "learns what such answers look like; at facts that it never read it still guesses."
    )


def show_limits(record: dict[str, Any]) -> None:
    """What held out means, and what the figures do not say."""
    own, overfit = record["own"], record["overfit"]
    asked = own["after"] + own["before"] + own["equal"]
    best, last = min(overfit["looks"], key=lambda look: look["val_loss"]), overfit["looks"][-1]
    alone, best_way = overfit["own"], record["own_at_its_best"]
    with st.expander("What held out means, our own entries, and a run that overfits", icon=":material/rule:"):
        st.markdown(
            "**Held out**: of every kind, a tenth of all words, numbers and lists is never asked about in training. A "
            "held-out plural is of a noun whose plural was never shown; a held-out list may be made of known words, "
            "but never in this company. The wordings are the same. The "
            "tasks asked here were drawn after the mix for training had been settled, and answered once; which kinds "
            "are drawn more often had been chosen by figures of an earlier test, of other tasks.\n\n"
            f"**Our {count(asked)} written test entries** often ask for facts that stand nowhere in the training, and "
            "a model of 7 million weights has not read them either. By ROUGE-L, the words in common with the expected "
            f"answer, the tuned answer is nearer {own['after']} times, the untuned one {own['before']} times, and "
            f"{own['equal']} times they are level, mostly without one word of it. So it wins "
            f"{percent(own['after'] / max(1, own['after'] + own['before']))} of those that differ, and "
            f"{percent(own['after'] / asked)} of all. Both answer the same prompts, the likeliest token each time, "
            f"{record['recipe']['answer_tokens']} tokens at most. But the untuned model is a weak "
            f"opponent: {record['wordless_before']} of its {count(asked)} answers hold no word at all, only marks, so "
            "that one right word wins against them. "
            f"Asked in another way it says more: of {len(record['ways'])} ways the one whose answers come nearest for "
            f"our entries for validation is “{max(record['ways'], key=record['ways'].get)}”. Against the untuned model "
            f"asked like that, the tuned one is nearer {best_way['after']} times, the untuned one "
            f"{best_way['before']} times, {best_way['equal']} times they are level: it wins "
            f"{percent(best_way['after'] / max(1, best_way['after'] + best_way['before']))} of those that differ, and "
            f"{percent(best_way['after'] / asked)} of all.\n\n"
            f"**Overfitting**: tuned on {count(overfit['entries'])} of our own entries alone for {overfit['epochs']} "
            f"epochs, the training loss falls to {fmt(last['train_loss'])}, while the validation loss is lowest, "
            f"{fmt(best['val_loss'])}, after step "
            f"{count(best['step'])} and {fmt(last['val_loss'])} at the end. Of the test answers {alone['after']} are "
            f"then nearer, {alone['before']} were nearer before."
        )
