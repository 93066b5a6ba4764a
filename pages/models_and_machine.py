"""Models and machine: what is installed, downloads with their progress, and what the machine has."""

from __future__ import annotations

import streamlit as st

from engine.memory import bytes_text
from ui import downloads, models
from ui.lesson import friendly_errors, lesson, plain, sentence
from ui.lessons.models_and_machine import items

FAILED = "models-failed"  # what deleting said, shown once


def start(item: items.Item) -> None:
    """A callback: begin, or join who has begun."""
    downloads.start(item.name, item.fetch, item.partly, item.size)


def delete(item: items.Item) -> None:
    """A callback: the files go, and so does the model's place in memory."""
    from engine.errors import GlassboxError

    if item.name in downloads.running():
        return  # somebody began meanwhile
    downloads.forget(item.name)
    try:
        item.remove()
    except GlassboxError as e:
        st.session_state[FAILED] = (item.name, str(e))
        return
    if item.name in models.configs():
        models.release(item.name)


def show_all(running_then: frozenset[str]) -> None:
    """Every item; the whole page runs again when a download has begun or ended since it last did."""
    if downloads.running() != running_then:
        st.rerun()
    st.subheader("Models", anchor=False)
    for item in items.models():
        show(item)
    st.subheader("Public data sets", anchor=False)
    for item in items.data_sets():
        show(item)


def show(item: items.Item) -> None:
    """One item: what it is, whether it is here, and what can be done about it."""
    with st.container(key=f"item-{item.name}", gap="xsmall"):
        about, state, action = st.columns([3.2, 1.5, 1.2], vertical_alignment="center", gap="small")
        about.markdown(f"**{item.title}**  \n:small[:gray[{item.about}]]")
        current = downloads.find(item.name)
        if current is not None and current.running:
            state.markdown(":material/downloading: on its way")
            stopping = current.asked_to_stop.is_set()
            label = "Stopping …" if stopping else "Cancel"
            action.button(
                label,
                key=f"cancel-{item.name}",
                on_click=downloads.cancel,
                args=(item.name,),
                disabled=stopping,
                width="stretch",
            )
            st.progress(current.share, text=progress_text(current))
            return
        with state:
            st.markdown(state_text(item))
        with action:
            draw_actions(item)
        failed = st.session_state.get(FAILED, ("", ""))
        error = current.error if current is not None else ""
        if failed[0] == item.name:
            error = st.session_state.pop(FAILED)[1]
        if error:
            st.error(plain(sentence(error)), icon=":material/error:")


def draw_actions(item: items.Item) -> None:
    """Buttons: get it, go on, delete."""
    if item.here is not None:
        if item.remove is not None:
            confirm(item, "Delete", f"Delete {item.title} ({bytes_text(item.here)}) for everybody on this server?")
        return
    label = "Resume" if item.partly else "Download"
    st.button(label, key=f"get-{item.name}", icon=":material/download:", on_click=start, args=(item,), width="stretch")
    if item.partly:
        confirm(item, "Discard", f"Throw away the {bytes_text(item.partly)} that have arrived?")


def confirm(item: items.Item, label: str, question: str) -> None:
    """A button that asks once more."""
    with st.popover(label, width="stretch", key=f"ask-{item.name}"):
        st.markdown(question)
        st.button(f"Yes, {label.lower()}", key=f"delete-{item.name}", on_click=delete, args=(item,), type="primary")


def state_text(item: items.Item) -> str:
    """Whether it is here."""
    if item.here is not None:
        return f":material/check_circle: {bytes_text(item.here)}"
    if item.partly:
        return f"{bytes_text(item.partly)} of {bytes_text(item.size)} here"
    return f":gray[{bytes_text(item.size)} to fetch]"


def progress_text(download: downloads.Download) -> str:
    """How far it is, in bytes."""
    whole = f" of {bytes_text(download.total)}" if download.total else ""
    return f"{bytes_text(download.done)}{whole}; cancelling it stops it for everybody who waits for it"


def draw_memory() -> None:
    """Which models are in memory, and how to release them."""
    st.subheader("In memory now", anchor=False)
    held = models.in_memory()
    if not held:
        st.caption("No model: the first page that needs one loads it.")
    labels = models.model_labels()
    for number, (name, held_bytes) in enumerate(held.items()):
        label, button = st.columns([2, 1], vertical_alignment="center")
        title = labels.get(name, "A visitor's trained model")
        label.markdown(f"**{plain(title)}**  \n{bytes_text(held_bytes)}")
        key = f"release-{name if name in labels else number}"
        button.button("Release", key=key, on_click=models.release, args=(name,), width="stretch")
    st.caption(
        f"Everybody on this server shares one copy of a model, and {models.MOST_LOADED} are kept at most: a third one "
        "takes the place of the one not used for longest. A model that does not fit is refused, with the figures."
    )


def draw_machine() -> None:
    """What python -m engine info shows."""
    from engine.machine import facts
    from engine.weights.catalog import downloads_folder

    st.subheader("This machine", anchor=False)
    found = facts(downloads_folder())
    st.markdown("  \n".join(f":gray[{name}] {plain(fact)}" for name, fact in found.items()))
    st.caption("In a terminal: `python -m engine info`, and `python -m engine download 124M`.")


with lesson("models_and_machine") as page:
    left, right = page.stage(2.1, 1)
    with left:
        running = downloads.running()
        st.fragment(show_all, run_every=1 if running else None)(running)
    with right, friendly_errors():
        draw_memory()
        draw_machine()
