"""Left to right, or both sides: what the page shows, part by part."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from ui.code import show_code
from ui.figures import both_sides as draw
from ui.figures.matrices import clamp_cell
from ui.figures.matrix import heat_map, picked_cell
from ui.lessons.both_sides import hole, say
from ui.numbers import count

if TYPE_CHECKING:
    from ui.lesson import Page
    from ui.lessons.both_sides.hole import Reading
    from ui.share import PageState

MOST_WORDS = 12  # of a text in the picture of a mask
ROW = 34  # pixels of a mask's row
BOTH = "encoder-decoder"


def from_the_left(state: PageState, reading: Reading, chosen: int) -> None:
    """The full distribution of the next token, and the reader's own words in it."""
    st.markdown("**From the left alone**: the model has not seen what follows")
    size = len(reading.words)
    frame, spec = draw.candidates(
        [hole.label(word) for word in reading.words],
        reading.left.tolist(),
        range(size),
        title="probability of the next token",
        own=reading.own,
        chosen=chosen,
        notes=[""] * size,
        rest=reading.rest,
    )
    alt = "Probability of each candidate from the left alone, and the rest of the vocabulary"
    click = lambda: choose(state, reading, "left")  # noqa: E731
    st.vega_lite_chart(frame, spec, key="left", on_select=click, selection_mode="pick", alt=alt)
    several = any(mine and not rank for mine, rank in zip(reading.own, reading.ranks, strict=True))
    st.caption(
        f"Softmax over all {count(reading.vocab)} tokens; all others are in the grey bar. "
        + ("A word of several tokens has the product of their probabilities, and is part of another bar. " * several)
    )


def from_both_sides(state: PageState, reading: Reading, chosen: int, both: bool) -> None:
    """Each candidate by the probability of the whole sentence, once the reader has guessed.

    both  whether that has happened
    """
    st.markdown("**From both sides**: the same model reads the whole sentence, once with each candidate")
    if not both:
        st.info("The right side speaks for some words and against others. Which one will come first? Guess, then look.")
        st.button("Read the right side too", type="primary", on_click=state.set, kwargs={"both": "1"})
        return
    order = reading.order
    frame, spec = draw.candidates(
        [hole.label(reading.words[i]) for i in order],
        [float(reading.share[i]) for i in order],
        order,
        title="probability, if it must be one of these",
        own=[reading.own[i] for i in order],
        chosen=chosen,
        notes=[f"  ({i + 1} → {place})" if i + 1 != place else "" for place, i in enumerate(order, start=1)],
    )
    alt = "Share of each candidate when the whole sentence is scored, with its old and new rank"
    click = lambda: choose(state, reading, "both")  # noqa: E731
    st.vega_lite_chart(frame, spec, key="both", on_select=click, selection_mode="pick", alt=alt)
    st.caption(
        f"Shared out among these {len(order)} candidates, not over the vocabulary: every other word would cost a "
        "reading of its own. In brackets: old → new rank. Click a bar for its arithmetic."
    )


def choose(state: PageState, reading: Reading, chart: str) -> None:
    """A callback: the clicked candidate, kept by its token IDs so that it survives other settings."""
    picks = st.session_state[chart].selection.get("pick") or []
    if picks and picks[0].get("candidate", -1) >= 0:
        piece = reading.pieces[int(picks[0]["candidate"])]
        state.set(word="-".join(map(str, piece)))


def show_arithmetic(reading: Reading, chosen: int) -> None:
    """One candidate's numbers, and what each token on the right says about it."""
    st.header("The arithmetic of one candidate", anchor=False)
    left, right = st.columns([1, 1.3], gap="large")
    other = hole.rival(reading, chosen)
    with left:
        st.markdown(hole.sentence(reading, chosen))
    with right:
        if not reading.right:
            st.info("Nothing stands on the right of the hole, so both rankings are the same.")
            return
        names = [hole.label(reading.words[i]) for i in (chosen, other)]
        if names[0] == names[1]:
            names[1] += " "
        frame, spec = draw.right_side(reading.right, names, [reading.log_right[i] for i in (chosen, other)])
        st.vega_lite_chart(frame, spec, key="right", alt="ln P of each token on the right after two candidates")
        st.markdown(hole.what_helped(reading, chosen, other))


def show_mask(page: Page) -> None:
    """The mask of one kind of Transformer over the reader's words."""
    state = page.state
    left, right = page.stage(1, 2.4)
    with left:
        kind = state.choice("kind", "Kind", list(say.KINDS), "decoder", labels=say.KINDS)
        source = state.text("source", "Text that is read", "They could not cross the river")
        target = state.text("target", "Text that is written", "Ils ne pouvaient pas traverser", disabled=kind != BOTH)
    read, written = (text.split()[:MOST_WORDS] for text in (source, target))
    from engine.analysis.masks import attention_mask

    seen = attention_mask(kind, len(read), len(written))
    names = [*read, *written] if kind == BOTH else read
    row, column = clamp_cell(state.value("cell", "2-4"), len(names), len(names))
    with left:
        st.markdown(say.ABOUT[kind])
    with right:
        frame, spec = heat_map(
            seen.int().numpy(),
            names,
            names,
            value_name="may look",
            row_title="this word …",
            column_title="… may look at this one",
            top=1.0,
            chosen=(row, column),
            row_height=ROW if len(names) <= MOST_WORDS else 20,
        )
        frame["shown"] = frame["value"].astype(int).astype(str)
        spec["layer"][0]["encoding"]["color"]["legend"] = None

        def click() -> None:
            cell = picked_cell(st.session_state["mask"])
            if cell is not None:
                state.set(cell=f"{cell[0]}-{cell[1]}")

        alt = f"Attention mask of the {kind}: a row for each word that looks, a column for each that is looked at"
        st.vega_lite_chart(frame, spec, key="mask", on_select=click, selection_mode="pick", alt=alt)
        st.caption("1: this word may look at that one. 0: it is hidden. Click a cell.")
        st.markdown(say.cell(names, seen.tolist(), row, column, len(read)))
    show_code(say.code(kind, len(read), len(written)), "both_sides_mask")
