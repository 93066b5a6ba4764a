"""Controls whose values are the draft's recipe: read from the disk, written to it with every change."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import streamlit as st

from ui import models
from ui.lessons.classifier.steps import attempt, hold

if TYPE_CHECKING:
    from engine.finetune.draft import Draft
    from engine.finetune.recipe import ClassifierRecipe

KEY = "classifier.recipe-"


def recipe_of(draft: Draft) -> ClassifierRecipe:
    """The draft's recipe with the sidebar's model, which is the one that is trained."""
    return replace(draft.recipe, model=models.current_name())


def write(draft: Draft, **fields: Any) -> None:
    """A callback: other fields of the recipe into the draft; what cannot be is said and changes nothing."""
    attempt(lambda: draft.update(recipe=replace(recipe_of(draft), **fields)))


def number(draft: Draft, name: str, label: str, low: float, high: float, **options: Any) -> None:
    """A number field for a field of the recipe."""
    key = hold(KEY + name, min(max(getattr(draft.recipe, name), low), high))

    def changed() -> None:
        write(draft, **{name: st.session_state[key]})

    st.number_input(label, low, high, key=key, on_change=changed, persist_state="session", **options)


def choice(draft: Draft, name: str, label: str, words: dict[Any, str], **options: Any) -> None:
    """A choice side by side for a field of the recipe; `words` are its values and what they are called."""
    key = hold(KEY + name, getattr(draft.recipe, name))

    def changed() -> None:
        write(draft, **{name: st.session_state[key]})

    st.segmented_control(
        label,
        list(words),
        key=key,
        format_func=words.__getitem__,
        required=True,
        wrap=True,
        on_change=changed,
        persist_state="session",
        **options,
    )
