"""Which kinds of tasks a tuned model answers right: a row for each, with a task of that kind."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from engine.datasets.tasks import TURNS, make_tasks

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from engine.datasets.instructions import Entry

    Counts = Mapping[str, Sequence[int]]  # kind -> how many tasks were right before, right after, and asked


@st.cache_resource(max_entries=1, show_spinner=False)
def example_tasks() -> dict[str, Entry]:
    """A held-out task of each kind: every kind comes once in the first round; read them only."""
    return {task["kind"]: task for task in reversed(make_tasks(200, 123, held_out=True))}


def totals(kinds: Counts) -> tuple[int, int, int]:
    """Right before, right after, and asked, of all kinds."""
    before, after, of = (sum(counts[i] for counts in kinds.values()) for i in range(3))
    return before, after, of


def share_in_training_mix(kinds: Counts) -> float:
    """The share right after, each kind counted as often as training asks for it (engine.datasets.tasks.TURNS)."""
    turns = {kind: TURNS.get(kind, 1) for kind in kinds}
    return sum(turns[kind] * after / of for kind, (_, after, of) in kinds.items()) / sum(turns.values())


def kind_rows(kinds: Counts) -> list[dict[str, str | float]]:
    """The table's rows, the kinds most often right first."""
    examples = example_tasks()
    return [
        {
            "kind": kind.replace("_", " "),
            "after": after / of,
            "before": before / of,
            "example": " ".join(f"{task['instruction']} {task['input']}".split()),
            "answer": task["output"],
        }
        for kind, (before, after, of) in sorted(kinds.items(), key=lambda item: -item[1][1] / item[1][2])
        for task in [examples[kind]]
    ]


def show_kinds(kinds: Counts, key: str, height: int = 390) -> None:
    """The table, and how to read it."""
    share = partial(st.column_config.ProgressColumn, format="percent", min_value=0, max_value=1, width=110)
    st.dataframe(
        kind_rows(kinds),
        hide_index=True,
        height=height,
        key=key,
        column_config={
            "kind": st.column_config.TextColumn("kind of task", width=110),
            "after": share("right after"),
            "before": share("right before"),
            "example": st.column_config.TextColumn("a task of this kind", width=300),
            "answer": st.column_config.TextColumn("its answer", width=200),
        },
    )
    rights = [after / of for _, after, of in kinds.values()]
    st.caption(
        f"{len(kinds)} kinds: {rights.count(1.0)} always answered right after tuning, {rights.count(0.0)} never. "
        "Click a heading to sort."
    )
