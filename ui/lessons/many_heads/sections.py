"""Many heads: what the page shows, part by part."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import streamlit as st

from ui.catalog import find
from ui.code import show_code
from ui.components.matrices import matrices
from ui.figures import many_heads as draw
from ui.figures.matrices import clamp_cell
from ui.figures.matrix import heat_map
from ui.labels import quote, short
from ui.lessons.many_heads import heads as compute
from ui.lessons.many_heads import words
from ui.numbers import count, fmt
from ui.word_vectors import JOURNEY, read_word_vectors

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.experiments.multi_head import Timing
    from ui.lesson import Page
    from ui.lessons.many_heads.heads import Split
    from ui.share import PageState

PARTS = {"split": "Split into heads", "mix": "Together again", "classes": "Wrapper or one class"}
SIZES = ["64", "256"]
MEASURED = "many_heads-measured"
LONGEST_LINK = 2_000  # characters of a text that goes along to another lesson
split = st.cache_resource(max_entries=32, show_spinner=False)(compute.split)
both = st.cache_resource(max_entries=32, show_spinner=False)(compute.both)


def read_words(state: PageState) -> tuple[list[str], list[list[float]]]:
    """The words and their vectors, as typed."""
    typed = state.text("words", "Words and their numbers", JOURNEY, area=True, height=182)
    return read_word_vectors(typed)


def controls(state: PageState) -> tuple[list[str], list[list[float]], int, int, int]:
    """The words, and the sizes of MultiHeadAttention."""
    width = state.slider("width", "d_out, the width of all heads", 1, 12, 6)
    heads = state.slider("heads", "num_heads", 1, 6, 2)
    seed = state.number("seed", "Seed of the weights", 0, 99_999, 123)
    names, vectors = read_words(state)
    return names, vectors, width, heads, seed


def choose_number(state: PageState, key: str) -> None:
    """A callback: the clicked number becomes the chosen one."""
    picks = st.session_state[key].selection.get("pick") or []
    if picks:
        state.set(cell=str(int(picks[0]["id"])))


def show_split(page: Page) -> None:
    """Part one: one tensor becomes heads."""
    state = page.state
    left, right = page.stage(1, 3.6)
    with left:
        names, vectors, width, heads, seed = controls(state)
    with right:
        found = split(vectors, width, heads, seed)
        queries = found.arrays["queries"][0]
        typed = state.value("cell", "8")
        chosen = min(int(typed), queries.size - 1) if typed.isascii() and typed.isdigit() and len(typed) < 5 else 0
        st.markdown(
            f"One multiplication gives the queries of all heads. Then each row of {width} is cut into {heads} "
            f"{'piece' if heads == 1 else 'pieces'} of K = {width} / {heads} = {width // heads}, a head each, and the "
            "two middle dimensions are swapped, so that every head has a matrix of its own."
        )
        stages = draw.split_stages(names, queries, heads)
        columns = st.columns([draw.stage_width(stage) for stage in stages])
        for key, stage, column in zip(("whole", "viewed", "transposed"), stages, columns, strict=True):
            frame, spec = draw.stage_cells(stage, chosen)
            column.markdown(f"**{stage.title}**")
            column.vega_lite_chart(
                frame,
                spec,
                key=key,
                on_select=partial(choose_number, state, key),
                selection_mode="pick",
                alt=f"The queries as {stage.title}; the chosen number is outlined",
            )
        st.markdown(journey(names, found, chosen, heads))
        st.caption(
            "Queries, without a unit; a colour is a head, pink is the chosen number. Click another number. B: texts in "
            "the batch, here one; T: words; D: numbers of each; H: heads; K: numbers of one head. All are counted from "
            "0, as in the code."
        )
    st.header("Each head looks for itself", anchor=False)
    for head, column in enumerate(columns_of(heads)):
        frame, spec = heat_map(
            found.arrays["weights"][0, head],
            names,
            names,
            value_name="attention weight",
            row_title="",
            column_title=f"head {head}",
            top=1.0,
            hidden=[[k > q for k in range(len(names))] for q in range(len(names))],
            row_height=30,
        )
        spec["layer"] = spec["layer"][: 2 if heads <= 3 else 1]
        column.vega_lite_chart(frame, spec, key=f"head-{head}", alt=f"Attention weights of head {head}")
    st.caption(
        "The heads' weights are random, as before training: where they differ, it is chance. A row looks, a column is "
        "looked at."
    )
    link_to_real_heads(state)
    show_code(compute.split_code(names, vectors, width, heads, seed), "many_heads")


def columns_of(number: int) -> list[Any]:
    """Columns for this many pictures, at most three in a line."""
    made: list[Any] = []
    for start in range(0, number, 3):
        made += st.columns(3)[: min(3, number - start)]
    return made


def journey(names: Sequence[str], found: Split, chosen: int, heads: int) -> str:
    """One number on its way: its index in each shape, and its place in memory by the strides."""
    width = found.arrays["queries"].shape[2]
    size = width // heads
    word, number = divmod(chosen, width)
    head, place = divmod(number, size)
    value = float(found.arrays["queries"][0, word, number])
    stride = {name: ", ".join(map(str, steps)) for name, steps in found.strides.items()}
    sentence = (
        f"**{fmt(value)}** is number {number} of word {word}, {quote(names[word])}: {number} = "
        f"{head} · {size} + {place}, so it is number {place} of head {head}. Index `[0, {word}, {number}]` → "
        f"`[0, {word}, {head}, {place}]` → `[0, {head}, {word}, {place}]`."
    )
    if found.same_place:
        sentence += (
            f" In memory it stays at place **{chosen}** = {word} · {width} + {number}: only the strides change, "
            f"({stride['queries']}) → ({stride['viewed']}) → ({stride['split']}), the steps from one index to the next."
        )
    return sentence


def link_to_real_heads(state: PageState) -> None:
    """A text of the user's own, taken to the lesson on trained heads."""
    one, two = st.columns([2, 1], vertical_alignment="bottom")
    with one:
        text = state.text("text", "After training heads do differ. A text of your own", words.TEXT)
    there = find("heads")
    two.page_link(
        there.path,
        label=f"See its heads: {there.title}",
        icon=":material/arrow_forward:",
        query_params={"text": text} if len(text) <= LONGEST_LINK else None,
    )


def show_mix(page: Page) -> None:
    """Part two: the heads together again."""
    state = page.state
    left, right = page.stage(1, 3.6)
    with left:
        names, vectors, width, heads, seed = controls(state)
    with right:
        found = split(vectors, width, heads, seed)
        options = [str(n) for n in range(len(names))]
        labels = {str(n): f"{n} {short(name)}" for n, name in enumerate(names)}
        word = int(state.choice("word", "Word", options, "0", labels=labels))
        size = width // heads
        st.markdown(
            f"Each head found {size} {'number' if size == 1 else 'numbers'} for each word. Side by side they are "
            f"{width} again: (B, H, T, K) → (B, T, D). So far each number knows one head only. **out_proj** is a "
            "matrix that lets every number of the output take from **every head**:"
        )
        product = draw.mix(names[word], found.arrays["parts"][:, word], found.bias, found.arrays["out"][0, word])
        cell = clamp_cell(state.value("number", "0-0"), width, 1)
        matrices(product, "mix", "output", cell, lambda i, j: state.set(number=f"{i}-{j}"))
        joined = found.arrays["joined"][0, word]
        side = ", ".join(fmt(float(v)) for v in joined)
        st.caption(
            f"Before out_proj the {width} numbers were {side}. Without it, numbers 0 to {size - 1} would come "
            "from head 0 alone, and so on. Rows: numbers of the output, without a unit; *bias*: numbers of out_proj, "
            "the same for every word. Click a row's sum."
        )
    show_code(compute.split_code(names, vectors, width, heads, seed), "many_heads")


def show_classes(page: Page) -> None:
    """Part three: both classes, equal and not equally fast."""
    state = page.state
    left, right = page.stage(1, 3.6)
    with left:
        heads = state.slider("number_of_heads", "num_heads", 1, 6, 2)
        width = state.slider("head_width", "Width of one head", 1, 3, 2)
        copies = {"own": "Its own", "copied": "Wrapper's"}
        copy = state.choice("copy", "Weights of the one class", list(copies), "copied", labels=copies)
        names, vectors = read_words(state)
    with right:
        st.markdown(
            "The **wrapper** keeps a CausalAttention per head and runs one after the other. The **one class** has one "
            "large matrix each for queries, keys and values. Stack the heads' matrices into it, let out_proj pass "
            "everything on unchanged, and both give the **same numbers**."
        )
        product = draw.two_outputs(names, both(vectors, width, heads, copy == "copied"), width)
        cell = clamp_cell(state.value("at", "1-2"), len(names), width * heads)
        matrices(product, "classes", product.result.title, cell, lambda i, j: state.set(at=f"{i}-{j}"))
        st.caption(
            "Outputs, a row for each word, without a unit; a column is one number of head 0 (h0), of head 1 (h1), and "
            "so on. Click a cell of the difference."
        )
    st.header("Which is faster here?", anchor=False)
    draw_times(page, compute.classes_code(names, vectors, width, heads, copy == "copied"))


def measure(width: int, batch: int) -> None:
    """A callback: the times belong to the sizes that they were measured with."""
    st.session_state[MEASURED] = ((width, batch), compute.measure(width, batch))


@st.fragment
def draw_times(page: Page, cells: list[str]) -> None:
    """Both classes timed on this machine, when asked; and the code of the whole part.

    cells  the code of what stands above the times
    """
    state = page.state
    left, right = page.stage(1, 2)
    with left:
        width = int(state.choice("timed_width", "d_out, and width of the input", SIZES, "256"))
        batch = state.slider("batch", "Texts in a batch, of 32 tokens each", 1, 8, 1)
        shown = int(state.choice("timed", "num_heads", [str(n) for n in compute.HEADS_TIMED], "8"))
        key = (width, batch)
        st.button("Measure now", icon=":material/timer:", type="primary", on_click=measure, args=key)
    asked, times = st.session_state.get(MEASURED, (None, None))
    with right:
        if asked == key:
            show_times(times, shown, width, batch)
        else:
            st.info("Guess first: how many times as long do 32 heads take, one after the other? Then measure.")
    show_code([*cells, *compute.times_code(width, batch)], "many_heads_classes")


def show_times(times: Timing, shown: int, width: int, batch: int) -> None:
    """What was measured: one number of heads in words, all of them as lines."""
    at = times.heads.index(shown)
    apart, together = times.wrapper[at], times.one[at]
    st.markdown(
        f"{shown} {'head' if shown == 1 else 'heads'} of {width // shown}: wrapper **{fmt(apart)} ms**, one class "
        f"**{fmt(together)} ms**, so the wrapper takes {fmt(apart / together)} times as long. Largest difference "
        f"of the outputs: {fmt(times.difference)}."
    )
    frame, spec = draw.time_lines(times.heads, times.wrapper, times.one, shown)
    st.vega_lite_chart(frame, spec, key="times", alt="Time of both classes against the number of heads")
    st.caption(
        f"A forward pass of {count(batch * 32)} tokens on this machine, one thread, median of 15 runs in turn. Pink: "
        "the chosen number of heads. The wrapper has an output projection behind it here, so that both do the same "
        "work."
    )
