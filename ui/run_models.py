"""The models that the visitor's own trainings have made, for the sidebar; nobody else's are ever among them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from engine.errors import JobError
from engine.jobs.models import RunModel, run_models
from engine.jobs.spec import OPEN
from engine.jobs.store import find, runs_folder
from ui.owner import known_owner

if TYPE_CHECKING:
    from pathlib import Path


def own_models() -> dict[str, RunModel]:
    """The models by their names, run-ID, newest first; looked for at most three times a second."""
    owner = known_owner()
    return _models(str(runs_folder()), owner) if owner else {}


def find_own(name: str) -> RunModel | None:
    """One of them, also when it has come this very moment."""
    if name not in own_models():
        _models.clear()
    return own_models().get(name)


@st.cache_resource(ttl=0.3, max_entries=64, show_spinner=False)
def _models(root: str, owner: str) -> dict[str, RunModel]:
    try:
        # What is still being trained would change under the reader's eyes.
        return {m.name: m for m in run_models(runs_folder(), owner) if not _is_open(runs_folder(), m)}
    except JobError:
        return {}


def _is_open(root: Path, model: RunModel) -> bool:
    return find(root, model.id).state.status in OPEN


def label(model: RunModel) -> str:
    """What lists call it: the training's title and its time, which tells two of one title apart."""
    return f"Yours: {model.title} ({model.id[9:11]}:{model.id[11:13]}:{model.id[13:15]})"


def version(model: RunModel) -> str:
    """Another one when the training has gone on and made another model."""
    try:
        return f"{model.folder.name} {(model.folder / 'config.json').stat().st_mtime_ns}"
    except OSError:
        return "gone"
