"""The parts of the lesson on the block, each a picture with its sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from engine.tokenizers.pretrained import token_text
from ui import models
from ui.components.token_strip import Chip, token_strip
from ui.figures import lens as draw
from ui.figures.block import block_steps
from ui.figures.block_parts import OUTSIDE, part_bars
from ui.figures.matrix import picked_cell
from ui.labels import quote, visible
from ui.lessons.block import readings
from ui.lessons.block.arithmetic import bracketed, in_words
from ui.numbers import count, fmt, percent
from ui.picks import choose, number_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.analysis.attribution import Attribution
    from ui.lesson import Page
    from ui.lessons.block.readings import Reading
    from ui.models import LoadedModel

Cell = tuple[int, int]
AVERAGE = "What is added to all logits alike makes no token likelier: the mean of all logits is subtracted."
MOST_COLUMNS = 10  # tokens of the lens: their predictions are words, which need room
STEP_NAMES = ("comes in", "norm", "attention", "add", "norm", "feed-forward", "add")


def strip(page: Page, reading: Reading, place: int) -> None:
    """The text's tokens; a click chooses one."""
    chips = [Chip(text, i) for text, i in zip(reading.tokens, reading.ids, strict=True)]
    token_strip(chips, "tokens", "Tokens of the text", place, lambda i: page.state.set(place=str(i)))


def draw_block(page: Page, loaded: LoadedModel, text: str, reading: Reading, layer: int, place: int) -> Cell:
    """One block, step by step, for the chosen token; returns the chosen number's row and place in the vector."""
    values = models.infer(readings.steps, loaded, text, layer=layer)
    size, width = len(reading.ids), values.shape[2]
    step, _, column = page.state.value("cell", "").partition("-")
    cell = number_of(step, len(values) - 1, 3), number_of(column, min(32, width) - 1, 0)
    shape = f"{size} × {width}"
    shapes = [shape, shape, f"{loaded.model.cfg.n_heads} heads, {shape}", shape, shape]
    shapes += [f"{size} × {4 * width} → {width}", shape]
    names = [(f"{i + 1} {name}", line) for i, (name, line) in enumerate(zip(STEP_NAMES, shapes, strict=True))]

    def choose_number() -> None:
        picks = st.session_state["steps"].selection.get("pick") or []
        if picks and picks[0].keys() >= {"step", "column"}:
            page.state.set(cell=f"{int(picks[0]['step'])}-{int(picks[0]['column'])}")

    frame, spec = block_steps(values[:, place], names, cell)
    alt = f"The vector of token {place} at each step of block {layer}"
    st.vega_lite_chart(frame, spec, key="steps", on_select=choose_number, selection_mode="pick", alt=alt)
    st.caption(
        f"Token {place} {quote(reading.tokens[place])} in block {layer}: the first {min(32, width)} of its {width} "
        "numbers after each step, and the whole vector's length on the right. The grey lines are the shortcuts: rows "
        "1, 4 and 7 are the stream. Colours go with the square root, so that small numbers show. Click a number."
    )
    return cell


def explain_cell(loaded: LoadedModel, text: str, reading: Reading, layer: int, place: int, cell: Cell) -> None:
    """The arithmetic of the number that is outlined in the block's picture."""
    step, column = cell
    found = models.infer(
        readings.cell, loaded, text, layer=layer, step=readings.STEPS[step], place=place, column=column
    )
    st.header("The arithmetic of one number", anchor=False)
    st.markdown(
        f"Row {step + 1} ({STEP_NAMES[step]}), number {column} of token {place} {quote(reading.tokens[place])}: "
        + in_words(readings.STEPS[step], layer, found)
    )


def draw_stream(page: Page, reading: Reading, place: int, level: int) -> None:
    """How long every vector of the stream is, by level and token."""
    st.header("The residual stream grows", anchor=False)
    left, right = page.stage(1, 2.4)
    lengths = reading.lengths
    top = float(lengths[:, 1:].max()) if lengths.shape[1] > 1 else float(lengths.max())
    with left:
        before, after = float(lengths[0, place]), float(lengths[-1, place])
        st.markdown(
            "What runs along the shortcuts is called the **residual stream**: one vector for each token, to which "
            f"every part of every block adds something. At token {place} {quote(reading.tokens[place])} its length "
            f"goes from {fmt(before)} to {fmt(after)}, {fmt(after / before)} times as long."
        )
        if float(lengths[:, 0].max()) > 3 * top:
            st.caption(
                f"The first token's vector grows to {fmt(float(lengths[:, 0].max()))}, far beyond all others: it is "
                "where attention rests when there is nothing to fetch. The strongest colour stands for "
                f"{fmt(top)} and more."
            )
    with right:
        frame, spec = draw.length_map(lengths, reading.levels, reading.tokens, top, (level, place))
        alt = "Length of each token's vector at each level of the stream"
        st.vega_lite_chart(
            frame, spec, key="lengths", on_select=choose_cell(page, "lengths"), selection_mode="pick", alt=alt
        )


def choose_cell(page: Page, key: str, first: int = 0) -> Callable[[], None]:
    """A callback: the clicked cell's level and token become the chosen ones; first is the first token drawn."""

    def take() -> None:
        cell = picked_cell(st.session_state[key])
        if cell is not None:
            page.state.set(level=str(cell[0]), place=str(first + cell[1]))

    return take


def draw_lens(page: Page, loaded: LoadedModel, text: str, reading: Reading, place: int, level: int) -> None:
    """What every level of the stream would predict."""
    st.header("What each layer would predict", anchor=False)
    name = lambda i: token_text(loaded.tokenizer, int(i))  # noqa: E731
    answer = int(reading.answers[place, 0])
    st.markdown(
        "The last stream goes through the final norm and the output head, which gives each token of the vocabulary a "
        "score. Nothing stops us from doing the same with an earlier level: this is the **logit lens** "
        f"(nostalgebraist 2020). After token {place} {quote(reading.tokens[place])} the whole model's likeliest next "
        f"token is {quote(name(answer))}; {first_time(reading, place)}"
    )
    first = min(max(place - MOST_COLUMNS // 2, 0), max(len(reading.ids) - MOST_COLUMNS, 0))
    part = slice(first, first + MOST_COLUMNS)
    said = [name(i) for i in reading.top[:, part].ravel()]
    frame, spec = draw.lens_map(
        said, reading.top_probability[:, part], reading.levels, reading.tokens[part], (level, place - first)
    )
    alt = "The token that each level would predict after each token"
    st.vega_lite_chart(
        frame, spec, key="lens", on_select=choose_cell(page, "lens", first), selection_mode="pick", alt=alt
    )
    left, right = st.columns(2, gap="large")
    with left:
        st.markdown(f"**How each level ranks {quote(name(answer))}**")
        frame, spec = draw.answer_by_level(
            reading.levels, reading.answer_probability[:, place], reading.answer_rank[:, place], level
        )
        alt = "Probability and rank of the model's answer at each level"
        st.vega_lite_chart(
            frame,
            spec,
            key="answer",
            on_select=lambda: choose(page.state, "answer", "at", "level"),
            selection_mode="pick",
            alt=alt,
        )
    with right:
        st.markdown(f"**The whole distribution: {reading.levels[level]}**")
        probabilities = models.infer(readings.at_level, loaded, text, level=level, place=place)
        frame, spec = draw.distribution(name, probabilities, answer)
        st.vega_lite_chart(frame, spec, key="level-bars", alt="The likeliest tokens at this level and the rest")
        st.caption(f"Softmax over all {count(len(probabilities))} tokens. In the chosen colour: the final answer.")


def first_time(reading: Reading, place: int) -> str:
    """From which level on the answer stays in first place."""
    ranks = reading.answer_rank[:, place]
    since = len(ranks) - int(np.argmin(np.append((ranks == 1)[::-1], False)))
    rank = count(int(ranks[0]))
    if since == 0:
        return "every level says so, from the start."
    return f"it ranks {rank} at the start, and leads for good from *{reading.levels[since]}* on."


def draw_parts(page: Page, loaded: LoadedModel, text: str, reading: Reading, place: int) -> int:
    """What attention and feed-forward added, and where one logit comes from; returns the ID of its token."""
    st.header("Who added what", anchor=False)
    difference = fmt(reading.difference, 2)
    st.markdown(
        f"The blocks only add. So the last stream is a sum of {count(len(reading.added))} vectors: the token's, the "
        "position's, and one from every attention and every feed-forward. Added up here and compared with the stream "
        f"of the running model, the largest difference in any of its numbers is **{difference}**: rounding."
    )
    ids, chances = reading.answers[place].tolist(), reading.answer_probabilities[place].tolist()
    options = [str(i + 1) for i in range(len(ids))]
    texts = [visible(token_text(loaded.tokenizer, i)) for i in ids]
    labels = {o: f"{o}. {t}  {percent(p)}" for o, t, p in zip(options, texts, chances, strict=True)}
    left, right = st.columns(2, gap="large", vertical_alignment="bottom")
    with left:
        option = page.state.select("answer", "Next token whose logit is taken apart", options, "1", labels=labels)
    with right:
        average = page.state.toggle("average", "Against the average token", False, help=AVERAGE)
    token = ids[int(option) - 1]
    left, right = st.columns(2, gap="large")
    with left:
        found = models.infer(readings.attribution, loaded, text, place=place, token=token, against_average=average)
        split = [*reading.parts, ("final shift", OUTSIDE)]
        values = [*found.contributions.tolist(), found.shift]
        part = number_of(page.state.value("part", ""), len(values) - 1, int(np.argmax(np.abs(values[:-1]))))
        what = "logit less the mean logit" if average else "logit"
        st.markdown(f"**What each part adds to the {what} of {quote(token_text(loaded.tokenizer, token))}**")
        _bars(page, split, values, "added to the logit", part, "contributions")
        st.markdown(f"All bars together: {fmt(sum(values), 4)}. The model's own {what}: **{fmt(found.logit, 4)}**.")
    with right:
        st.markdown(f"**How long a vector each part adds**, at token {place} {quote(reading.tokens[place])}")
        _bars(page, reading.parts, reading.added[:, place].tolist(), "length of the vector", part, "added")
        st.markdown(_one_part(split[part], values[part], found, part))
    return token


def _bars(page: Page, parts: list[tuple[str, str]], values: list[float], title: str, part: int, key: str) -> None:
    """Bars of all parts; a click chooses one."""
    frame, spec = part_bars(parts, values, title, part)
    st.vega_lite_chart(
        frame,
        spec,
        key=key,
        on_select=lambda: choose(page.state, key, "part", "part"),
        selection_mode="pick",
        alt=f"{title}, by part",
    )


def _one_part(split: tuple[str, str], value: float, found: Attribution, part: int) -> str:
    """The arithmetic of one part's contribution."""
    place, kind = split
    name = place if kind == OUTSIDE else f"{kind} of {place}"
    if place == "final shift":
        return (
            f"**{name}**: the final norm's learned shift times the output head's row for the token, **{fmt(value)}**."
        )
    product = float(found.centred[part] @ found.direction)
    return (
        f"**{name}** (outlined; click another): its vector less its mean, times the output head's row for the token "
        f"(with the final norm's scale), number by number, adds up to {fmt(product)}. Divided by the stream's standard "
        f"deviation {bracketed(found.deviation)}: **{fmt(value)}**."
    )
