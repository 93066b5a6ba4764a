"""A visitor's own instruction set, read and repaired once: a file of 100,000 entries takes seconds to work through."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from engine.datasets.instruction_doctor import examine_lengths, examine_texts
from engine.datasets.instruction_repairs import Room, token_counts

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from engine.datasets.finding import Finding
    from engine.datasets.instruction_repairs import Settled
    from engine.datasets.instruction_sets import InstructionSet
    from engine.datasets.instructions import Entry
    from engine.datasets.raw_entries import RawEntries


def key_of(chosen: InstructionSet) -> str:
    """What stands for the set and all that was chosen about it."""
    return f"{chosen.folder} {chosen.repairs} {chosen.encoding} {chosen.room}"


def raw(chosen: InstructionSet) -> RawEntries:
    """What its file holds; shared: read it only. Raises InputError when it cannot be read."""
    return _raw(f"{chosen.folder} {chosen.encoding}", chosen)


def settled(chosen: InstructionSet) -> Settled:
    """What its repairs make of it; shared: read it only. Raises InputError when it cannot be read."""
    return _settled(key_of(chosen), chosen)


def entries(chosen: InstructionSet) -> list[Entry]:
    """The entries to train on; shared: read them only. Raises what InstructionSet.entries raises."""
    return _entries(key_of(chosen), chosen)


def findings(chosen: InstructionSet, room: Room) -> list[Finding]:
    """What the doctor says about what the repairs have left."""
    key = key_of(chosen)
    counts = _counts(key, room.tokenizer, room.style, chosen)
    return _texts(key, chosen) + examine_lengths(settled(chosen), counts, room)


@st.cache_resource(max_entries=3, show_spinner="Reading the file …")
def _raw(key: str, _chosen: InstructionSet) -> RawEntries:
    return _chosen.raw()


@st.cache_resource(max_entries=3, show_spinner="Reading the file …")
def _settled(key: str, _chosen: InstructionSet) -> Settled:
    return _chosen.settled()


@st.cache_resource(max_entries=3, show_spinner="Reading the file …")
def _entries(key: str, _chosen: InstructionSet) -> list[Entry]:
    return _chosen.entries()


@st.cache_resource(max_entries=8, show_spinner="Looking at every entry …")
def _texts(key: str, _chosen: InstructionSet) -> list[Finding]:
    return examine_texts(raw(_chosen), settled(_chosen))


@st.cache_resource(max_entries=8, show_spinner="Counting tokens …")
def _counts(key: str, tokenizer: str, style: str, _chosen: InstructionSet) -> NDArray[np.int64]:
    return token_counts(settled(_chosen).entries, Room(tokenizer, style))
