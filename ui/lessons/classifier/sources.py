"""Where the texts come from: our own messages, the SMS collection, a file of the reader's, or an earlier draft."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from engine.datasets.catalog import download_data, find_data, has_data
from engine.datasets.labelled import MESSAGES
from engine.datasets.reading import MOST_BYTES
from engine.finetune.draft import all_drafts, create, remove
from engine.memory import bytes_text
from engine.weights.catalog import downloads_folder
from ui.lessons.classifier.steps import attempt

if TYPE_CHECKING:
    from pathlib import Path

    from engine.finetune.draft import Draft
    from ui.share import PageState

OURS = {"messages": "Our own messages", "sms": "SMS Spam Collection"}
SMS = find_data("sms-spam")
LIST, UPLOAD = "classifier-source", "classifier-upload"


def choose(state: PageState, draft: Draft) -> None:
    """The list of what can be worked on, a field for a file, and the way to be rid of a draft."""
    labels = options(draft)
    st.session_state[LIST] = draft.id or draft.source
    st.selectbox(
        "Texts",
        list(labels),
        key=LIST,
        format_func=lambda one: labels.get(one, one),
        on_change=open_chosen,
        args=(state, draft),
    )
    if draft.source in OURS:
        st.caption("*Spam* is advertising and fraud that nobody asked for, *ham* every other message.")
    st.file_uploader(
        "Or a CSV of your own: a text and a label in each row",
        type=["csv", "tsv", "txt"],
        key=UPLOAD,
        max_upload_size=MOST_BYTES // 1_000_000,
        on_change=keep,
        args=(state, draft),
        disabled=not draft.owner,
    )
    with st.container(horizontal=True):
        if not has_data(SMS, datasets()):
            st.button(
                f"Get the SMS Spam Collection ({bytes_text(SMS.size)})",
                icon=":material/download:",
                key="classifier-get-sms",
                type="tertiary",
                on_click=lambda: attempt(lambda: download_data(SMS, datasets())),
            )
        if draft.id:
            st.button(
                "Delete this draft",
                icon=":material/delete:",
                key="classifier-delete",
                type="tertiary",
                help="Its file and everything chosen for it. Trainings made from it stay among your runs.",
                on_click=delete,
                args=(state, draft),
            )


def datasets() -> Path:
    """The folder of downloaded data sets."""
    return downloads_folder() / "datasets"


def options(draft: Draft) -> dict[str, str]:
    """What can be chosen and what it is called: a source that nothing has been changed for yet, or a draft's id."""
    drafts = all_drafts(draft.root, draft.owner)
    fresh = ["messages", *(["sms"] if has_data(SMS, datasets()) else [])]
    found = {source: OURS[source] for source in fresh if source not in {one.source for one in drafts}}
    found |= {one.id: f"{OURS.get(one.source, one.name)}, {moment(one.id)}" for one in drafts}
    now = draft.id or draft.source
    return found if now in found else {now: OURS.get(draft.source, draft.name), **found}


def moment(draft_id: str) -> str:
    """When a draft was begun, from its id."""
    return f"{draft_id[:4]}-{draft_id[4:6]}-{draft_id[6:8]} {draft_id[9:11]}:{draft_id[11:13]}"


def open_chosen(state: PageState, draft: Draft) -> None:
    """A callback: go on with the draft chosen in the list, or begin one over a file that we have."""
    chosen = st.session_state[LIST]
    path = {"messages": MESSAGES, "sms": datasets() / SMS.file}.get(chosen)
    if path is None:
        state.set(draft=chosen, only="")
    elif draft.owner:
        attempt(
            lambda: state.set(draft=create(draft.root, draft.owner, path.name, path.read_bytes(), chosen).id, only="")
        )


def keep(state: PageState, draft: Draft) -> None:
    """A callback: a draft over the file that was just uploaded."""
    upload = st.session_state.get(UPLOAD)
    if upload is not None:
        attempt(lambda: state.set(draft=create(draft.root, draft.owner, upload.name, upload.getvalue()).id, only=""))


def delete(state: PageState, draft: Draft) -> None:
    """A callback: delete the draft; the newest of the others is gone on with."""
    remove(draft)
    state.set(draft="", only="")
