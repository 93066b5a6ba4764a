"""Controls whose values are the draft's recipe: read from the disk, written to it with every change."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any

import streamlit as st

from engine.finetune.recipe import BOOK, LAST_BLOCK, ClassifierRecipe
from ui import models
from ui.lessons.classifier.steps import attempt, hold

if TYPE_CHECKING:
    from engine.finetune.draft import Draft

KEY = "classifier.recipe-"
KNOWN = {
    "Head, worked out": (
        ClassifierRecipe(),
        "What a new draft begins with: only the head learns, and reads a summary of all layers. Done in seconds, the "
        "same for every seed, and with the pocket model the best by cross-validation on the SMS collection and on our "
        "own messages.",
    ),
    "Last block": (
        LAST_BLOCK,
        "The last block learns too, as in the notes, and the head reads the mean of the last layer; as many epochs and "
        "as high a rate as validation found best for that.",
    ),
    "As in the notes": (
        BOOK,
        "Section 6.7: the last block learns, the last place of padded texts is read, five epochs at a low rate. Made "
        "for GPT-2; the pocket model hardly moves at that rate.",
    ),
}
# Whatever recipe is taken, these stay as they are.
KEPT = ("model", "random_start", "max_length", "plain_text", "class_weights", "seed", "split")


def recipe_of(draft: Draft) -> ClassifierRecipe:
    """The draft's recipe with the sidebar's model, which is the one that is trained."""
    return replace(draft.recipe, model=models.current_name())


def write(draft: Draft, **fields: Any) -> None:
    """A callback: other fields of the recipe into the draft; what cannot be is said and changes nothing."""
    attempt(lambda: draft.update(recipe=replace(recipe_of(draft), **fields)))


def known(draft: Draft) -> None:
    """Buttons that set everything to one of the known recipes; the one in use cannot be pressed."""
    now = recipe_of(draft)
    with st.container(horizontal=True, vertical_alignment="center"):
        for name, (recipe, why) in KNOWN.items():
            wanted = {f.name: getattr(recipe, f.name) for f in fields(recipe) if f.name not in KEPT}
            st.button(
                name,
                key=f"{KEY}take-{name}",
                help=why,
                disabled=replace(now, **wanted) == now,
                on_click=write,
                args=(draft,),
                kwargs=wanted,
            )


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
