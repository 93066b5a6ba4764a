"""The architecture: what the page shows, part by part."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import streamlit as st

from engine.analysis.measured_memory import check_measurable, measured_memory
from engine.anatomy import shape_of
from engine.config import GPTConfig, parameter_count
from engine.errors import InputError
from engine.memory import bytes_text
from ui import asked, models
from ui.catalog import find, lessons
from ui.components.architecture_map import architecture_map
from ui.figures.architecture import map_columns, memory_bars, share_bars
from ui.lesson import friendly_errors
from ui.lessons.architecture import memory
from ui.lessons.architecture.parts import (
    ABOUT,
    BLOCKS,
    block_text,
    flow_text,
    parameters_text,
    tuple_text,
    tying_text,
)
from ui.lessons.architecture.sizes import LARGEST, NOTES, PRESETS, preset_of, settings_of
from ui.numbers import count, percent

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.anatomy import Part
    from ui.lesson import Page

MEASURED = "architecture"
GUESSES = {"head": "In the output head", "blocks": "In the blocks", "embeddings": "In the embeddings"}


def controls(page: Page) -> tuple[dict[str, Any], int, int]:
    """The form of a config, the presets that fill it, and the size of the batch; the settings, not yet checked."""
    state = page.state
    presets = st.container(horizontal=True, gap="small")
    start = settings_of(PRESETS[NOTES])
    settings = {}
    columns = st.columns(2, gap="small")
    for place, (name, most) in enumerate(LARGEST.items()):
        with columns[place % 2]:
            settings[name] = state.number(name, name, 1, most, start[name])
    with columns[1], st.container(gap="small"):
        settings["qkv_bias"] = state.toggle("qkv_bias", "qkv_bias", bool(start["qkv_bias"]))
        settings["tie_weights"] = state.toggle("tie_weights", "tie_weights", bool(start["tie_weights"]))
    now = preset_of(settings)
    for name, cfg in PRESETS.items():
        presets.button(
            name,
            key=f"preset-{name}",
            type="primary" if name == now else "secondary",
            on_click=state.set,
            kwargs=settings_of(cfg),
        )
    batch = state.slider("batch", "B, texts in the batch", 1, 64, 4)
    longest = settings["context_length"]
    length = state.slider("length", "T, tokens in each text", 1, max(longest, 2), min(256, max(longest, 2)))
    return settings, batch, min(length, longest)


def draw_map(page: Page, cfg: GPTConfig, parts: Sequence[Part], batch: int, length: int) -> str:
    """The map; returns the name of the chosen box."""
    names = [BLOCKS, *(part.name for part in parts)]
    chosen = page.state.value("box", "att.W_query", names)
    columns = map_columns(
        parts,
        cfg.n_layers,
        lambda letters: tuple_text(shape_of(letters, cfg, batch, length)),
        {name: about.label for name, about in ABOUT.items()},
    )
    architecture_map(columns, chosen, names, "map", lambda name: page.state.set(box=name))
    st.caption(
        "In a box: parameters of one copy, and as a line at its foot its share of the model. Dotted: arithmetic, "
        "nothing to learn. At an arrow: the shape of what flows, (B texts, T tokens, D numbers for each); "
        "H heads of K numbers, V tokens known. Click a box for its arithmetic."
    )
    return chosen


def draw_box(cfg: GPTConfig, parts: Sequence[Part], chosen: str, batch: int, length: int) -> None:
    """The arithmetic of the chosen box."""
    about = ABOUT[chosen]
    st.header(f"Where the numbers of one box come from: {about.label}", anchor=False)
    left, right = st.columns([1, 1], gap="large")
    if chosen == BLOCKS:
        left.markdown(f"**The blocks** {about.does}.\n\nIn and out: the same shape, so blocks can be stacked.")
        right.markdown(block_text(parts, cfg))
        return
    part = next(part for part in parts if part.name == chosen)
    where = f"`trf_blocks[i].{chosen}`" if part.in_block else f"`{chosen}`"
    code = where if part.weights or chosen in ("ff.layers.1", "out_head") else "No layer of its own:"
    with left:
        st.markdown(f"{code} {about.does}.\n\n{flow_text(part, cfg, batch, length)}")
        there = [one for one in lessons() if one.slug == about.slug]
        for one in there:
            st.page_link(one.path, label=f"See it at work: {find(one.slug).title}", icon=":material/arrow_forward:")
    right.markdown(parameters_text(part, cfg))


def draw_shares(page: Page, cfg: GPTConfig, parts: Sequence[Part]) -> None:
    """Where the parameters are, after a guess, and weight tying."""
    st.header("Where most parameters are, and what weight tying saves", anchor=False)
    guess = page.state.value("guess", "", ["", *GUESSES])
    st.markdown("Guess first: of the sizes above, where is the largest part of the parameters?")
    with st.container(horizontal=True):
        for key, label in GUESSES.items():
            st.button(
                label,
                key=f"guess-{key}",
                type="primary" if guess == key else "secondary",
                on_click=page.state.set,
                kwargs={"guess": key},
            )
    if not guess:
        return
    total = parameter_count(cfg)
    sums = {
        "head": sum(p.total for p in parts if p.name == "out_head"),
        "blocks": sum(p.total for p in parts if p.in_block),
        "embeddings": sum(p.total for p in parts if p.name in ("tok_emb", "pos_emb")),
    }
    most = max(sums, key=sums.__getitem__)
    verdict = "Yes" if guess == most else "Not quite"
    st.markdown(
        f"**{verdict}: {GUESSES[most].lower()}**, {count(sums[most])} of {count(total)} "
        f"({percent(sums[most] / total)})."
    )
    left, right = st.columns([1.15, 1], gap="large")
    with left:
        frame, spec = share_bars(parts)
        st.vega_lite_chart(frame, spec, key="shares", alt="Trainable parameters of each kind of part")
    with right:
        untied, tied = (parameter_count(replace(cfg, tie_weights=tie)) for tie in (False, True))
        st.markdown(tying_text(cfg, untied, tied))
        st.caption(
            "Tying works because both tables answer the same kind of question: which vector stands for this token? "
            "Source: Press and Wolf 2017, “Using the Output Embedding to Improve Language Models”. GPT-2 ties."
        )


def draw_memory(page: Page, cfg: GPTConfig, batch: int, length: int) -> tuple[str, bool]:
    """Memory for training and writing; returns precision and whether fused kernels are meant."""
    st.header("How much memory it takes", anchor=False)
    left, right = page.stage(1, 2.4)
    with left:
        precision = page.state.choice("precision", "Numbers stored in", list(memory.BYTES), "fp32")
        kinds = {"plain": "engine.model", "fused": "engine.fast"}
        fused = page.state.choice("code", "Code that trains", list(kinds), "plain", labels=kinds) == "fused"
        st.markdown(
            f"{count(batch)} × {count(length)} tokens, as set above. **b**: {memory.BYTES[precision]} bytes a number. "
            f"**P**: {count(parameter_count(cfg))} parameters."
        )
    with right:
        frame, spec = memory_bars(memory.rows(cfg, batch, length, fused), bytes_text)
        st.vega_lite_chart(frame, spec, key="memory", alt="Memory for training and for writing in each precision")
    st.markdown(memory.formula_table(cfg, batch, length, precision, fused))
    st.caption(
        "*Gradients*: how the loss changes with each parameter. *AdamW*: the optimizer, which keeps two running means "
        "for each parameter. *Activations*: what the forward pass keeps for the backward pass; *ends* is the share of "
        "embeddings, final norm, head and loss. *KV cache*: keys and values of all tokens so far, so that the next "
        "token need not compute them again. The formulas stand in engine/memory.py, whole."
    )
    st.caption(
        "fp32, bf16 and int8 store a number in 4, 2 and 1 bytes. bf16 here means everything in bf16; in mixed "
        "precision weights, gradients and AdamW stay fp32. int8 is for writing only: its 256 steps are too coarse for "
        "training. engine.fast, which our training uses, gives the same loss with fused kernels: they keep less and "
        "compute it again, and all logits never exist at once."
    )
    draw_measured(cfg, batch, length, precision, fused)
    return precision, fused


@st.fragment
def draw_measured(cfg: GPTConfig, batch: int, length: int, precision: str, fused: bool) -> None:
    """A button that builds the model, trains one step, and counts what PyTorch kept."""
    question = (cfg, batch, length, precision, fused)
    try:
        check_measurable(*question)
        refusal = ""
    except InputError as e:
        refusal = str(e)
    st.button(
        "Build this model, train one step, and count",
        icon=":material/scale:",
        on_click=asked.ask,
        args=(MEASURED, question),
        disabled=bool(refusal),
    )
    if refusal:
        st.caption(f"The button is off: {refusal}")
    if asked.latest(MEASURED) != question:
        return
    with friendly_errors(), st.spinner("One step of training …"):
        measured = measure(*question)
        expected = memory.training_memory(*question) | memory.writing_memory(cfg, batch, length, precision)
        st.markdown(memory.measured_table(measured, expected))
        st.caption(
            "On this machine's processor. Activations: every tensor that PyTorch saves for the backward pass. "
            "The few bytes that no formula has are a single number, such as the loss itself."
            if precision == "fp32"
            else "On this machine's processor. Some kernels keep small sums in fp32 even when all else is bf16."
        )


@st.cache_resource(max_entries=16, show_spinner=False)
def measure(cfg: GPTConfig, batch: int, length: int, precision: str, fused: bool) -> dict[str, int]:
    """Measured bytes, once for each question; at most two models at a time."""
    with models.GATE:
        return measured_memory(cfg, batch, length, precision, fused)
