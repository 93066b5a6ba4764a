"""The models that an owner's trainings have made: which there are, their sizes, and how to load one.

In a job's folder, by its kind:

    pretrain   the newest of snapshots/step-*, with model.safetensors and config.json
    instruct   checkpoint/, the same two files and prompt.json: the style of prompt that it was tuned with
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.config import GPTConfig, as_config
from engine.errors import InputError, JobError
from engine.jobs.store import all_jobs, find

if TYPE_CHECKING:
    from pathlib import Path

    import tiktoken

    from engine.jobs.store import Job
    from engine.model import GPTModel

PROMPT_FILE = "prompt.json"


@dataclass(frozen=True)
class RunModel:
    """A model that a training made.

    id      the training's
    title   what people call the training
    folder  where model.safetensors and config.json are
    cfg     its sizes
    style   of prompt that it was tuned on instructions with: alpaca or phi3; None: it was not
    answer_tokens  most tokens of an answer that it was tuned for; None likewise
    """

    id: str
    title: str
    folder: Path
    cfg: GPTConfig
    style: str | None = None
    answer_tokens: int | None = None

    @property
    def name(self) -> str:
        """What recipes and pickers call it: run-ID."""
        return f"run-{self.id}"


def run_models(root: Path, owner: str) -> list[RunModel]:
    """The models of one owner's trainings, newest first; trainings without a whole model are left out.

    Raises JobError when the trainings cannot be read.
    """
    return [model for job in all_jobs(root, owner) if (model := _model_of(job))]


def find_model(root: Path, job_id: str, owner: str) -> RunModel:
    """The model of one training of this owner.

    Raises JobError when there is no such training or it has no model, in the same words when it is somebody else's.
    """
    model = _model_of(find(root, job_id, owner))
    if model is None:
        raise JobError(f"the run {job_id} has kept no model yet; let it go on, or choose another.")
    return model


def load_model(model: RunModel) -> tuple[GPTModel, tiktoken.Encoding]:
    """The model on the CPU, in evaluation mode, and the tokenizer that it was trained with.

    Raises WeightsError when its files are damaged or gone.
    """
    from engine.weights.by_name import tokenizer_of
    from engine.weights.pocket import load_folder

    gpt = load_folder(model.folder)
    return gpt, tokenizer_of(gpt)


def _model_of(job: Job) -> RunModel | None:
    folder = model_folder(job)
    if folder is None:
        return None
    try:
        cfg = as_config(json.loads((folder / "config.json").read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError, InputError):
        return None  # being deleted, or damaged
    try:
        about = json.loads((folder / PROMPT_FILE).read_text(encoding="utf-8"))
        return RunModel(job.id, job.title, folder, cfg, str(about["style"]), int(about["answer_tokens"]))
    except (OSError, ValueError, TypeError, KeyError):
        return RunModel(job.id, job.title, folder, cfg)


def model_folder(job: Job) -> Path | None:
    """Where a training keeps the last model that it made; None while there is none."""
    kind = job.spec.kind if job.spec else None
    if kind == "pretrain":
        folders = sorted(job.folder.glob("snapshots/step-*"), reverse=True)
    elif kind == "instruct":
        folders = [job.folder / "checkpoint"]
    else:
        folders = []
    return next((f for f in folders if (f / "config.json").exists() and (f / "model.safetensors").exists()), None)
