"""Where the lesson's entries come from: ours, generated tasks, the book's, or the reader's own file with its doctor."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from engine.datasets import instruction_sets as sets
from engine.datasets.catalog import download_data, find_data, has_data
from engine.datasets.instruction_repairs import BUTTONS
from engine.datasets.instructions import load_own_instructions, read_instructions
from engine.datasets.tasks import make_tasks
from engine.errors import GlassboxError, InputError
from engine.jobs.store import runs_folder
from engine.memory import bytes_text
from engine.weights.catalog import downloads_folder
from ui.lesson import plain, sentence
from ui.lessons.instruction_data import kept
from ui.numbers import count
from ui.owner import owner

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.datasets.instruction_repairs import Room
    from engine.datasets.instructions import Entry
    from ui.share import PageState

SOURCES = {"own": "Our own", "tasks": "Generated tasks", "book": "The book's", "mine": "My file"}
SIZES = ["100", "1000", "10000", "100000"]
BOOK = find_data("instruction-data")
UPLOAD = "instruction_data-upload"
ERROR = "_instruction_data_error"
SHOWN = 20  # entries of a finding
LEVELS = {"must": ":material/error:", "should": ":material/warning:", "note": ":material/info:"}


@st.cache_resource(max_entries=4, show_spinner="Making the tasks …")
def make(n: int, seed: int) -> list[Entry]:
    """Generated tasks, shared: read them only."""
    return make_tasks(n, seed)


@st.cache_resource(max_entries=1, show_spinner=False)
def own_entries() -> list[Entry]:
    """Our own entries, shared: read them only."""
    return load_own_instructions()


def choose(state: PageState) -> tuple[list[Entry], sets.InstructionSet | None]:
    """The chosen entries, shared: read them only; and the set that they are from, when it is the reader's own.

    There are none while nothing is downloaded or uploaded; then it says what to do. Raises InputError for a file that
    cannot be used.
    """
    source = state.choice("source", "Entries", list(SOURCES), "own", labels=SOURCES)
    if source == "own":
        return own_entries(), None
    if source == "tasks":
        labels = {size: count(int(size)) for size in SIZES}
        with st.container(horizontal=True):
            size = state.select("size", "How many", SIZES, "1000", labels=labels, width=130)
            seed = state.number("seed", "Seed", 0, 99_999, 123, width=130)
        return make(int(size), seed), None
    if source == "book":
        return book(), None
    chosen = own_file(state)
    return (kept.settled(chosen).entries if chosen else []), chosen


def key_of(state: PageState, chosen: sets.InstructionSet | None) -> str:
    """What stands for the chosen entries in a cache."""
    about = kept.key_of(chosen) if chosen else ""
    names = ("source", "size", "seed")
    return " ".join([*(str(st.session_state.get(f"{state.slug}.{name}")) for name in names), about])


def book() -> list[Entry]:
    """The book's entries; none before they are downloaded."""
    folder = downloads_folder() / "datasets"
    if has_data(BOOK, folder):
        return read_instructions(folder / BOOK.file)
    st.button(f"Download ({bytes_text(BOOK.size)})", icon=":material/download:", on_click=fetch_book)
    show_error()
    st.info("The book's entries are not on this machine yet: download them, or choose other entries.")
    return []


def fetch_book() -> None:
    """A callback: download them; no network becomes a sentence."""
    attempt(lambda: download_data(BOOK, downloads_folder() / "datasets"))


def attempt(do: Callable[[], object]) -> None:
    """Do something in a callback; an error of the engine is kept as its sentence for `show_error`."""
    try:
        do()
    except GlassboxError as e:
        st.session_state[ERROR] = str(e)


def show_error() -> None:
    """Say what went wrong in the last callback, once."""
    if said := st.session_state.pop(ERROR, ""):
        st.error(plain(sentence(str(said))), icon=":material/error:")


def own_file(state: PageState) -> sets.InstructionSet | None:
    """The reader's own file, kept for them; None before there is one."""
    who = owner()
    if who is None:
        raise InputError("this browser is just getting its key; try again in a moment.")
    st.file_uploader(
        "JSON, JSON Lines or CSV with instruction, input, output",
        type=["json", "jsonl", "csv", "tsv"],
        key=UPLOAD,
        on_change=keep,
        args=(state, who),
    )
    show_error()
    mine = sets.all_sets(runs_folder(), who)
    if not mine:
        st.info("There is no file yet: upload one, or choose other entries.")
        return None
    labels = {one.id: f"{one.name} ({one.id[9:11]}:{one.id[11:13]})" for one in mine}
    wanted = state.select("set", "Your sets, kept on this server", list(labels), mine[0].id, labels=labels)
    chosen = next(one for one in mine if one.id == wanted)
    st.button(
        "Delete it", icon=":material/delete:", key="instruction_data-delete", on_click=sets.remove, args=(chosen,)
    )
    return chosen


def keep(state: PageState, who: str) -> None:
    """A callback: keep the uploaded file and choose it."""
    upload = st.session_state.get(UPLOAD)
    if upload is not None:
        attempt(lambda: state.set(set=sets.create(runs_folder(), who, upload.name, upload.getvalue()).id))


def doctor(chosen: sets.InstructionSet, room: Room) -> None:
    """What the doctor says about the chosen file, with a button for each repair, and for undoing it."""
    st.header("The doctor", anchor=False)
    found, settled, raw = kept.findings(chosen, room), kept.settled(chosen), kept.raw(chosen)
    st.markdown(
        f"{plain(chosen.name)}: {raw.form}, **{count(len(raw.values))}** entries in the file, "
        f"**{count(len(settled.entries))}** can be used. Nothing is changed unless you press a button, and never in "
        "the file itself."
    )
    for finding in found:
        with st.container(border=True):
            st.markdown(f"{LEVELS[finding.level]} **{plain(finding.title)}** {plain(finding.why)}")
            shown = [{"entry": n, "in the file": str(raw.values[n - 1])[:300]} for n in finding.rows[:SHOWN]]
            with st.expander(f"Look at {looked_at(finding.rows)}"):
                st.dataframe(shown, hide_index=True)
            for number, fix in enumerate(finding.fixes):
                changes = dict(fix.changes)
                if "repair" in changes:
                    changes = {"repairs": (*chosen.repairs, changes.pop("repair")), "room": room}
                st.button(
                    fix.label,
                    key=f"instruction_data-fix-{finding.kind}-{number}",
                    on_click=lambda changes=changes: attempt(lambda: chosen.update(**changes)),
                )
    for repair in chosen.repairs:
        rest = tuple(name for name in chosen.repairs if name != repair)
        done = settled.changed.get(repair) or settled.left_out.get(repair) or []
        did = "changed" if repair in settled.changed else "left out"
        st.button(
            f"Undo: {BUTTONS[repair]} ({count(len(done))} {did})",
            key=f"instruction_data-undo-{repair}",
            icon=":material/undo:",
            on_click=lambda rest=rest: attempt(lambda: chosen.update(repairs=rest)),
        )
    if not found:
        st.success("Nothing to complain about.", icon=":material/check:")


def looked_at(rows: list[int]) -> str:
    """Which entries a table shows, so that no two tables have the same name."""
    if len(rows) == 1:
        return f"entry {count(rows[0])}"
    shown = min(len(rows), SHOWN)
    return f"{'the' if shown == len(rows) else 'the first'} {shown} entries from number {count(rows[0])} on"
