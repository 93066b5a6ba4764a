"""The classifier for others: a link at which they can try it, and a zip that runs without us."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import streamlit as st

from engine.jobs import shared
from engine.jobs.store import runs_folder
from ui import classifiers
from ui.lessons.classifier.steps import attempt
from ui.share import address

if TYPE_CHECKING:
    from engine.finetune.draft import Draft
    from engine.finetune.saved import Classifier
    from engine.jobs.store import Job

PAGE = "shared_classifier"


def show(draft: Draft, job: Job, classifier: Classifier) -> None:
    """Both ways out, side by side."""
    st.header("For others", anchor=False)
    left, right = st.columns(2, gap="medium")
    with left:
        link(draft, job)
    with right:
        take_away(job, classifier)


def link(draft: Draft, job: Job) -> None:
    """A link that its owner makes and takes back."""
    st.subheader("A link to try it", anchor=False)
    token = shared.token_of(job)
    if not token:
        st.markdown("Whoever has the link can type texts and see their classes. None of your texts are shown there.")
        st.button(
            "Make a link",
            icon=":material/link:",
            key="classifier-share",
            on_click=lambda: attempt(lambda: shared.share(runs_folder(), job.id, draft.owner)),
        )
        return
    st.code(address(PAGE, id=token), language=None, wrap_lines=True)
    st.caption("It works while this server runs and the training is kept.")
    st.button(
        "Take the link back",
        icon=":material/link_off:",
        key="classifier-unshare",
        on_click=lambda: attempt(lambda: shared.revoke(runs_folder(), job.id, draft.owner)),
    )


def take_away(job: Job, classifier: Classifier) -> None:
    """The zip, and the same in a terminal."""
    st.subheader("To take away", anchor=False)
    st.markdown(
        "A zip with the weights (safetensors), the tokenizer, the settings, a model card with what it was trained and "
        "tested on, and a `predict.py` of twenty lines that runs with pip's packages alone."
    )

    def pack() -> bytes:
        from engine.finetune.export import export
        from engine.finetune.parts import read_parts

        out = io.BytesIO()
        parts, _ = read_parts(job.folder / "input")
        export(out, classifier, parts, classifiers.predictions(job), job.title)
        return out.getvalue()

    st.download_button(
        "Export (zip)",
        pack,
        f"classifier-{job.id}.zip",
        "application/zip",
        on_click="ignore",
        icon=":material/folder_zip:",
        key="classifier-export",
    )
    st.caption("Or in a terminal on this machine, in the folder of Glassbox:")
    st.code(f"python -m engine classify predict {job.id} 'A text'", language="sh", wrap_lines=True)
