"""What a finished tuning has left: its answers, read once, and what can be said about them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import streamlit as st

from engine.datasets.tasks import check
from engine.errors import JobError
from engine.finetune.instruction_recipe import InstructionRecipe
from engine.jobs.store import known

if TYPE_CHECKING:
    from engine.finetune.instruct import AnswerLoss
    from engine.jobs.store import Job
    from ui.models import LoadedModel

RESPONSES = "responses.json"


def recipe_of(job: Job) -> InstructionRecipe:
    """What the run was asked for."""
    return InstructionRecipe(**known(InstructionRecipe, job.spec.settings if job.spec else {}))


def responses(job: Job) -> list[dict[str, str]] | None:
    """The held-out entries with "before" and "model_response"; None while there are none.

    Raises JobError when the file is damaged.
    """
    path = job.folder / RESPONSES
    try:
        return _read(str(path), path.stat().st_mtime_ns)
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as e:
        raise JobError(f"the answers of this run cannot be read ({e}); tune again.") from e


@st.cache_resource(max_entries=16, show_spinner=False)
def _read(path: str, _changed: int) -> list[dict[str, str]]:
    with open(path, encoding="utf-8") as f:
        rows: list[dict[str, str]] = json.load(f)
    return rows


def table_rows(rows: list[dict[str, str]]) -> list[dict[str, Any]]:
    """The answers as a table, those of generated tasks checked; without such tasks nothing can be checked."""
    tasks = any("kind" in row for row in rows)
    return [
        {
            "instruction": row["instruction"] + (f" | {row['input']}" if row["input"] else ""),
            "expected": row["output"],
            "before": row["before"],
            "after": row["model_response"],
        }
        | ({"right": check(row, row["model_response"]) if "kind" in row else None} if tasks else {})
        for row in rows
    ]


def by_kind(rows: list[dict[str, str]]) -> dict[str, list[int]]:
    """Of the generated tasks, for each kind: how many were right before, right after, and asked."""
    found: dict[str, list[int]] = {}
    for row in rows:
        if "kind" in row:
            counts = found.setdefault(row["kind"], [0, 0, 0])
            for i, right in enumerate((check(row, row["before"]), check(row, row["model_response"]), True)):
                counts[i] += right
    return found


def loss_of_answer(loaded: LoadedModel, instruction: str, given: str, output: str, style: str) -> AnswerLoss:
    """For ui.models.infer: how likely the expected answer is, token by token."""
    from engine.finetune.instruct import answer_loss

    return answer_loss(
        loaded.model, loaded.tokenizer, {"instruction": instruction, "input": given, "output": output}, style
    )


def answer(loaded: LoadedModel, instruction: str, given: str, style: str, tokens: int) -> tuple[str, bool]:
    """For ui.models.infer: the likeliest answer, and whether it came to end-of-text."""
    from engine.decoding import DecodingSettings
    from engine.finetune.instruct import stream_answer

    entry = {"instruction": instruction, "input": given, "output": ""}
    *_, last = stream_answer(loaded.model, loaded.tokenizer, entry, style, DecodingSettings(tokens, temperature=0.0))
    return last.text.rstrip(), last.ended
