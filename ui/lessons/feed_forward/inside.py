"""Part four: the hidden units of the real model, for one token of the reader's text."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from engine.errors import InputError
from ui import models
from ui.code import model_cell, show_code
from ui.components.token_strip import Chip, token_strip
from ui.figures.curves import histogram
from ui.figures.hidden_units import all_numbers, bars
from ui.labels import quote, visible
from ui.lessons.feed_forward import reading
from ui.lessons.feed_forward.words import TEXT
from ui.numbers import count, fmt, percent
from ui.picks import choose, number_of

if TYPE_CHECKING:
    from ui.lesson import Page


def show(page: Page) -> None:
    """Every number of one token's way through one block's feed-forward, and one hidden unit of it."""
    state, loaded = page.state, models.current()
    cfg = loaded.model.cfg
    left, right = page.stage(1, 3)
    with left:
        text = state.text("text", "Text", TEXT, area=True, height=80)
        layer = min(state.slider("layer", "Block", 0, max(cfg.n_layers - 1, 1), 2), cfg.n_layers - 1)
        chart = st.container()
    if not text:
        raise InputError("there is no token to look at; write a text.")
    found = models.infer(reading.read, loaded, text, layer=layer)
    token = number_of(state.value("token", ""), len(found.ids) - 1, len(found.ids) - 1)
    top = np.argsort(-found.additions[token], kind="stable")[: reading.TOP]
    unit = number_of(state.value("unit", ""), found.hidden.shape[1] - 1, int(top[0]))
    with chart:
        by_layer(page, models.infer(reading.shares, loaded, text)[:, token], layer)
    with right:
        token_strip(
            [
                Chip(t, i, note=fmt(float(found.hidden[place, unit]), 2))
                for place, (t, i) in enumerate(zip(found.tokens, found.ids, strict=True))
            ],
            "ff-tokens",
            selected=token,
            on_select=lambda i: state.set(token=str(i)),
        )
        draw(page, found, token, unit)
    st.header("The arithmetic of one hidden unit", anchor=False)
    one, two = st.columns([1.2, 1], gap="large")
    about = models.infer(reading.read_unit, loaded, "", layer=layer, unit=unit)
    with one:
        arithmetic(found, about, token, unit)
    with two:
        ranked(page, found, token, top, unit)
    pushes(about, unit)
    show_code(code(loaded.name, text, layer, token, unit), "feed_forward_inside")


def by_layer(page: Page, shares: np.ndarray, layer: int) -> None:
    """Share of active units of the chosen token, block by block."""
    st.markdown("**Active units, by block**")
    names = [f"block {i}" for i in range(len(shares))]
    frame, spec = bars(names, shares.tolist(), "share of units above 0", range(len(shares)), layer, share=True)
    spec["height"] = {"step": 20 if len(shares) <= 12 else 12}
    st.vega_lite_chart(
        frame,
        spec,
        key="shares",
        on_select=lambda: choose(page.state, "shares", "id", "layer", int),
        selection_mode="pick",
        alt="Share of active hidden units in each block",
    )


def draw(page: Page, found: reading.Reading, token: int, unit: int) -> None:
    """All numbers in, hidden and out; below, what the units had added up."""
    width, wide = found.x.shape[1], found.hidden.shape[1]
    sums = found.sums[token]
    active = int((sums > 0).sum())
    st.markdown(
        f"{count(width)} numbers are widened to {count(wide)}, bent by GELU, and narrowed to {count(width)} again. "
        f"**{count(active)} of {count(wide)}** units are active ({percent(active / wide)})."
    )
    frame, spec = all_numbers(found.x[token], found.hidden[token], found.out[token], unit)
    st.vega_lite_chart(
        frame,
        spec,
        key="cells",
        on_select=lambda: choose_unit(page),
        selection_mode="pick",
        alt="Every number that goes in, every hidden unit and every number that comes out",
    )
    frame, spec = histogram(sums, float(sums[unit]), "sum of a unit, before GELU")
    spec["height"] = 110
    spec["encoding"]["y"]["title"] = "units"
    st.vega_lite_chart(frame, spec, key="sums", alt="Histogram of the sums of all hidden units")
    st.caption(
        "Each cell is one number: blue above 0, orange below, each field with a colour scale of its own. Click a "
        "hidden "
        f"unit; unit {unit} is framed, and under each token above stands what it puts out there. Active: its sum is "
        "above 0. GELU lets those pass and nearly silences the rest; the histogram shows how far below 0 they are."
    )


def choose_unit(page: Page) -> None:
    """A callback: the clicked hidden cell becomes the chosen unit."""
    picks = st.session_state["cells"].selection.get("pick") or []
    if picks and picks[0].get("unit", -1) >= 0:
        page.state.set(unit=str(int(picks[0]["unit"])))


def arithmetic(found: reading.Reading, about: reading.Unit, token: int, unit: int) -> None:
    """One unit for one token: sum, bend, what it adds."""
    x, width = found.x[token], found.x.shape[1]
    total, value = float(found.sums[token, unit]), float(found.hidden[token, unit])
    terms = " + ".join(
        f"{bracket(float(w))}·{bracket(float(v))}" for w, v in zip(about.weights[:3], x[:3], strict=False)
    )
    added = float(np.linalg.norm(found.out[token]))
    st.markdown(
        f"Unit **{unit}** and token {token}, {quote(found.tokens[token])}:\n\n"
        f"1. **Sum** of {count(width)} products and a bias: {terms} + … + {bracket(about.bias)} = **{fmt(total)}**\n"
        f"2. **GELU**({fmt(total)}) = **{fmt(value)}**\n"
        f"3. **Back to {count(width)} numbers:** {fmt(value)} times the unit's column, a vector of length "
        f"{fmt(about.length)}: it adds a vector of length **{fmt(abs(value) * about.length)}**. All "
        f"{count(found.hidden.shape[1])} units and a bias together add one of length {fmt(added)}; they partly cancel."
    )


def bracket(value: float) -> str:
    """A number inside a formula: in brackets when it is negative."""
    return f"({fmt(value)})" if value < 0 else fmt(value)


def ranked(page: Page, found: reading.Reading, token: int, top: np.ndarray, unit: int) -> None:
    """The units that add most for this token."""
    st.markdown("**The units that add most for this token**, and what they put out")
    names = [f"unit {i}: {fmt(float(found.hidden[token, i]), 2)}" for i in top]
    values = found.additions[token, top].tolist()
    frame, spec = bars(names, values, "length of what it adds", [int(i) for i in top], unit)
    st.vega_lite_chart(
        frame,
        spec,
        key="top-units",
        on_select=lambda: choose(page.state, "top-units", "id", "unit"),
        selection_mode="pick",
        alt="The hidden units that add most for this token",
    )


def pushes(about: reading.Unit, unit: int) -> None:
    """Which next tokens the unit's column speaks for and against."""
    st.subheader(f"Which next tokens unit {unit} speaks for", anchor=False)
    for column, (label, found) in zip(
        st.columns(2), (("Raised most", about.pushed), ("Lowered most", about.held_back)), strict=True
    ):
        with column:
            st.markdown(f"**{label}** for each 1 that it puts out")
            words = [visible(text) for text, _ in found]
            values = [abs(push) for _, push in found]
            frame, spec = bars(words, values, "push on the score", range(len(found)), -1)
            del spec["layer"][0]["params"], spec["layer"][0]["mark"]["cursor"]
            st.vega_lite_chart(frame, spec, key=f"pushes-{label}", alt=f"Tokens whose score the unit {label.lower()}")
    st.caption(
        "The unit's column sent straight through the last norm's scale and the head, over the whole vocabulary (Geva "
        "et al. 2022). The division by the stream's spread, the same for all tokens, and what later blocks make of it "
        "are left out. Some units speak for a theme that one can name, many do not; a unit that puts out a negative "
        "number pushes the other way."
    )


def code(name: str, text: str, layer: int, token: int, unit: int) -> list[str]:
    """The code behind the pictures."""
    return [
        model_cell(name),
        "import torch\n\nfrom engine.analysis.feed_forward import active_share, hidden_units, unit_pushes\n"
        "from engine.tokenizers.pretrained import encode_text\n\n"
        f"ids = torch.tensor(encode_text(tokenizer, {text!r})[:{reading.MOST_TOKENS}])\n"
        f"found = hidden_units(model, ids, layer={layer})",
        f"token, unit = {token}, {unit}\nprint((found.sums[token] > 0).sum().item(), 'active units')\n"
        "print(found.sums[token, unit].item(), found.hidden[token, unit].item())\n"
        "print(found.additions()[token].topk(8))",
        f"print(active_share(model, ids)[:, token])\npushes = unit_pushes(model, {layer}, unit)\n"
        "print([tokenizer.decode([i]) for i in pushes.topk(8).indices.tolist()])",
    ]
