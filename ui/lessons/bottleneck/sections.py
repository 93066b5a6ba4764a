"""The bottleneck: what the page shows of both models, part by part."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from ui.figures import bottleneck as draw
from ui.figures.matrix import heat_map, picked_cell
from ui.numbers import RAISED, count, fmt, percent
from ui.picks import number_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.experiments.seq2seq import Walk
    from engine.experiments.seq2seq_record import Record
    from ui.share import PageState

NUMBERS_UP_TO = 8  # symbols; more columns are too narrow for numbers


def show_accuracy(record: Record, typed: int) -> None:
    """How often each model is right, by length.

    typed  symbols in the reader's own sequence; 0 when there is none
    """
    from engine.experiments.seq2seq_record import GUESSING, LENGTHS, SAMPLES, parameters

    frame, spec = draw.accuracy_lines(LENGTHS, record.accuracy, record.settings.longest, GUESSING, typed)
    st.vega_lite_chart(frame, spec, key="accuracy", alt="Share of symbols right by length, for both models")
    sizes = " and ".join(count(parameters(record.models[kind])) for kind in (False, True))
    st.caption(
        f"Measured on {SAMPLES} new sequences of each length, the model writing alone. Grey line: the longest "
        f"in training, {record.settings.longest}. Dotted: guessing, 1/36.{' Pink: your sequence.' if typed else ''} "
        f"The models have {sizes} parameters."
    )


def say_written(task: str, text: str, found: Mapping[bool, Walk]) -> None:
    """What should be written, and what both models write, wrong symbols marked."""
    wanted = text[::-1] if task == "reverse" else text
    lines = [f"{'you give':>16}  {text}", f"{'should be':>16}  {wanted}"]
    for attention in (False, True):
        written = found[attention].written
        lines.append(f"{draw.NAMES[attention]:>16}  {written}")
        marks = "".join("·" if a == b else "^" for a, b in zip(written, wanted, strict=True))
        if "^" in marks:
            lines.append(f"{'':>16}  {marks}")
    st.code("\n".join(lines), language=None)
    if any(walk.written != wanted for walk in found.values()):
        st.caption("^ stands under a wrong symbol.")


def show_states(state: PageState, found: Mapping[bool, Walk], text: str, record: Record) -> None:
    """The numbers of the hidden state while the chosen model reads and writes."""
    st.header("The hidden state", anchor=False)
    kind = state.choice(
        "model", "Model", ["one", "attention"], "one", labels={"one": draw.NAMES[False], "attention": draw.NAMES[True]}
    )
    steps = found[kind == "attention"]
    reading, writing = st.columns(2)
    size = record.settings.hidden
    for column, states, symbols, title in (
        (reading, steps.read, text, f"As it reads: {size} numbers after each symbol"),
        (writing, steps.wrote, steps.written, "As it writes: after each symbol"),
    ):
        frame, spec = heat_map(
            states,
            list(symbols),
            [str(n + 1) for n in range(size)],
            value_name="number in the state, −1 to 1",
            row_title="symbol read" if column is reading else "symbol written",
            column_title="which number",
            signed=True,
            top=1.0,
            row_height=17,
        )
        spec["layer"] = spec["layer"][:1]
        spec["encoding"]["x"]["axis"]["labelAngle"] = 0
        spec["encoding"]["y"]["axis"] |= {"labelOverlap": False, "labelFontSize": 11}
        column.markdown(f"**{title}**")
        column.vega_lite_chart(frame, spec, key=f"states-{title[:8]}", alt=title)
    numbers = ", ".join(fmt(float(number)) for number in steps.read[-1][:3])
    symbols = f"{len(text)} {'symbol' if len(text) == 1 else 'symbols'}"
    if kind == "one":
        st.markdown(
            f"The last row read is all that this model hands over: **{size} numbers**, {numbers}, …, however long the "
            f"sequence. Here they stand for {symbols}, one of 36{str(len(text)).translate(RAISED)} possible sequences."
        )
    else:
        st.markdown(
            f"The decoder starts from the last row read, {size} numbers, {numbers}, …, and may look back at "
            f"**every row**: {len(text)} · {size} = {count(len(text) * size)} numbers for {symbols}."
        )


def show_alignment(state: PageState, steps: Walk, text: str) -> None:
    """The attention weights, and the arithmetic of the chosen one."""
    st.header("Where attention looks", anchor=False)
    size = len(text)
    row, column = chosen_cell(state.value("cell", ""), steps.weights)

    def choose() -> None:
        cell = picked_cell(st.session_state["alignment"])
        if cell is not None:
            state.set(cell=f"{cell[0]}-{cell[1]}")

    left, right = st.columns([1.4, 1], gap="large")
    with left:
        frame, spec = heat_map(
            steps.weights,
            [f"{n + 1} {symbol}" for n, symbol in enumerate(steps.written)],
            [f"{n + 1} {symbol}" for n, symbol in enumerate(text)],
            value_name="attention weight",
            row_title="symbol written",
            column_title="symbol read, whose state is looked at",
            top=1.0,
            chosen=(row, column),
        )
        if size > NUMBERS_UP_TO:
            spec["layer"] = spec["layer"][:1]
        alt = "Attention weights: a row for each symbol written, a column for each symbol read"
        st.vega_lite_chart(frame, spec, key="alignment", on_select=choose, selection_mode="pick", alt=alt)
    with right:
        scores = steps.scores[row].astype(np.float64)
        top = float(scores.max())
        powers = np.exp(scores - top)
        best = np.argsort(-steps.weights[row], kind="stable")[:3]
        terms = " + ".join(f"{fmt(float(steps.weights[row, k]))} · h{k + 1}" for k in best)
        st.markdown(
            f"Before writing symbol {row + 1}, the decoder scores each state of the encoder: **score = v · tanh(W·s + "
            f"U·h)**, with s its own state, h the encoder's, and v, W and U learned. For h{column + 1}, the state "
            f"after `{text[column]}`, the score is **{fmt(float(scores[column]))}**."
        )
        st.markdown(
            f"Softmax over {size} {'state' if size == 1 else 'states'}: e^({fmt(float(scores[column]))} − {fmt(top)}) "
            f"= {fmt(float(powers[column]))}, divided by {fmt(float(powers.sum()))}, the sum of all of them (the "
            f"largest score, {fmt(top)}, is subtracted first): the weight **{fmt(float(steps.weights[row, column]))}**."
        )
        st.markdown(
            f"The context is {terms}{' + …' if size > 3 else ''}: {fmt(float(steps.weights[row, best].sum()))} of all "
            f"the weight. From it and its own state the decoder writes `{steps.written[row]}`, with a probability of "
            f"{percent(float(steps.chances[row].max()))}."
        )
        st.caption("Weights are shares of 1; scores have no unit. Click another cell.")


def chosen_cell(typed: str, weights: np.ndarray) -> tuple[int, int]:
    """The clicked (row, column), else the first row and what it looks at most."""
    row, _, column = typed.partition("-")
    cell = number_of(row, len(weights) - 1, -1), number_of(column, len(weights) - 1, -1)
    return (0, int(weights[0].argmax())) if -1 in cell else cell
