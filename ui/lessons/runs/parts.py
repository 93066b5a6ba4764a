"""The parts of the page of runs: the table of all, what one run says, its files."""

from __future__ import annotations

import json
import zipfile
from io import BytesIO
from typing import TYPE_CHECKING, Any

import streamlit as st

from engine.jobs.metrics import comparable_loss, progress, table
from engine.jobs.store import find, runs_folder
from ui import runs
from ui.figures.classifier_training import best_look
from ui.lesson import plain
from ui.numbers import count, fmt
from ui.run_view import when

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.jobs.store import Job

LOG_BYTES = 20_000
LOSS = "the last, nats a token; of a classifier that of the epoch kept, nats a text, without class weights"
README = """\
A training made with Glassbox.

spec.json      what was asked: kind, settings, and the estimate before the start
state.json     how it ended
metrics.jsonl  what happened, one event a line: losses, learning rate, speed, samples
log.txt        the same for people
input/         the text it learned from
responses.json of an instruction tuning: the held-out entries with the answers before and after it
model/         the last model kept: model.safetensors (half precision) and config.json

In the Glassbox folder: python -m engine generate "Every effort moves you" --model THIS_FOLDER/model
After an instruction tuning: python -m engine instruct ask "Name a colour." --model THIS_FOLDER/model
"""


def overview(jobs: Sequence[Job]) -> list[dict[str, Any]]:
    """A row for each run, newest first."""
    rows = []
    for job in jobs:
        told = runs.events(job.folder)
        seen, finished = progress(told), job.state.status == "finished"  # an early end is an end too
        rows.append(
            {
                "run": job.title,
                "state": runs.STATUS[job.state.status][0],
                "progress": 1.0 if finished else seen.step / seen.total if seen.total else 0.0,
                "validation loss": validation_loss(told),
                "asked": when(job.spec.created if job.spec else None),
            }
        )
    return rows


def validation_loss(told: list[dict[str, Any]]) -> float | None:
    """What LOSS says of a run's events; None before the first look."""
    looks = table(told, "Evaluation")
    look = best_look(told) or (looks[-1] if looks else None)
    return comparable_loss(look) if look else None


def show_samples(job: Job) -> None:
    """What the model wrote at each checkpoint that was kept."""
    told = runs.events(job.folder)
    samples = table(told, "Sample")
    if not samples:
        kind = job.spec.kind if job.spec else ""
        nothing = {
            "classify": "A classifier writes no text; its lesson tests and uses it.",
            "sequences": "It writes only symbols.",
        }
        st.caption(nothing.get(kind, "It has written nothing yet."))
        return
    losses = {e["step"]: fmt(e["loss"]) for e in table(told, "Step")}
    rows = [
        {"steps made": count(e["step"] + 1), "its batch's loss": losses.get(e["step"], ""), "it writes": e["text"]}
        for e in samples
    ]
    st.dataframe(
        rows,
        hide_index=True,
        key=f"samples-{job.id}",
        row_height=76,
        column_config={
            "steps made": st.column_config.TextColumn(width=90),
            "its batch's loss": st.column_config.TextColumn(width=110),
            "it writes": st.column_config.TextColumn(width="large"),
        },
    )
    if job.spec and job.spec.kind == "instruct":
        st.caption(
            "The first validation entry each time, with the answer of the model as it was, likeliest token first."
        )
        return
    kept = table(told, "Snapshot")
    st.caption(
        f"Each text goes on from the prompt, likeliest token first. {count(len(kept))} models are kept on the way, "
        "close together at the beginning; the lesson Train opens them."
    )


def show_log(job: Job) -> None:
    """The end of the log."""
    try:
        text = (job.folder / "log.txt").read_bytes()[-LOG_BYTES:].decode("utf-8", "replace")
    except OSError as e:
        text = f"The log cannot be read ({e.strerror})."
    st.code(text or "Nothing yet.", language=None, wrap_lines=True, height=300)


def show_settings(job: Job) -> None:
    """What was asked, setting by setting."""
    if job.spec is not None:
        st.dataframe(
            [{"setting": name, "value": str(value)} for name, value in job.spec.settings.items()],
            hide_index=True,
            key=f"settings-{job.id}",
        )


def pack(owner: str, job_id: str) -> BytesIO:
    """The run as a zip: what was asked, what happened, its text and its last model; without the owner's mark."""
    job = find(runs_folder(), job_id, owner)
    out = BytesIO()  # a download that is made on the click may not be an open file
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as bundle:
        bundle.writestr("README.txt", README)
        spec = json.loads((job.folder / "spec.json").read_text(encoding="utf-8"))
        bundle.writestr("spec.json", json.dumps({k: v for k, v in spec.items() if k != "owner"}, indent=1))
        for path in [
            *(job.folder / n for n in ("state.json", "metrics.jsonl", "log.txt")),
            *job.folder.glob("input/*"),
            *job.folder.glob("checkpoint/classifier.*"),
            job.folder / "predictions.csv",
            job.folder / "responses.json",
        ]:
            if path.is_file():
                bundle.write(path, path.relative_to(job.folder).as_posix())
        models = sorted(job.folder.glob("snapshots/step-*"))
        if (job.folder / "checkpoint" / "prompt.json").is_file():  # an instruction tuning keeps its last model there
            models.append(job.folder / "checkpoint")
        for path in models[-1].iterdir() if models else ():
            # Numbers that were learned do not get smaller by packing.
            bundle.write(path, f"model/{path.name}", zipfile.ZIP_STORED)
    return out


def delete_button(owner: str, job: Job) -> None:
    """Deleting needs a second click, and says what goes."""
    with st.popover("Delete", icon=":material/delete:"):
        st.markdown(f"Delete **{plain(job.title)}** with its models, curves and log? This cannot be undone.")
        st.button(
            "Delete it for good",
            type="primary",
            on_click=runs.act,
            args=("delete", owner, job.id),
            key=f"delete-{job.id}",
        )


def label(job: Job) -> str:
    """What a list calls a run: its title, its loss and when it was asked."""
    found = validation_loss(runs.events(job.folder))
    loss = "" if found is None else f", validation {fmt(found)}"
    return f"{job.title} · {runs.STATUS[job.state.status][0]}{loss} · {when(job.spec.created if job.spec else None)}"
