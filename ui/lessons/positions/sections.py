"""Positions: what the page shows, part by part."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from engine.tokenizers.pretrained import token_text
from ui import models
from ui.code import show_code
from ui.components.token_strip import Chip, token_strip
from ui.figures import positions as draw
from ui.figures.matrices import clamp_cell
from ui.figures.matrix import heat_map, picked_cell
from ui.labels import quote, visible
from ui.lessons.positions import measure, say
from ui.numbers import count, fmt
from ui.palette import token_hue

if TYPE_CHECKING:
    from ui.lesson import Page
    from ui.share import PageState

PARTS = {
    "add": "Token + position",
    "shuffle": "Shuffle the words",
    "similar": "Which positions are alike",
    "relative": "Absolute or relative",
}
DIMENSIONS = 10  # numbers of a vector in one picture
MAP_ROWS = 32  # positions in the map of similarities


def keep_cell(state: PageState, chart: str, name: str) -> None:
    """A callback: the clicked cell of a heat map goes into the URL."""
    cell = picked_cell(st.session_state[chart])
    if cell is not None:
        state.set(**{name: f"{cell[0]}-{cell[1]}"})


def say_left_out(left_out: int) -> None:
    """That the text was longer than the picture."""
    if left_out:
        st.caption(f"The first {measure.MOST_TOKENS} tokens are read; {count(left_out)} more are left out.")


def show_add(page: Page, loaded: models.LoadedModel) -> None:
    """The two vectors of a token and their sum, number by number."""
    state = page.state
    cfg, (left, right) = loaded.model.cfg, page.stage(1, 2.6)
    with left:
        text = state.text("text", "Text", say.START, area=True, height=80)
        start = state.slider("start", "The text begins at position", 0, cfg.context_length - measure.MOST_TOKENS, 0)
        first = state.number("first", "First dimension shown", 0, cfg.emb_dim - DIMENSIONS, 0, step=DIMENSIONS)
        st.caption(
            f"The token table has {count(cfg.vocab_size)} rows, one for each token; the position table "
            f"{count(cfg.context_length)}, one for each place. All rows are {cfg.emb_dim} numbers wide, "
            "learned in training."
        )
    with right:
        now = models.infer(measure.inputs, loaded, text, start=start)
        chips = [
            Chip(token, i, note=str(start + n)) for n, (token, i) in enumerate(zip(now.tokens, now.ids, strict=True))
        ]
        place, _ = clamp_cell(state.value("place", "4-0"), len(chips), 1)
        token_strip(chips, "strip", "Tokens and their positions", place, lambda i: state.set(place=f"{i}-0"))
        say_left_out(now.left_out)
        both = np.stack([now.token[place], now.position[place], now.token[place] + now.position[place]])
        part, column = clamp_cell(state.value("number", "2-0"), 3, DIMENSIONS)
        names = [f"token {now.ids[place]}", f"position {start + place}", "input = sum"]
        frame, spec = heat_map(
            both[:, first : first + DIMENSIONS],
            names,
            [str(first + n) for n in range(DIMENSIONS)],
            value_name="number",
            row_title="",
            column_title="dimension",
            signed=True,
            top=float(np.abs(both).max()),
            chosen=(part, column),
            row_height=46,
        )
        spec["encoding"]["x"]["axis"]["labelAngle"] = 0
        # A click on a number is not a click on a token.
        alt = "Rows of the token table and the position table, and their sum, number by number"
        click = lambda: keep_cell(state, "sum", "number")  # noqa: E731
        st.vega_lite_chart(frame, spec, key="sum", on_select=click, selection_mode="pick", alt=alt)
        dimension = first + column
        token, position = float(both[0, dimension]), float(both[1, dimension])
        st.markdown(
            f"Dimension {dimension} of {quote(now.tokens[place])} at position {start + place}: "
            f"{fmt(token)} from the token table + {fmt(position)} from the position table = "
            f"**{fmt(float(both[2, dimension]))}**. This vector enters the first block."
        )
    st.header("How long the vectors are", anchor=False)
    sums = now.token + now.position
    lengths = {
        name: np.linalg.norm(part, axis=1)
        for name, part in (("token", now.token), ("position", now.position), ("input", sums))
    }
    frame, spec = draw.lengths(now.tokens, lengths, place)
    st.vega_lite_chart(frame, spec, key="lengths", alt="Length of each token's vectors: token, position, and sum")
    st.caption(say.lengths(cfg.emb_dim))
    st.markdown(say.twice(now.ids, sums, start))
    code = measure.code("add", loaded.name, text, start=start, place=place)
    show_code(code, "positions_add")


def show_shuffle(page: Page, loaded: models.LoadedModel) -> None:
    """The same tokens in two orders, with and without positions and mask."""
    state = page.state
    depth, (left, right) = loaded.model.cfg.n_layers, page.stage(1, 2.6)
    with left:
        text = state.text("text", "Text", say.START, area=True, height=80)
        seed = state.number("seed", "Seed of the shuffling", 0, 9_999, 1)
        last_stays = state.toggle("last_stays", "The last token keeps its place", True)
        layer = state.slider("layer", "After this many blocks", 0, depth, 1)
    with right:
        now = models.infer(measure.shuffle, loaded, text, seed=seed, last_stays=last_stays)
        row, column = clamp_cell(state.value("cell", f"0-{measure.MOST_TOKENS}"), len(measure.WAYS), len(now.tokens))
        say_left_out(now.left_out)
        for name, order in (("as typed", range(len(now.ids))), ("shuffled", now.order)):
            label, strip = st.columns([1, 7], vertical_alignment="top")
            label.caption(name)
            with strip:
                chips = [Chip(now.tokens[i], now.ids[i], hue=token_hue(i)) for i in order]
                token_strip(chips, f"strip-{name}", f"The tokens {name}")
        change = now.change[:, layer]
        frame, spec = heat_map(
            change,
            list(measure.WAYS),
            now.tokens,
            value_name="change, share of length",
            row_title="",
            column_title="token",
            top=1.0,
            chosen=(row, column),
            row_height=46,
        )
        spec["encoding"]["y"]["axis"]["labelLimit"] = 170
        spec["params"][0]["value"] = list(measure.WAYS)
        frame.loc[frame["value"] < say.ROUNDING, "shown"] = "≈ 0"
        click = lambda: keep_cell(state, "ways", "cell")  # noqa: E731
        alt = "How much each token's vector changes when the tokens are shuffled, with and without positions and mask"
        st.vega_lite_chart(frame, spec, key="ways", on_select=click, selection_mode="pick", alt=alt)
        way = list(measure.WAYS)[row]
        st.markdown(say.change(way, layer, quote(now.tokens[column]), float(change[row, column])))
    st.header("What comes next, in both orders", anchor=False)
    st.markdown(say.way_of_reading(way))
    before, after = models.infer(measure.two_predictions, loaded, text, seed=seed, last_stays=last_stays, way=way)
    frame, spec = draw.two_distributions(lambda i: token_text(loaded.tokenizer, i), before, after)
    st.vega_lite_chart(frame, spec, key="next", alt="Probability of the next token after both orders of the text")
    moved = float(np.abs(before - after).sum(dtype=np.float64) / 2)
    st.caption(
        f"Softmax over all {count(len(before))} tokens. {say.moved(moved)} "
        "Choose another row of the map to see its predictions."
    )
    settings = {"seed": seed, "last_stays": last_stays, "layer": layer}
    show_code(measure.code("shuffle", loaded.name, text, **settings), "positions_shuffle")


def show_similar(page: Page, loaded: models.LoadedModel) -> None:
    """Cosines between the rows of a table of positions."""
    state = page.state
    size, (left, right) = loaded.model.cfg.context_length, page.stage(1, 2.6)
    with left:
        kind = state.choice("table", "Table of positions", list(measure.TABLES), "learned", labels=measure.TABLES)
        steps = [step for step in (1, 2, 4, 8, 16, 32) if step * MAP_ROWS <= size]
        step = int(state.select("step", "Show every … position", [str(s) for s in steps], "1"))
        first = state.slider("from", "From position", 0, max(1, size - step * MAP_ROWS), 0)
        st.caption(say.TABLE_NOTES[kind])
    shown = np.arange(first, min(first + step * MAP_ROWS, size), step)
    cosines, by_distance = models.infer(measure.similarity, loaded, "", kind=kind)
    cell = clamp_cell(state.value("pair", "10-12"), len(shown), len(shown))
    row, column = (int(shown[i]) for i in cell)
    with right:
        map_side, line_side = st.columns([1.25, 1])
        labels = [str(p) for p in shown]
        frame, spec = heat_map(
            cosines[np.ix_(shown, shown)],
            labels,
            labels,
            value_name="cosine",
            row_title="position",
            column_title="position",
            signed=True,
            top=1.0,
            chosen=cell,
        )
        click = lambda: keep_cell(state, "map", "pair")  # noqa: E731
        alt = "Cosine of every two positions' vectors"
        with map_side:
            st.vega_lite_chart(frame, spec, key="map", on_select=click, selection_mode="pick", alt=alt)
        name = {"random": "before training"}.get(kind, kind)
        with line_side:
            st.markdown(f"**Position {row} and all the others**")
            frame, spec = draw.lines({name: cosines[row]}, "position", f"cosine with position {row}", row, 215)
            st.vega_lite_chart(frame, spec, key="row", alt=f"Cosine of position {row} with every position")
            st.markdown("**All pairs, by distance**")
            frame, spec = draw.lines({name: by_distance}, "distance, positions", "mean cosine", None, 215)
            st.vega_lite_chart(frame, spec, key="distance", alt="Mean cosine of all pairs at each distance")
    rows = models.infer(measure.table, loaded, "", kind=kind)
    product = float(rows[row] @ rows[column])
    one, two = (float(np.linalg.norm(rows[i])) for i in (row, column))
    st.markdown(
        f"The outlined cell: the dot product of the vectors of positions {row} and {column} is {fmt(product)}, "
        f"their lengths are {fmt(one)} and {fmt(two)}: {fmt(product)} / ({fmt(one)} × {fmt(two)}) = "
        f"**{fmt(float(cosines[row, column]))}**. 1 means the same direction, 0 a right angle."
    )
    st.markdown(say.similar(cosines, by_distance))
    show_code(measure.code("similar", loaded.name, "", table=kind, row=row), "positions_similar")


def show_relative(page: Page, loaded: models.LoadedModel) -> None:
    """One pair of tokens, moved along the sequence together."""
    state = page.state
    cfg, (left, right) = loaded.model.cfg, page.stage(1, 2.6)
    with left:
        text = state.text("text", "Text", say.START, area=True, height=80)
        distance = state.slider("distance", "It looks back by … tokens", 0, measure.MOST_TOKENS - 1, 1)
        head = state.slider("head", "Head of the first block", 0, cfg.n_heads - 1, 0)
        start = state.slider("moved", "The pair begins at position", 0, cfg.context_length - measure.MOST_TOKENS, 100)
    with right:
        ids, tokens, left_out = measure.read_ids(loaded, text)
        query, _ = clamp_cell(state.value("query", "5-0"), len(ids), 1)
        back = min(distance, query)
        notes = {query - back: "looked at", query: "looks"}
        chips = [Chip(token, ids[n], note=notes.get(n, "")) for n, token in enumerate(tokens)]
        token_strip(chips, "pair", "Choose the token that looks", query, lambda i: state.set(query=f"{i}-0"))
        say_left_out(left_out)
        scores = models.infer(measure.pair, loaded, text, query=query, distance=back, head=head)
        looks, seen = visible(tokens[query]), visible(tokens[query - back])
        x_title = f"position of {seen}, looked at by {looks} from {back} further on"
        changes = {name: values - values[0] for name, values in scores.items()}
        frame, spec = draw.lines(changes, x_title, "score minus that at position 0", start, 330)
        alt = "Change of the pair's attention score with its position, for four ways to tell positions"
        st.vega_lite_chart(frame, spec, key="scores", alt=alt)
        st.caption(
            "The score, query · key / √(numbers in a query), says how much one token attends to the other (the lesson "
            f"*Self-attention by hand*). Learned: this model as it is, first block, head {head}. The other three: the "
            "same token vectors through the same weights, with another way to tell positions, which this model was not "
            "trained with: look at which lines are flat, not at how large the others are."
        )
    table = ["| | score at position 0 | at position " + str(start) + " | difference |", "|---|---|---|---|"]
    for name, values in scores.items():
        here, there = float(values[0]), float(values[start])
        table.append(f"| {say.SCHEMES[name]} | {fmt(here)} | {fmt(there)} | {say.difference(there - here)} |")
    st.markdown("\n".join(table))
    st.markdown(say.relative(cfg.context_length))
    code = measure.code("relative", loaded.name, text, query=query, distance=back, head=head)
    show_code(code, "positions_relative")
