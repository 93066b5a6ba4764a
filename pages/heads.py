"""Heads in the wild: what the heads of a trained model look at, measured, and what happens without them."""

from __future__ import annotations

import numpy as np
import streamlit as st

from engine.tokenizers.pretrained import token_text
from ui import models
from ui.code import show_code
from ui.components.attention_lines import attention_lines
from ui.components.head_grid import head_grid
from ui.figures import heads as draw
from ui.figures.matrix import heat_map, picked_cell
from ui.labels import quote
from ui.lesson import lesson
from ui.lessons.heads import readings as heads
from ui.lessons.heads import words
from ui.numbers import count, fmt, percent

TEXT = "Mrs. Reed looked at the old clock, and the old man looked at Mrs. Reed"
SEED = 1
STANDS_OUT = 2.0  # times the score of even attention
MOST_LABELS = 24  # column labels that fit beside one another


def parse_head(text, shape):
    """(layer, head) from text such as 3.5; None when the model has no such head."""
    parts = text.split(".")
    if len(parts) != 2 or not all(part.isdecimal() and len(part) < 5 for part in parts):
        return None
    layer, head = int(parts[0]), int(parts[1])
    return (layer, head) if layer < shape[0] and head < shape[1] else None


def chosen_cell(text, weights):
    """The (query, key) that was clicked, else the last token and the one that it looks at most."""
    query, _, key = text.partition("-")
    row = int(query) if query.isdecimal() and int(query) < len(weights) else len(weights) - 1
    if query.isdecimal() and int(query) == row and key.isdecimal() and int(key) <= row:
        return row, int(key)
    return row, int(weights[row].argmax())


def choose_head(layer, head):
    """A callback. The head is kept for the present job: another job shows its own best head."""
    state.set(head=f"{job_name}.{layer}.{head}")


def choose_ranked():
    picks = st.session_state["ranking"].selection.get("pick") or []
    if picks:
        choose_head(int(picks[0]["layer"]), int(picks[0]["head"]))


def choose_cell():
    cell = picked_cell(st.session_state["map"])
    if cell is not None:
        state.set(cell=f"{cell[0]}-{cell[1]}")


def switch(switched, off):
    """A callback: one head off, or on again."""
    state.set(off=",".join(f"{layer}.{head}" for layer, head in sorted(off ^ {switched})))


def draw_head(reading, layer, head, row, column):
    """The chosen head's attention, as a map or as lines."""
    weights = reading.weights[layer, head]
    views = {"map": "Map", "lines": "Lines"}
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.markdown(f"**Layer {layer}, head {head}**", width="content")
        view = state.choice("view", "View", list(views), "map", labels=views, label_visibility="collapsed")
    if view == "lines":
        attention_lines(weights, reading.tokens, "lines", row, lambda i: state.set(cell=str(i)))
        return
    size = len(reading.tokens)
    hidden = ~np.tri(size, dtype=bool)
    labels = {"rows": reading.tokens, "columns": reading.tokens, "value_name": "attention weight"}
    frame, spec = heat_map(weights, **labels, top=1.0, chosen=(row, column), hidden=hidden)
    if size <= MOST_LABELS:
        spec["encoding"]["x"]["axis"]["labelOverlap"] = False
    alt = f"Attention weights of layer {layer}, head {head}: a row for each token that looks"
    st.vega_lite_chart(frame, spec, key="map", on_select=choose_cell, selection_mode="pick", alt=alt)


def arithmetic(reading, inner, layer, head, row, column):
    """One attention weight, from its query and key to the number in the cell."""
    q, k, scores = inner
    weight, width = reading.weights[layer, head, row, column], q.shape[1]
    product, score = float(q[row] @ k[column]), float(scores[row, column])
    total = float(np.exp(scores[row, : row + 1].astype(np.float64)).sum())
    st.header("The arithmetic of one cell", anchor=False)
    st.markdown(
        f"In layer {layer}, head {head}, token {row} {quote(reading.tokens[row])} looks at token {column} "
        f"{quote(reading.tokens[column])}. Choose another cell by clicking in the map."
    )
    one, two = st.columns(2, gap="large")
    with one:
        st.markdown(
            f"**1.** :blue[Query] times :orange[key]: {width} products, which add up to :blue[q] · :orange[k] = "
            f"**{fmt(product)}**.\n\n**2.** Divided by √{width} = {fmt(width**0.5)}: the score **{fmt(score)}**."
        )
        frame, spec = draw.products(q[row], k[column])
        st.vega_lite_chart(frame, spec, key="products", alt="The products of query and key, place by place")
    with two:
        st.markdown(
            f"**3.** Softmax over the {count(row + 1)} tokens that it may see: e^({fmt(score)}) = "
            f"{fmt(float(np.exp(score)))}, divided by {fmt(total)}, the sum of all of them.\n\n"
            f"**4.** The attention weight is **{fmt(float(weight))}**."
        )
        seen = slice(row + 1)
        frame, spec = draw.softmax_row(
            reading.tokens[seen], scores[row, seen], reading.weights[layer, head, row, seen], column
        )
        st.vega_lite_chart(frame, spec, key="softmax", alt="Attention weight of every token that may be seen")


def switching(loaded, reading, head, off, after, divergence):
    """The next-token distribution with and without the heads that are off."""
    st.header("Switch it off", anchor=False)
    left, right = st.columns([1, 2.2], gap="large")
    with left:
        st.markdown(
            "A head's attention shows where it looks. Whether the model *uses* what it finds there is another "
            "question: **attention weights alone are not an explanation.** So take the head away and look at the "
            "prediction."
        )
        words = "Switch on again" if head in off else "Switch off"
        label = f"{words}: layer {head[0]}, head {head[1]}"
        st.button(label, key="switch", type="primary", on_click=switch, args=(head, off))
        if off:
            names = ", ".join(f"{layer}.{h}" for layer, h in sorted(off))
            st.markdown(f"Off now (layer.head): **{names}**")
            st.button("Switch all on", key="all-on", on_click=state.set, kwargs={"off": ""})
    with right:
        name = lambda i: token_text(loaded.tokenizer, i)  # noqa: E731
        best = int(reading.probabilities.argmax())
        sentence = f"Likeliest next token: {quote(name(best))} with {percent(float(reading.probabilities[best]))}."
        if after is not None:
            new = int(after.argmax())
            sentence += (
                f" Without: {quote(name(new))} with {percent(float(after[new]))}. The whole distribution moved by "
                f"**{fmt(divergence)} bits** (KL divergence over all {count(len(after))} tokens; 0 means no change)."
            )
        st.markdown(sentence)
        frame, spec = draw.before_after(name, reading.probabilities, after)
        st.vega_lite_chart(frame, spec, key="distribution", alt="Probability of the next token, with and without")


with lesson("heads") as page:
    state = page.state
    left, right = page.stage(1, 2.5)
    with left:
        text = state.text("text", "Text", TEXT, area=True, height=96)
        kinds = {"text": "This text", "random": "Random tokens, twice"}
        source = state.choice("on", "What the heads read", list(kinds), "text", labels=kinds)
        wishes = {name: job.wish for name, job in heads.JOBS.items()}
        job_name = state.select("job", "Find the heads that …", list(heads.JOBS), "previous", labels=wishes)
        ranks = st.container()
    picked, off_text, cell = (state.value(name, "") for name in ("head", "off", "cell"))
    job, seed = heads.JOBS[job_name], SEED if source == "random" else None
    loaded = models.current()
    shown = {"text": text if seed is None else "", "seed": seed}
    reading = models.infer(heads.read, loaded, **shown)
    shape = reading.weights.shape[:2]
    if job_name == "effect":
        with left, st.spinner("Switching off one head after the other …"):
            scores, even = models.infer(heads.effects, loaded, **shown), None
    else:
        measured = models.infer(heads.read, loaded, "", seed=SEED) if job.repeats else reading
        scores, even = heads.measure(job, measured)
    best = np.argsort(-scores, axis=None, kind="stable")[:5]
    ranked = [(*divmod(int(i), shape[1]), float(scores.flat[i])) for i in best]
    kept_for, _, at = picked.partition(".")
    head = (parse_head(at, shape) if kept_for == job_name else None) or ranked[0][:2]
    off = {parse_head(part, shape) for part in off_text.split(",")} - {None}
    row, column = chosen_cell(cell, reading.weights[head])
    with ranks:
        frame, spec = draw.ranking(ranked, job.score, even, head)
        st.vega_lite_chart(frame, spec, key="ranking", on_select=choose_ranked, selection_mode="pick", alt="Best heads")
        where = f"{heads.RANDOM_TOKENS} random tokens said twice" if job.repeats or seed else "this text"
        st.caption(f"Measured on {where}." + ("" if even is None else " Grey tick: a head that looks evenly."))
        if even is not None and ranked[0][2] < STANDS_OUT * even and job_name != "entropy":
            st.caption(
                "No head of this model stands out: the best is close to what looking evenly would give. Such heads "
                "are learned; those that continue a repetition appeared after 2.5 to 5 billion tokens of training in "
                "the models of Olsson et al. 2022."
            )
    if reading.left_out:
        st.info(
            f"The text has {count(len(reading.ids) + reading.left_out)} tokens. Only the first "
            f"{len(reading.ids)} were read here, so that each can still be seen."
        )
    with right:
        overview, close_up = st.columns([1, 1.25])
        with overview:
            st.markdown(f"**All {shape[0] * shape[1]} heads**")
            head_grid(reading.weights, scores, job.score, "grid", head, off, choose_head)
            st.caption(
                "Each square is one head's map: a row for each token that looks, a column for each token looked "
                "at. The bar beneath it is its score. Click one, or walk with the arrow keys."
            )
        with close_up:
            draw_head(reading, *head, row, column)
    arithmetic(reading, models.infer(heads.inside, loaded, **shown, layer=head[0], head=head[1]), *head, row, column)
    after, divergence = None, 0.0
    if off:
        after, divergence = models.infer(heads.without, loaded, **shown, heads=tuple(sorted(off)))
    switching(loaded, reading, head, off, after, divergence)
    show_code(heads.code(text, seed, job, head, sorted(off), loaded.name), "heads")
    page.try_this(words.experiments())
    page.questions(words.questions())
    page.check(words.check())
