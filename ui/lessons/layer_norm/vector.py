"""Part two: one vector before and after layer norm, a real one or one that the reader typed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from engine.errors import InputError
from ui import models
from ui.code import model_cell, show_code
from ui.components.token_strip import Chip, token_strip
from ui.figures.curves import histogram, two_lines
from ui.figures.layer_norm import scale_and_shift
from ui.lessons.layer_norm import reading
from ui.lessons.layer_norm.words import NUMBERS, TEXT
from ui.numbers import count, fmt
from ui.picks import choose, number_of

if TYPE_CHECKING:
    from ui.lesson import Page

SOURCES = {"model": "A real one", "typed": "Type your own"}
PLACES = {
    "norm1": "before attention (norm1)",
    "norm2": "before the feed-forward (norm2)",
    "final_norm": "after the last block (final_norm)",
}


def show(page: Page) -> None:
    """Choose a vector; see it before and after, with the arithmetic of one of its numbers."""
    left, right = page.stage(1, 3)
    with left:
        source = page.state.choice("source", "Vector", list(SOURCES), "model", labels=SOURCES)
    if source == "typed":
        show_typed(page, left, right)
    else:
        show_real(page, left, right)


def show_typed(page: Page, left: st.delta_generator.DeltaGenerator, right: st.delta_generator.DeltaGenerator) -> None:
    """Numbers from a text field through a fresh layer norm."""
    with left:
        text = page.state.text("numbers", "Numbers", NUMBERS, area=True, height=120)
        st.caption(
            "At first: the six numbers of the notes' example. The layer norm here has learned nothing yet: scale 1, "
            "shift 0."
        )
        numbers = reading.read_numbers(text)
        entry = entry_slider(page, len(numbers))
    steps = reading.of_numbers(numbers)
    with right:
        draw_before_after(steps, entry)
    arithmetic(steps, entry)
    show_code(typed_code(numbers, entry), "layer_norm_vector")


def show_real(page: Page, left: st.delta_generator.DeltaGenerator, right: st.delta_generator.DeltaGenerator) -> None:
    """The vector of one token of the user's text, at one of the model's norms."""
    state, loaded = page.state, models.current()
    cfg = loaded.model.cfg
    with left:
        text = state.text("text", "Text", TEXT, area=True, height=75)
        place = state.select("place", "Which layer norm", list(PLACES), "norm2", labels=PLACES)
        final = place == "final_norm"
        layer = state.slider("block", "Block", 0, max(cfg.n_layers - 1, 1), 2, disabled=final)
        layer = min(layer, cfg.n_layers - 1)
        entry = entry_slider(page, cfg.emb_dim)
    ids, tokens = reading.tokens_of(loaded, text)
    if not ids:
        raise InputError("there is no token to look at; write a text.")
    token = number_of(state.value("token", ""), len(ids) - 1, len(ids) - 1)
    steps = models.infer(reading.of_model, loaded, text, place=place, layer=0 if final else layer, token=token)
    with right:
        token_strip(
            [Chip(t, i) for t, i in zip(tokens, ids, strict=True)],
            "norm-tokens",
            selected=token,
            on_select=lambda i: state.set(token=str(i)),
        )
        draw_before_after(steps, entry)
    arithmetic(steps, entry)
    draw_model(page, loaded, text, steps, entry, token, 2 * cfg.n_layers if final else 2 * layer + (place == "norm2"))
    show_code(code(loaded.name, text, place, layer, token, entry), "layer_norm_vector")


def entry_slider(page: Page, size: int) -> int:
    """Which number of the vector is looked at."""
    return page.state.slider("entry", "Place in the vector", 0, size - 1, 0)


def draw_before_after(steps: reading.Steps, entry: int) -> None:
    """Three histograms: as it comes, normalised, and after scale and shift."""
    parts = (
        ("Before", steps.x, "number"),
        ("Normalised", steps.normalised, "standard deviations from the mean"),
        ("After scale and shift", steps.out, "number"),
    )
    for column, (name, values, what) in zip(st.columns(3), parts, strict=True):
        with column:
            wide = values.astype(np.float64)
            st.markdown(
                f"**{name}**  \nmean {fmt(float(wide.mean())) if abs(wide.mean()) > 1e-6 else '0'}, "
                f"variance {fmt(float(wide.var()))}"
            )
            frame, spec = histogram(values, float(values[entry]), what)
            st.vega_lite_chart(frame, spec, key=f"histogram-{name}", alt=f"Histogram of the vector's numbers, {name}")
    st.caption(
        f"How often each size occurs among the {count(len(steps.x))} numbers of this vector; each picture has its "
        f"own scale. The purple bar holds the number at place {entry}."
    )


def arithmetic(steps: reading.Steps, entry: int) -> None:
    """Mean, variance, and one number's way through the formula."""
    st.header("The arithmetic of one number", anchor=False)
    size = len(steps.x)
    x, z, out = (float(v[entry]) for v in (steps.x, steps.normalised, steps.out))
    scale, shift = float(steps.scale[entry]), float(steps.shift[entry])
    first = " + ".join(bracket(float(v)) for v in steps.x[:3]) + (" + …" if size > 3 else "")
    squares = " + ".join(f"({fmt(float(v))} − {bracket(steps.mean)})²" for v in steps.x[:2])
    spread = (steps.variance + steps.eps) ** 0.5
    st.markdown(
        f"1. **Mean** of all {count(size)} numbers: ({first}) / {count(size)} = **{fmt(steps.mean, 4)}**\n"
        f"2. **Variance**, the mean squared distance from it: ({squares}{' + …' if size > 2 else ''}) / "
        f"{count(size)} "
        f"= **{fmt(steps.variance, 4)}**\n"
        f"3. **Normalise** place {entry}: ({fmt(x, 4)} − {bracket(steps.mean, 4)}) / √({fmt(steps.variance, 4)} + "
        f"0.00001) = {fmt(x - steps.mean, 4)} / {fmt(spread, 4)} = **{fmt(z, 4)}**\n"
        f"4. **Scale and shift**, learned for each place: {fmt(scale, 4)} × {bracket(z, 4)} + {bracket(shift, 4)} = "
        f"**{fmt(out, 4)}**\n\n"
        "The 0.00001 keeps a vector of equal numbers from being divided by zero."
    )


def bracket(value: float, digits: int = 3) -> str:
    """A number inside a formula: in brackets when it is negative."""
    return f"({fmt(value, digits)})" if value < 0 else fmt(value, digits)


def draw_model(
    page: Page, loaded: models.LoadedModel, text: str, steps: reading.Steps, entry: int, token: int, at: int
) -> None:
    """What the model learned at this norm, and what all its norms do to this token."""
    before, after = models.infer(reading.spreads, loaded, text)
    one, two = st.columns(2, gap="large")
    with one:
        st.subheader("What it has learned: a scale and a shift for each place", anchor=False)
        frame, spec = scale_and_shift(steps.scale, steps.shift, entry)
        st.vega_lite_chart(
            frame,
            spec,
            key="learned",
            on_select=lambda: choose(page.state, "learned", "entry", "entry", int),
            selection_mode="pick",
            alt="Learned scale and shift for each place of the vector",
        )
        st.caption(
            f"A dot for each of the {count(len(steps.x))} places; the cross is where training starts, scale 1 and "
            f"shift 0. Scales go from {fmt(float(steps.scale.min()))} to {fmt(float(steps.scale.max()))}, shifts from "
            f"{fmt(float(steps.shift.min()))} to {fmt(float(steps.shift.max()))}. Click a dot to follow its number."
        )
    with two:
        st.subheader("All norms on the way of this token", anchor=False)
        names = ("before the norm", "after the norm")
        titles = ("norm (two in each block, one at the end)", "standard deviation")
        frame, spec = two_lines(range(len(before)), before[:, token], after[:, token], names, titles, at)
        spec["height"] = 260
        st.vega_lite_chart(
            frame,
            spec,
            key="norms",
            on_select=lambda: choose_norm(page, len(before) - 1),
            selection_mode="pick",
            alt="Standard deviation of the token's vector before and after each layer norm",
        )
        st.caption(
            "In a GPT-2 a norm stands **before attention**, **before the feed-forward**, and **once after the last "
            "block**. The stream itself is never normalised, so its spread may change from block to block; what each "
            "part reads is. Log axis. Click a norm to see it above."
        )


def choose_norm(page: Page, last: int) -> None:
    """A callback: the clicked norm becomes the chosen one."""
    picks = st.session_state["norms"].selection.get("pick") or []
    if picks:
        at = int(picks[0]["x"])
        place = {"place": "final_norm"} if at == last else {"place": ("norm1", "norm2")[at % 2], "block": at // 2}
        page.state.set(**place)


def code(name: str, text: str, place: str, layer: int, token: int, entry: int) -> list[str]:
    """The code behind the pictures."""
    return [
        model_cell(name),
        "import torch\n\nfrom engine.analysis.norms import norm_in_model, spread_at_norms\n"
        "from engine.tokenizers.pretrained import encode_text\n\n"
        f"ids = torch.tensor(encode_text(tokenizer, {text!r})[:{reading.MOST_TOKENS}])\n"
        f"steps = norm_in_model(model, ids, {place!r}, layer={layer})",
        f"token, entry = {token}, {entry}\nprint(steps.mean[token].item(), steps.variance[token].item())\n"
        "print(steps.normalised[token, entry].item(), steps.out[token, entry].item())",
        "before, after = spread_at_norms(model, ids)  # (norms, tokens)\nprint(before[:, token], after[:, token])",
    ]


def typed_code(numbers: list[float], entry: int) -> list[str]:
    """The same for typed numbers."""
    return [
        "import torch\n\nfrom engine import LayerNorm\nfrom engine.analysis.norms import norm_steps\n\n"
        f"x = torch.tensor({numbers})\nsteps = norm_steps(LayerNorm({len(numbers)}), x)",
        f"print(steps.mean.item(), steps.variance.item())\nprint(steps.normalised[{entry}], steps.out[{entry}])\n"
        f"assert torch.allclose(steps.out, torch.nn.LayerNorm({len(numbers)})(x), atol=1e-4)",
    ]
