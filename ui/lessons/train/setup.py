"""The controls of the lesson: a text and a recipe, what they are going to take, and the start."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import psutil
import streamlit as st

from engine.errors import GlassboxError, InputError
from engine.jobs import preflight, runner
from engine.jobs.limits import read_limits
from engine.jobs.metrics import duration
from engine.jobs.recipe import BOOK, Plan, Recipe, plan, read_tokens
from engine.jobs.spec import JobSpec
from engine.jobs.store import runs_folder
from engine.memory import bytes_text
from ui import runs
from ui.lesson import friendly_errors, plain, sentence
from ui.lessons.train import texts
from ui.numbers import count

if TYPE_CHECKING:
    from ui.lesson import Page
    from ui.share import PageState

STARTS = {"scratch": "Random weights", "pocket": "Pocket model", "book": "Book's run"}
SIZES = {"tiny": (64, 2, 2), "small": (128, 4, 4), "medium": (256, 6, 8)}
OWN_SIZE = "own"
CONTEXTS = ["16", "32", "64", "128", "256"]
RATES = ["0.0001", "0.0003", "0.001", "0.003", "0.01", "0.03", "0.1", "1"]
TOKENIZERS = {"pocket": "Pocket, 8,192 tokens", "gpt2": "GPT-2, 50,257 tokens"}
UPLOAD = "train-upload"
FIRST_WORDS = 4
LOOK_EVERY = 2.0  # seconds between two looks at whether this machine has been measured


def text_control(state: PageState) -> tuple[str, str]:
    """The chosen text's name and the text."""
    name = state.select("text", "Text", list(texts.TEXTS), "small_world", labels=texts.TEXTS)
    if name == "own":
        pasted = state.text("own", "Paste a text", "", area=True, height=100)
        most = read_limits().text_bytes // 1_000_000
        upload = st.file_uploader("or upload a .txt file", ["txt", "md"], key=UPLOAD, max_upload_size=most)
        return name, texts.read_upload(plain(upload.name), upload.getvalue()) if upload else pasted
    if not texts.is_there(name):
        st.button(
            f"Download The Verdict ({bytes_text(texts.VERDICT.size)})",
            icon=":material/download:",
            on_click=download_verdict,
        )
        if said := runs.take_error():
            st.error(plain(sentence(said)))
    return name, texts.shipped(name)


def download_verdict() -> None:
    """A callback: fetch the notes' text; no network is a sentence."""
    from engine.datasets.catalog import download_data
    from engine.weights.catalog import downloads_folder

    try:
        download_data(texts.VERDICT, downloads_folder() / "datasets")
    except GlassboxError as e:
        st.session_state[runs.ERROR] = str(e)


def recipe_controls(state: PageState, name: str) -> Recipe:
    """How to train; `name` is that of the text.

    Raises InputError for settings that do not fit together.
    """
    start = state.choice("start", "Start from", list(STARTS), "scratch", labels=STARTS)
    if start == "book":
        st.caption(
            "The notes' own loop on The Verdict: 124M shape, context 256, batch 2, 10 epochs, AdamW at 0.0004 without "
            "schedule or clipping, seed 123. The book prints training losses from 9.781 to 0.391, validation losses "
            "from 9.933 to 6.452. On two cores it takes long; a GPU needs a minute or two."
        )
        if name != "verdict":
            st.warning(
                "The text above is another one. Choose The Verdict for the book's losses.", icon=":material/menu_book:"
            )
        return BOOK
    shape = shape_controls(state) if start == "scratch" else Recipe(start="pocket")
    with st.container(horizontal=True):
        context = state.select("context", "Context, tokens", CONTEXTS, "64", width=120)
        rate = state.select("learning_rate", "Learning rate", RATES, "0.001", width=120)
    passes, step = st.columns(2)  # side by side, so that the start button is on the first screen
    with passes:
        epochs = state.slider("epochs", "Epochs", 1, 60, 10, help="One epoch is one pass over the whole training text.")
    with step:
        batch = state.slider("batch_size", "Batch size", 1, 32, 8, help="Windows of text that are read for one step.")
    with st.expander("More settings"):
        schedule = state.choice("schedule", "Learning rate over the run", ["constant", "cosine", "linear"], "cosine")
        warmup = state.slider("warmup", "Warm-up, share of the steps", 0.0, 0.1, 0.05, 0.01)
        dropout = state.slider("drop_rate", "Dropout", 0.0, 0.5, 0.1, 0.05)
        seed = state.number("seed", "Seed", 0, 99_999, 123)
        prompt = state.text("prompt", "Samples go on from", "", placeholder="the text's first words")
    return replace(
        shape,
        context=int(context),
        learning_rate=float(rate),
        epochs=epochs,
        batch_size=batch,
        schedule=schedule,
        warmup=warmup,
        drop_rate=dropout,
        seed=seed,
        prompt=prompt[:500],
    )


def shape_controls(state: PageState) -> Recipe:
    """The sizes of a model from scratch.

    Raises InputError when the heads do not divide the width.
    """
    labels = {name: name for name in SIZES} | {OWN_SIZE: "my own"}
    chosen = state.choice("size", "Size", list(labels), "small", labels=labels)
    if chosen != OWN_SIZE:
        width, layers, heads = SIZES[chosen]
        return Recipe(width=width, layers=layers, heads=heads)
    width = state.slider("width", "Width of a token's vector", 16, 512, 128, 16)
    one, two = st.columns(2)
    with one:
        layers = state.slider("layers", "Layers", 1, 12, 4)
    with two:
        heads = state.slider("heads", "Heads in a layer", 1, 16, 4)
    tokenizer = state.choice("tokenizer", "Tokenizer", list(TOKENIZERS), "pocket", labels=TOKENIZERS)
    return Recipe(tokenizer=tokenizer, width=width, layers=layers, heads=heads)


@st.cache_resource(max_entries=16, show_spinner="Reading the text …")
def token_counts(tokenizer: str, text: str) -> tuple[int, int]:
    """Tokens of the part for training and of the part for validation."""
    train, val = read_tokens(Recipe(tokenizer=tokenizer), text)
    return len(train), len(val)


def show_preflight(page: Page, who: str | None, name: str, text: str, recipe: Recipe) -> None:
    """What it is going to take, and the button that starts it; an impossible recipe gives a sentence instead."""
    if not text.strip():
        raise InputError(
            "there is no text yet; " + ("paste or upload one." if name == "own" else "download it, or choose another.")
        )
    train_tokens, val_tokens = token_counts(recipe.tokenizer, text)
    course = plan(recipe, train_tokens, val_tokens)
    if not recipe.prompt.strip():
        recipe = replace(recipe, prompt=" ".join(text.split()[:FIRST_WORDS]))
    st.markdown(steps_line(recipe, course))
    machine = preflight.read_machine(runs_folder())
    expected = preflight.estimate(recipe, train_tokens, val_tokens, machine) if machine else None
    if machine is None or expected is None:
        wait_for_measurement()
    else:
        st.markdown(
            f"Should take about **{duration(expected.seconds)}** and **{bytes_text(expected.bytes)}** of memory "
            f"({count(course.parameters)} parameters, {bytes_text(expected.disk_bytes)} on the disk)."
        )
        preflight.measure_again(runs_folder(), machine)
        if machine.busy:
            st.caption("Rough: this machine was busy when its speed was measured, so it may well be faster.")
        with friendly_errors():
            check_memory(expected.bytes)
    st.button(
        "Start training",
        type="primary",
        icon=":material/model_training:",
        disabled=who is None,
        on_click=start,
        args=(page.state, who, name, text, recipe, expected),
    )


def check_memory(needed: int) -> None:
    """Raise InputError when it is more than the machine has, which would end in the middle."""
    memory = psutil.virtual_memory()
    if needed > memory.total:
        raise InputError(
            f"this machine has {bytes_text(memory.total)} of memory, which is too little; choose a smaller model, "
            "context or batch."
        )
    if needed > memory.available:
        st.warning(f"Only {bytes_text(memory.available)} of memory are free just now.", icon=":material/memory:")


def steps_line(recipe: Recipe, course: Plan) -> str:
    """From tokens to steps, with the real numbers."""
    batches = course.windows // recipe.batch_size
    return (
        f"{count(course.train_tokens)} tokens → {count(course.windows)} windows of {recipe.context} → "
        f"{count(batches)} batches of {recipe.batch_size}, × {recipe.epochs} epochs = **{count(course.steps)} steps**; "
        f"{count(course.val_tokens)} more tokens for validation."
    )


@st.fragment(run_every=LOOK_EVERY)
def wait_for_measurement() -> None:
    """Measure this machine beside the page, and draw the page again when that is done."""
    with friendly_errors():
        preflight.start_measuring(runs_folder())
        st.caption(":material/timer: Measuring this machine for the estimate, once, about ten seconds …")
    if preflight.read_machine(runs_folder()):
        st.rerun()


def start(
    state: PageState, who: str, name: str, text: str, recipe: Recipe, expected: preflight.Estimate | None
) -> None:
    """A callback: queue the training and look at it."""
    spec = JobSpec(
        "pretrain",
        who,
        title(name, recipe),
        recipe.settings(),
        expected_seconds=expected.seconds if expected else None,
        expected_bytes=expected.bytes if expected else None,
    )
    try:
        job = runner.submit(runs_folder(), spec, {"text.txt": text})
    except GlassboxError as e:
        st.session_state[runs.ERROR] = str(e)
        return
    state.set(run=job.id)


def title(name: str, recipe: Recipe) -> str:
    """What the run is called: text, model, rate, epochs."""
    if recipe.as_book:
        return "The book's run" if name == "verdict" else f"The book's run on {texts.TEXTS[name]}"
    shape = "pocket" if recipe.start == "pocket" else f"{recipe.layers} x {recipe.width}"
    return f"{texts.TEXTS[name]}, {shape}, rate {recipe.learning_rate:g}, {recipe.epochs} epochs"
