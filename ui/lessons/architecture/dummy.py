"""The part on DummyGPTModel: its stops and shapes, and what its empty blocks cannot do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from engine.anatomy import anatomy, shape_of
from engine.tokenizers.pretrained import load_tokenizer, token_text
from ui.figures.architecture import reach_bars
from ui.labels import visible
from ui.lesson import friendly_errors
from ui.lessons.architecture.parts import tuple_text
from ui.numbers import count

if TYPE_CHECKING:
    from engine.config import GPTConfig
    from engine.experiments.dummy_gpt import DummyResult
    from ui.lesson import Page

START = "Every effort moves you"
MOST = 24  # tokens in the experiment


@st.cache_resource(max_entries=32, show_spinner=False)
def run(ids: list[int], place: int) -> DummyResult:
    """The experiment, once for each text and place."""
    from engine.experiments.dummy_gpt import DummySettings, change_one_token

    return change_one_token(ids, DummySettings(place))


def stops_table(cfg: GPTConfig, batch: int, length: int) -> str:
    """DummyGPTModel stop by stop: what is real and what is a placeholder."""
    sizes = {part.name: part for part in anatomy(cfg)}
    head = cfg.vocab_size * cfg.emb_dim
    stops = [
        ("tok_emb", "real", "B T D", sizes["tok_emb"].parameters),
        ("pos_emb", "real", "T D", sizes["pos_emb"].parameters),
        (f"{count(cfg.n_layers)} × DummyTransformerBlock", "returns its input", "B T D", 0),
        ("DummyLayerNorm", "returns its input", "B T D", 0),
        ("out_head", "real, never tied", "B T V", head),
    ]
    lines = ["| stop | parameters | shape out |", "|:--|--:|:--|"]
    for name, does, letters, parameters in stops:
        shape = tuple_text(shape_of(letters, cfg, batch, length)).replace(" ", "\u00a0")
        lines.append(f"| {name}, {does} | {count(parameters)} | {shape} |")
    lines.append(f"| **DummyGPTModel** | **{count(sum(stop[3] for stop in stops))}** | |")
    return "\n".join(lines)


def show(page: Page, cfg: GPTConfig, batch: int, length: int) -> None:
    """The outline's shapes, and one changed token in the outline and in the whole model."""
    st.header("DummyGPTModel: the outline first", anchor=False)
    left, right = st.columns([1.3, 1], gap="large")
    with left:
        st.markdown(
            "Before its parts exist, the model can be written down with empty ones. `DummyGPTModel` takes token IDs "
            "and gives logits of the right shape:"
        )
        st.markdown(stops_table(cfg, batch, length))
    with right, friendly_errors():
        text = page.state.text("text", "A text, one token of which is changed", START)
        tokenizer = load_tokenizer("pocket")
        ids = tokenizer.encode(text, disallowed_special=())[:MOST]
        place = page.state.slider("place", "Changed token, counted from 0", 0, max(len(ids) - 1, 1), 0)
        result = run(ids, min(place, max(len(ids) - 1, 0)))
        labels = [f"{n} {visible(token_text(tokenizer, i))}" for n, i in enumerate(ids)]
        frame, spec = reach_bars(labels, result.outline, result.whole)
        st.vega_lite_chart(frame, spec, key="reach", alt="How much the logits at each place change")
        st.caption(
            "How much the logits at each place change when one token is another one: in the outline only at its own "
            "place, in the whole GPT there and **after** it. Without attention, tokens do not meet. Both models are "
            "small, with the same random tables (seed 123), so the numbers mean nothing yet."
        )
