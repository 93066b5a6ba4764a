"""The parts of the lesson below the curve: checkpoints to scrub through, dropout's noise, the arithmetic, the code."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import streamlit as st

from engine.errors import InputError
from engine.evaluation.metrics import perplexity_of
from engine.jobs.metrics import table
from engine.jobs.recipe import plan
from ui import runs
from ui.figures.matrix import heat_map
from ui.figures.train import noise_strip, word_map
from ui.lesson import friendly_errors
from ui.lessons.train import look_back, texts
from ui.numbers import count, fmt, percent

if TYPE_CHECKING:
    from engine.jobs.recipe import Recipe
    from engine.jobs.store import Job
    from ui.lesson import Page

PASTED = 1_000  # characters of the reader's own text that stand in the code itself


def snapshots(job: Job) -> list[dict[str, Any]]:
    """The events of the models that the run kept, early to late."""
    return table(runs.events(job.folder), "Snapshot")


def checkpoint_control(page: Page, job: Job) -> dict[str, Any] | None:
    """The kept model to look at, the newest while more are coming; None when there is none yet."""
    kept = snapshots(job)
    if not kept:
        return None
    at = len(kept) - 1
    if len(kept) > 1 and not runs.is_open(job):
        at = page.state.slider("checkpoint", "Checkpoint, from early to late", 1, len(kept), len(kept)) - 1
    return kept[at]


def show_look_back(page: Page, job: Job, chosen: dict[str, Any]) -> None:
    """One checkpoint: its loss, its sample, one head over the prompt, the words of the text on a map."""
    told, made = runs.events(job.folder), chosen["step"] + 1
    samples = {e["step"]: e["text"] for e in table(told, "Sample")}
    before = [e for e in table(told, "Evaluation") if e["step"] <= chosen["step"]]
    losses = f", validation loss {fmt(before[-1]['val_loss'])} after step {count(before[-1]['step'])}" if before else ""
    recipe = look_back.recipe_of(job)
    cfg = recipe.config()
    st.markdown(f"**After {count(made)} steps**{losses}.")
    st.markdown(f"> It {runs.sample(samples.get(chosen['step'], ''), recipe.prompt)}")
    left, right = st.columns(2, gap="medium")
    with left, friendly_errors():
        options = [f"{layer}.{head}" for layer in range(cfg.n_layers) for head in range(cfg.n_heads)]
        labels = {o: f"layer {o.split('.')[0]}, head {o.split('.')[1]}" for o in options}
        head = page.state.select("head", "Attention head", options, options[0], labels=labels)
        tokens, weights = look_back.attention(job, chosen["name"], *map(int, head.split(".")))
        hidden = [[k > q for k in range(len(tokens))] for q in range(len(tokens))]
        frame, spec = heat_map(weights, tokens, tokens, value_name="attention weight", top=1.0, hidden=hidden)
        st.vega_lite_chart(frame, spec, key="train-attention", alt="Attention weights over the prompt")
        st.caption(
            "How much each token of the prompt (row) looks at itself and those before it; a row adds up to 1. An "
            "untrained head looks evenly."
        )
    with right, friendly_errors():
        names = [e["name"] for e in snapshots(job)]
        shown = look_back.embedding_map(job, chosen["name"], names)
        frame, spec = word_map(shown.tokens, shown.places, shown.reach)
        st.vega_lite_chart(frame, spec, key="train-map", alt="Embeddings of frequent words, in two directions")
        st.caption(
            f"The {len(shown.tokens)} most frequent tokens made of letters, where their embeddings lie. The two "
            f"directions are those in which the last checkpoint's differ most ({percent(shown.share)} of its variance) "
            "and the same at every checkpoint, so what moves has moved."
        )


def show_noise(page: Page, job: Job, chosen: dict[str, Any]) -> None:
    """The same batch again and again, with dropout and without."""
    rate = page.state.slider("noise", "Dropout in training mode", 0.0, 0.8, 0.1, 0.05)
    calm, noisy, tokens = look_back.noise(str(job.folder), job, chosen["name"], rate)
    frame, spec = noise_strip(calm, noisy)
    st.vega_lite_chart(frame, spec, key="train-noise", alt="Losses of one batch in training and in evaluation mode")
    st.caption(
        f"The same {count(tokens)} validation tokens and the same weights, {len(noisy)} times in training mode: "
        f"dropout draws anew what it leaves out, and the loss moves between {fmt(float(noisy.min()), 4)} and "
        f"{fmt(float(noisy.max()), 4)}. In evaluation mode it is {fmt(calm, 4)}, each time."
    )


def show_arithmetic(job: Job) -> None:
    """From text to steps, tokens seen and perplexity, with this run's numbers."""
    told, recipe = runs.events(job.folder), look_back.recipe_of(job)
    steps, evaluations = table(told, "Step"), table(told, "Evaluation")
    try:
        train_ids, val_ids = look_back.tokens_of(str(job.folder), recipe)
    except OSError as e:
        raise InputError(f"the text of this run cannot be read ({e.strerror}); nothing can be counted.") from e
    course = plan(recipe, len(train_ids), len(val_ids))
    batches = course.windows // recipe.batch_size
    lines = [
        "| what | how | number |\n|:--|:--|--:|",
        f"| windows | ({count(course.train_tokens)} − 1) / {recipe.context}, rounded down | {count(course.windows)} |",
        f"| batches an epoch | {count(course.windows)} / {recipe.batch_size}, rounded down | {count(batches)} |",
        f"| steps | {recipe.epochs} epochs × {count(batches)} | {count(course.steps)} |",
    ]
    if steps:
        made = steps[-1]["step"] + 1
        lines.append(
            f"| tokens seen | {count(made)} steps × {recipe.batch_size} × {recipe.context} | "
            f"{count(steps[-1]['tokens_seen'])} |"
        )
    vocabulary = recipe.config().vocab_size
    lines.append(f"| loss of blind guessing | ln {count(vocabulary)} | {fmt(math.log(vocabulary), 4)} |")
    if evaluations:
        loss = evaluations[-1]["val_loss"]
        lines.append(f"| perplexity | exp({fmt(loss, 5)}), of the validation loss | {fmt(perplexity_of(loss), 4)} |")
    st.markdown("\n".join(lines))


def code(name: str, text: str, recipe: Recipe) -> list[str]:
    """The same training as a program."""
    if name != "own":
        read = texts.load_line(name)
    elif len(text) <= PASTED:
        read = f"text = {text!r}"
    else:
        read = 'text = Path("my_text.txt").read_text(encoding="utf-8")  # your own text, saved under this name'
    given = ", ".join(f"{field}={value!r}" for field, value in recipe.settings().items())
    loop = (
        "train_as_book(recipe, text, model, None)"
        if recipe.as_book
        else ("pretrain(model, train_ids, val_ids, pretrain_settings(recipe, course))")
    )
    return [
        f"""\
from pathlib import Path

import torch

from engine.jobs.pretraining import first_model, pretrain_settings, train_as_book
from engine.jobs.recipe import Recipe, plan, read_tokens
from engine.jobs.store import ROOT
from engine.training.events import Evaluation
from engine.training.pretrain import continuation, pretrain
from engine.tokenizers.pretrained import load_tokenizer
from engine.weights.catalog import downloads_folder

{read}
recipe = Recipe({given})
train_ids, val_ids = read_tokens(recipe, text)
course = plan(recipe, len(train_ids), len(val_ids))
print(course)""",
        f"""\
torch.manual_seed(recipe.seed)
model = first_model(recipe)
for event in {loop}:
    if isinstance(event, Evaluation):
        print(event.step, event.train_loss, event.val_loss)""",
        """\
print(continuation(model, load_tokenizer(recipe.tokenizer), recipe.prompt))""",
    ]
