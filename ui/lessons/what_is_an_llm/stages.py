"""The three stages of building a model, with the figures of our own."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import streamlit as st

from ui import models
from ui.code import show_code
from ui.figures import what_is_an_llm as draw
from ui.lessons.what_is_an_llm import facts, filters
from ui.lessons.what_is_an_llm.labels import SENTENCE
from ui.numbers import count, fmt

if TYPE_CHECKING:
    from ui.lesson import Page


def show(page: Page) -> None:
    """The three stages, with what each was for our own model."""
    story = facts.pocket_story()
    cfg, snapshots, log = story["config"], story["snapshots"], story["log"]
    st.markdown("Our own pocket model went through the same three stages as its large relatives.")
    build, pretrain, tune = st.columns(3, gap="medium", border=True)
    with build:
        st.markdown("##### 1 · Build")
        st.markdown("Write the architecture, prepare the data. At the start every number is **random**.")
        st.markdown(
            f"- {cfg.n_layers} blocks, {cfg.n_heads} heads each\n- vectors of {cfg.emb_dim} numbers\n"
            f"- {count(cfg.vocab_size)} tokens in the vocabulary\n- **{count(story['parameters'])} parameters**"
        )
        if snapshots:
            written(snapshots[0], story["prompt"])
    with pretrain:
        st.markdown("##### 2 · Pretrain")
        st.markdown("Predict the next token of a lot of **unlabelled** text. Result: a **foundation model**.")
        if snapshots:
            first, last = snapshots[0], snapshots[-1]
            st.markdown(
                f"- **{count(last['tokens_seen'])} tokens** read\n- {count(last['step'])} steps\n"
                f"- loss from {fmt(first['loss'])} to **{fmt(last['loss'])}** nats a token\n- labels by hand: **0**"
            )
            written(last, story["prompt"])
    with tune:
        st.markdown("##### 3 · Fine-tune")
        st.markdown("Adapt it to a task with a **small labelled** set. Two kinds: classification, instructions.")
        size = int(filters.SIZES[-1])
        train, test = filters.messages(size)
        result = filters.tuned(models.POCKET, size)
        st.markdown(
            f"- **{len(train)} messages**, labelled by hand: spam, or *ham* (wanted mail)\n"
            f"- {len(test)} more to test on"
        )
        if result is None:
            st.button("Fine-tune it yourself", on_click=page.state.set, kwargs={"part": "contest"})
        else:
            right = filters.accuracy(filters.side_by_side(test, result.spam, result.spam), "gpt")
            st.markdown(f"- took {fmt(result.seconds)} s here\n- right on **{right.right} of {right.total}**")
    if not log.empty:
        frame, spec = draw.loss_chart(log)
        st.vega_lite_chart(frame, spec, key="loss", alt="Loss of the pocket model against tokens read")
        st.caption(
            "Stage 2 in one curve, as it was recorded. The *loss* says how little the model expected the next token: "
            f"guessing evenly among all {count(cfg.vocab_size)} costs ln {count(cfg.vocab_size)} = "
            f"{fmt(math.log(cfg.vocab_size))}; *nats* are its unit. Where it jumps up, the learning rate (the size of "
            "a step), once brought down to zero, was set back to full."
        )
    show_code(
        [
            "import torch\n\nfrom engine import GPTModel\nfrom engine.config import POCKET_CONFIG\n"
            "from engine.evaluation.loss import score_text\nfrom engine.tokenizers.pretrained import load_tokenizer\n"
            "from engine.weights.pocket import load_pocket\n\n"
            f"text = {SENTENCE!r}\ntokenizer = load_tokenizer('pocket')\n"
            "torch.manual_seed(123)\nbuilt = GPTModel(POCKET_CONFIG).eval()  # stage 1: random numbers\n"
            "print('built     ', score_text(built, tokenizer, text).loss, 'nats a token')",
            "pretrained, tokenizer = load_pocket()  # stage 2\n"
            "print('pretrained', score_text(pretrained, tokenizer, text).loss, 'nats a token')",
        ],
        "what_is_an_llm_stages",
    )


def written(snapshot: dict[str, Any], prompt: str) -> None:
    """What the model wrote at this moment of its training."""
    st.caption(f"After {count(snapshot['step'])} steps, given “{prompt}”, it wrote:")
    st.text(snapshot["sample"].removeprefix(prompt).strip() or "(nothing)")
