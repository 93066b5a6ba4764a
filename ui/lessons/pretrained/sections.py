"""Pretrained weights: what the page shows, part by part."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import streamlit as st

from engine.config import parameter_count
from engine.tokenizers.pretrained import encode_text
from ui import models
from ui.components.matrices import matrices
from ui.figures.matrices import clamp_cell
from ui.lesson import friendly_errors, plain, sentence
from ui.lessons.pretrained import mapping, words
from ui.numbers import count, fmt

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.analysis.loading import Attempt
    from engine.config import GPTConfig
    from ui.lesson import Page
    from ui.lessons.pretrained.mapping import Row
    from ui.models import LoadedModel

NAMES = {"openai": "OpenAI's params", "hugging_face": "Hugging Face's file"}
RESULTS = "pretrained-attempts"
FIRST_CELL = "1-0"  # off the diagonal, where a transposed matrix shows that it is one


def choose_row(page: Page, rows: Sequence[Row], key: str) -> None:
    """A callback: the clicked row of the mapping becomes the chosen tensor."""
    chosen = st.session_state[key].selection.rows
    if chosen:
        page.state.set(tensor=rows[chosen[0]].ours, cell=FIRST_CELL)


def attempt(loaded: LoadedModel, text: str, mistake: str) -> Attempt:
    """Load with this mistake; in a function of its own so that its result is kept for all sessions."""
    from engine.analysis.loading import load_with

    return load_with(loaded.model, mistake, encode_text(loaded.tokenizer, text))


def mapping_part(page: Page, cfg: GPTConfig) -> Row:
    """The controls and the mapping; returns the chosen row."""
    left, right = page.stage(1, 2.4)
    with left:
        names = page.state.choice("names", "Names as in", list(NAMES), "openai", labels=NAMES)
        parts = ["outside", *map(str, range(cfg.n_layers))]
        labels = {part: f"Block {part}" for part in parts} | {"outside": "Outside the blocks"}
        part = page.state.select("part", "Part of the model", parts, "0", labels=labels)
        rows = mapping.rows_of(cfg, part)
        tensors = [row.ours for row in rows]
        first = tensors[min(4, len(tensors) - 1)] if part != "outside" else tensors[0]  # a block's queries
        name = page.state.value("tensor", first)
        name = name if name in tensors else first
        place = tensors.index(name)
        row = rows[place]
        st.markdown(
            f"**{name}** {mapping.shape(row.our_shape)} is `{getattr(row, names)}` "
            f"{mapping.shape(row.their_shape)}, **{row.action}**. Click another row."
        )
        st.caption(
            f"All in all {count(parameter_count(cfg))} numbers. Only the layer's number changes from block to block. "
            "*Transposed*: rows become columns. *Third*: queries, keys and values lie side by side in one matrix."
        )
    key = f"mapping-{part}"  # each part has a selection of its own
    with right:
        st.dataframe(
            mapping.table(rows, names),
            hide_index=True,
            key=key,
            on_select=lambda: choose_row(page, rows, key),
            selection_mode="single-row",
            selection_default={"selection": {"rows": [place]}},
            height=36 + 35 * min(len(rows), 16),
        )
    return row


def corner_part(page: Page, row: Row) -> None:
    """The same numbers in both orientations."""
    st.header("Where each number comes from", anchor=False)
    loaded = models.current()
    theirs, ours = models.infer(mapping.theirs_and_ours, loaded, row.ours)
    product = mapping.corner(row, theirs, ours)
    cell = clamp_cell(page.state.value("cell", FIRST_CELL), len(product.result.rows), len(product.result.columns))
    matrices(product, "corner", f"{row.ours}, top left", cell, lambda i, j: page.state.set(cell=f"{i}-{j}"))
    st.caption(
        f"The first rows and columns of {row.ours} in the model chosen on the left, and where they lie in the tensor "
        "of the publishers. Point at a number of ours. The labels are the places in the whole tensor, from 0."
    )
    if models.current_name() == models.POCKET and row.ours.endswith("bias") and ".W_" in row.ours:
        st.caption("The pocket model has no biases on queries, keys and values; in GPT-2's layout they are zeros.")


def mistakes_part(page: Page, cfg: GPTConfig) -> tuple[str, str]:
    """One mistake at a time: refused, or in silently and measured."""
    st.header("What can go wrong, and what notices it", anchor=False)
    left, right = page.stage(1, 2)
    with left:
        text = page.state.text("text", "Text to measure the loaded model on", words.START, area=True, height=80)
        mistakes = words.MISTAKES
        mistake = page.state.select("mistake", "Load the weights with", list(mistakes), "context", labels=mistakes)
        asked = (models.current_name(), text, mistake)
        tried = st.session_state.setdefault(RESULTS, [])
        st.button("Load them", icon=":material/input:", type="primary", on_click=lambda: tried.append(asked))
        st.caption(f"Into an empty model of {count(parameter_count(cfg))} parameters, then thrown away again.")
    with right, friendly_errors():
        if asked not in tried:
            st.info("First guess: will it be refused, or go in and be wrong?", icon=":material/help:")
        else:
            draw_attempt(cfg, text, mistake)
    return text, mistake


def draw_attempt(cfg: GPTConfig, text: str, mistake: str) -> None:
    """What loading with this mistake gave, beside loading without one."""
    loaded = models.current()
    right = models.infer(attempt, loaded, text, mistake="none")
    found = models.infer(attempt, loaded, text, mistake=mistake)
    if found.refused:
        st.error(f"Refused, and nothing was assigned. {plain(sentence(found.refused))}", icon=":material/block:")
        return
    guessing = math.log(cfg.vocab_size)
    rows = {"without a mistake": right}
    if mistake != "none":
        rows[words.MISTAKES[mistake].lower()] = found
    st.dataframe(
        {
            "loaded": list(rows),
            "loss, nats a token": [fmt(a.loss) for a in rows.values()],
            "goes on": [loaded.tokenizer.decode(list(a.written)) for a in rows.values()],
        },
        hide_index=True,
        key="attempts",
    )
    if mistake == "none":
        st.success(
            f"Every name found its place and every shape fits. Guessing evenly would lose "
            f"ln({count(cfg.vocab_size)}) = {fmt(guessing)} nats a token; this model loses {fmt(right.loss)}."
        )
    else:
        st.warning(
            f"Nothing was refused: every shape fits. The loss gives it away, {fmt(found.loss)} instead of "
            f"{fmt(right.loss)} nats a token (guessing evenly: {fmt(guessing)}), and so does the text.",
            icon=":material/visibility:",
        )


def checks_part() -> None:
    """Which check notices what."""
    st.markdown("**Checks that loading worked**, from the weakest to the strongest:")
    st.dataframe(
        {
            "check": ["every name once", "every shape equal", "loss far below guessing", "logits equal a reference"],
            "notices": [
                "another number of layers, forgotten biases, a file of another kind",
                "another width, another context length, an oblong matrix left untransposed",
                "a square matrix left untransposed, queries and keys swapped, layers or norms misplaced",
                "everything, down to a wrong epsilon in a norm or another kind of GELU",
            ],
            "where": ["load_weights_into_gpt", "load_weights_into_gpt", "above", "tests/reference/"],
        },
        hide_index=True,
        key="checks",
    )
