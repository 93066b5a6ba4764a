"""Part three: the gradient at each block of a real GPT, with its shortcuts and without them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from ui import models
from ui.code import model_cell, show_code
from ui.figures.curves import two_lines
from ui.figures.shortcuts import WITH, WITHOUT
from ui.lessons.shortcuts.words import TEXT
from ui.numbers import count, fmt
from ui.picks import choose, number_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ui.lesson import Page
    from ui.models import LoadedModel

    Floats = NDArray[np.float64]

MOST_TOKENS = 64
FRESH_SEED = 1
WEIGHTS = {"trained": "Trained", "fresh": "Before training"}
OF = {"stream": "the stream", "weights": "the weights"}


@dataclass(frozen=True)
class Reading:
    """BlockGradients as plain numbers and arrays, and how many tokens were read."""

    tokens: int
    loss: float
    stream: Floats
    weights: Floats
    alike: Floats


def read(loaded: LoadedModel, text: str, norms: bool, fresh: bool) -> tuple[Reading, Reading]:
    """One backward pass of the text's next-token loss with shortcuts, and one without."""
    import torch

    from engine.analysis.gradients import block_gradients
    from engine.analysis.untrained import untrained_twin
    from engine.tokenizers.pretrained import encode_text

    ids = torch.tensor(encode_text(loaded.tokenizer, text)[:MOST_TOKENS], dtype=torch.long)
    model = loaded.model
    if fresh:
        with torch.inference_mode(False):
            model = untrained_twin(loaded.model.cfg, FRESH_SEED).to(loaded.device)
    both = [block_gradients(model, ids, shortcuts, norms) for shortcuts in (True, False)]
    whole, bare = (Reading(len(ids), f.loss, f.stream.numpy(), f.weights.numpy(), f.alike.numpy()) for f in both)
    return whole, bare


def show(page: Page) -> None:
    """Gradient and alikeness by block, with and without shortcuts."""
    state, loaded = page.state, models.current()
    left, right = page.stage(1, 3)
    with left:
        text = state.text("text", "Text", TEXT, area=True, height=110)
        fresh = state.choice("model_weights", "Weights", list(WEIGHTS), "trained", labels=WEIGHTS) == "fresh"
        norms = state.toggle("norms", "Layer norms in the blocks", True)
        of = state.choice("of", "Gradient with respect to", list(OF), "stream", labels=OF)
        st.caption(
            "“Without” leaves out both additions of every block. Nothing is trained anew: a model that learned with "
            "shortcuts is not made for this, so look at fresh weights too."
        )
    with right, st.spinner("Running forward and back …"):
        whole, bare = models.infer(read, loaded, text, norms=norms, fresh=fresh)
    depth = len(whole.weights)
    block = number_of(state.value("block", ""), depth - 1, 0)
    stream = of == "stream"
    with right:
        one, two = st.columns(2)
        with one:
            st.markdown("**How much gradient arrives**")
            frame, spec = two_lines(
                range(depth + 1) if stream else range(depth),
                bare.stream if stream else bare.weights,
                whole.stream if stream else whole.weights,
                (WITHOUT, WITH),
                ("before block (the last: after all)" if stream else "block", "length of the gradient"),
                block,
            )
            draw(page, frame, spec, "real-gradient", "Length of the gradient at each block, log axis")
        with two:
            st.markdown("**How alike the tokens have become**")
            titles = ("before block (the last: after all)", "mean cosine of two tokens")
            frame, spec = two_lines(
                range(depth + 1), bare.alike, whole.alike, (WITHOUT, WITH), titles, block, log=False
            )
            draw(page, frame, spec, "alike", "Mean cosine between the vectors of two tokens at each block")
        st.caption(
            f"The loss is that of predicting each next of {count(whole.tokens)} tokens: {fmt(whole.loss)} with "
            f"shortcuts, {fmt(bare.loss)} without. The stream: the tokens' vectors on their way from block to block. "
            "Left: log axis; read it from right to left. Right: 1 means that all tokens' vectors point the same way, "
            "so that nobody can tell them apart. Click a block for its arithmetic."
        )
        st.markdown(verdict(whole, bare))
    arithmetic(whole, bare, block)
    show_code(code(loaded.name, text, norms, fresh), "shortcuts_real")


def draw(page: Page, frame: object, spec: dict, key: str, alt: str) -> None:
    """One of the two charts; a click chooses a block."""
    st.vega_lite_chart(
        frame,
        spec,
        key=key,
        on_select=lambda: choose(page.state, key, "x", "block"),
        selection_mode="pick",
        alt=alt,
    )


def verdict(whole: Reading, bare: Reading) -> str:
    """Whether the gradient vanishes and the tokens stay different, in words."""
    parts = []
    for name, found in ((WITH, whole), (WITHOUT, bare)):
        first, last = float(found.stream[0]), float(found.stream[-1])
        if not first or not last:
            parts.append(f"{name.capitalize()} no gradient arrives at all.")
            continue
        ratio = first / last
        what = "**vanishes**" if ratio < 1e-3 else "**explodes**" if ratio > 1e3 else "**survives**"
        parts.append(
            f"{name.capitalize()} the gradient {what}: before the first block it is {fmt(ratio)} times what it is "
            f"after the last; two tokens' vectors end with a mean cosine of {fmt(float(found.alike[-1]))}."
        )
    return " ".join(parts)


def arithmetic(whole: Reading, bare: Reading, block: int) -> None:
    """The factor of one block, and of all of them."""
    st.header(f"The arithmetic of block {block}", anchor=False)
    for column, name, found in zip(st.columns(2, gap="large"), (WITHOUT, WITH), (bare, whole), strict=True):
        before, after, first, last = (float(found.stream[i]) for i in (block, block + 1, 0, -1))
        column.markdown(
            f"**{name.capitalize()}**\n"
            f"- Gradient before block {block} / after: {divided(before, after)}\n"
            f"- All {len(whole.weights)} blocks, first / last: {divided(first, last)}"
        )
    st.markdown(
        "With shortcuts a block is x + f(x): the gradient before it is the gradient after it, **unchanged**, plus "
        "what comes through f. Without, only what comes through f is left. In a GPT, f begins with a **layer norm**, "
        "which divides by the size of what arrives and thereby makes small gradients larger: so the gradient often "
        "survives even without shortcuts. What is lost then is something else: every attention averages tokens, "
        "nothing adds the token itself back, and block by block all tokens become alike (Dong et al. 2021). Switch "
        "the norms off, with weights from before training, and the gradient vanishes as in the first part."
    )


def divided(one: float, other: float) -> str:
    """A quotient, spelled out."""
    return f"{fmt(one)} / {fmt(other)} = **{fmt(one / other)}**" if other else f"{fmt(one)} / 0"


def code(name: str, text: str, norms: bool, fresh: bool) -> list[str]:
    """The code behind the pictures."""
    make = f"\nmodel = untrained_twin(model.cfg, seed={FRESH_SEED})" if fresh else ""
    return [
        model_cell(name),
        "import torch\n\nfrom engine.analysis.gradients import block_gradients\n"
        "from engine.analysis.untrained import untrained_twin\n"
        "from engine.tokenizers.pretrained import encode_text\n\n"
        f"ids = torch.tensor(encode_text(tokenizer, {text!r})[:{MOST_TOKENS}]){make}",
        f"for shortcuts in (True, False):\n    found = block_gradients(model, ids, shortcuts, norms={norms})\n"
        '    print("with" if shortcuts else "without", "shortcuts: loss", found.loss)\n'
        '    print(found.stream.tolist(), found.weights.tolist(), found.alike.tolist(), sep="\\n")',
    ]
