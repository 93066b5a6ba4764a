"""Runs: every training of this visitor, live: curves over each other, samples, log, stop, resume, take away, delete."""

from __future__ import annotations

import streamlit as st

from ui import runs
from ui.catalog import find, lessons
from ui.lesson import Page, friendly_errors, lesson
from ui.lessons.runs import parts
from ui.numbers import count
from ui.owner import owner
from ui.run_view import LOOK_EVERY, live

VIEWS = {"samples": "Samples and checkpoints", "log": "Log", "settings": "Settings"}
MOST_COMPARED = 5
LESSONS = {
    "pretrain": "train",
    "classify": "classifier",
    "instruct": "instruction_tuning",
    "sequences": "bottleneck",
}  # kind of run -> where it was started


def show_table(who: str) -> None:
    """All runs at a glance; alive while one of them is."""

    @st.fragment(run_every=2 * LOOK_EVERY if any(map(runs.is_open, runs.mine(who))) else None)
    def draw() -> None:
        with friendly_errors():
            st.dataframe(
                parts.overview(runs.mine(who)),
                hide_index=True,
                key="runs-table",
                column_config={
                    "progress": st.column_config.ProgressColumn(format="percent", min_value=0, max_value=1),
                    "validation loss": st.column_config.NumberColumn(format="%.3f", help=parts.LOSS),
                },
                height=min(38 + 35 * len(runs.mine(who)), 250),
            )

    draw()


def choose(page: Page, ids: list[str], labels: dict[str, str]) -> tuple[str, list[str]]:
    """The run to look at, and those to lay over it."""
    left, right = st.columns(2)
    with left:
        chosen = page.state.select("run", "Run", ids, ids[0], labels=labels)
    kept = [i for i in page.state.value("with", "").split() if i in ids and i != chosen]
    key = f"runs.compare.{chosen}"
    if st.session_state.get(key) != kept:
        st.session_state[key] = kept
    with right:
        st.multiselect(
            "Compare with",
            [i for i in ids if i != chosen],
            key=key,
            format_func=labels.__getitem__,
            max_selections=MOST_COMPARED,
            placeholder="Other runs, drawn over it",
            on_change=lambda: page.state.set(**{"with": " ".join(st.session_state[key])}),
        )
    return chosen, kept


def show_run(page: Page, who: str, chosen: str, others: list[str]) -> None:
    """One run, with the others' curves over its own."""
    perplexity = page.state.toggle("perplexity", "Perplexity instead of loss", False)
    live(who, [chosen, *others], "runs-curves", perplexity)
    st.caption(
        "Solid blue: training loss, thin at each step, thick when evaluated without dropout; dashed orange: "
        "validation; dotted violet, of instruction tunings: the held-out test. Drag to move, Shift and wheel to zoom, "
        "double-click to see all."
    )
    job = next(job for job in runs.mine(who) if job.id == chosen)
    with st.container(horizontal=True):
        st.download_button(
            "Download (zip)",
            data=lambda: parts.pack(who, chosen),
            file_name=f"glassbox-{chosen}.zip",
            mime="application/zip",
            on_click="ignore",
            icon=":material/download:",
            key=f"zip-{chosen}",
        )
        parts.delete_button(who, job)
        clinic = find("curve_clinic")
        st.page_link(clinic.path, label="What does its curve say?", icon=clinic.icon, query_params={"curve": chosen})
        if slug := LESSONS.get(job.spec.kind if job.spec else ""):
            home = find(slug)
            st.page_link(home.path, label=f"Open it in: {home.title}", icon=home.icon, query_params={"run": chosen})
    view = page.state.choice("view", "More about it", list(VIEWS), "samples", labels=VIEWS)
    {"samples": parts.show_samples, "log": parts.show_log, "settings": parts.show_settings}[view](job)


with lesson("runs") as page:
    who = owner()
    jobs = runs.mine(who) if who else []
    if who is None:
        st.caption("Looking for your runs …")
    elif not jobs:
        st.info("You have no runs on this server yet.", icon=":material/list_alt:")
        for slug in ("train", "classifier", "instruction_tuning"):
            if find(slug) in lessons():
                st.page_link(find(slug).path, label=f"Start one in: {find(slug).title}", icon=find(slug).icon)
        st.caption("Runs belong to this browser: it keeps a secret key in a cookie, which no link contains.")
    else:
        show_table(who)
        ids = [job.id for job in jobs]
        chosen, others = choose(page, ids, {job.id: parts.label(job) for job in jobs})
        show_run(page, who, chosen, others)
        st.caption(
            f"{count(len(jobs))} {'run' if len(jobs) == 1 else 'runs'}. They go on when you close this page. "
            "They belong to this browser: it keeps a secret key in a cookie, which no link contains."
        )
