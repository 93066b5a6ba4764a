"""The path through the lesson: its steps, the draft that goes along, and the way forward and back."""

from __future__ import annotations

import importlib
import re
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import streamlit as st

from engine.errors import GlassboxError
from engine.finetune.draft import Draft, all_drafts, load
from engine.jobs.store import runs_folder
from ui.lesson import plain, sentence
from ui.share import number_reader

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from ui.share import PageState

# Name of the step's module -> what the step is called.
STEPS = {
    "data": "Data",
    "balance": "Balance",
    "split": "Split",
    "padding": "Padding",
    "head": "Head",
    "training": "Training",
    "testing": "Test",
    "using": "Use",
}
PACKAGE = "ui.lessons.classifier"
ERROR = "_classifier_error"
LIKELIEST = "-1"  # instead of the number of a class that has a threshold of its own


def present() -> list[str]:
    """The steps whose module is there, in order."""
    return [step for step in STEPS if find_spec(f"{PACKAGE}.{step}")]


def show_step(step: str) -> Callable[[PageState, Draft], None]:
    """The function that draws a step; its module is imported only now."""
    show: Callable[[PageState, Draft], None] = importlib.import_module(f"{PACKAGE}.{step}").show
    return show


def step_control(state: PageState) -> str:
    """The steps side by side, numbered; the chosen one is in the URL as `step`."""
    steps = present()
    labels = {step: f"{steps.index(step) + 1} {STEPS[step]}" for step in steps}
    return state.choice("step", "Step", steps, steps[0], labels=labels, label_visibility="collapsed")


def keep_rule(state: PageState) -> None:
    """Keep the rule of the step Use in the link at every step, for a server may be killed there."""
    state.register("favoured", LIKELIEST, str)
    for name, start in (("threshold", 0.5), ("least", 0.0)):
        state.register(name, start, number_reader(0.0, 1.0))


def way_on(state: PageState, step: str) -> None:
    """Buttons to the step before and the step after."""
    steps = present()
    at = steps.index(step)
    with st.container(horizontal=True, horizontal_alignment="distribute"):
        for place, icon, primary in ((at - 1, "arrow_back", False), (at + 1, "arrow_forward", True)):
            if not 0 <= place < len(steps):
                st.space("small")
                continue
            st.button(
                f"{place + 1} {STEPS[steps[place]]}",
                key=f"classifier-go-{'on' if primary else 'back'}",
                type="primary" if primary else "secondary",
                icon=f":material/{icon}:",
                icon_position="right" if primary else "left",
                on_click=state.set,
                kwargs={"step": steps[place]},
            )


def current_draft(state: PageState, owner: str | None) -> Draft:
    """The draft in the link if it is the visitor's, else their newest, else a fresh one over our own messages."""
    root = runs_folder()
    wanted = state.value("draft", "")
    if owner and wanted:
        try:
            return load(root, owner, wanted)
        except GlassboxError as e:
            own = re.fullmatch(r"[\w-]+", wanted) and (root / ".drafts" / owner / wanted).is_dir()
            if own:  # and torn
                st.error(plain(sentence(str(e))), icon=":material/error:")
            else:
                st.info("The draft in this link is deleted or another browser's; these are your own texts.")
    mine = all_drafts(root, owner or "")
    if mine:
        st.session_state[f"{state.slug}.draft"] = mine[0].id  # the link is written when the page is drawn
        return mine[0]
    return Draft(root, owner or "")


def draft_select(
    draft: Draft, name: str, label: str, options: Sequence[Any], current: Any, labels: Mapping[Any, str], **more: Any
) -> None:
    """A drop-down list whose value lives in the draft, as the field `name` of its choices."""
    key = f"classifier-choice-{name}"
    st.session_state[key] = current
    st.selectbox(
        label,
        options,
        key=key,
        format_func=lambda option: labels.get(option, str(option)),
        **{"on_change": lambda: change(draft, **{name: st.session_state[key]}), **more},
    )


def hold(key: str, value: Any) -> str:
    """Let a control show what the draft has; returns its key.

    With persist_state the browser is told the value again after a run that was cut short, as a new browser's first.
    """
    if st.session_state.get(key) != value:
        st.session_state[key] = value
    return key


def change(draft: Draft, **changes: Any) -> None:
    """A callback: write other choices into the draft; what goes wrong is said by `show_error`."""
    attempt(lambda: draft.update(**changes))


def attempt(do: Callable[[], object]) -> None:
    """Do something in a callback; an error of the engine is kept as its sentence for `show_error`."""
    try:
        do()
    except GlassboxError as e:
        st.session_state[ERROR] = str(e)


def show_error() -> None:
    """Say what went wrong in the last callback, once."""
    if said := st.session_state.pop(ERROR, ""):
        st.error(plain(sentence(str(said))), icon=":material/error:")
