"""The controls of the lesson: entries, a model to start from and a recipe; what they are going to take; the start."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from engine.datasets.finding import some
from engine.datasets.instruction_sets import all_sets
from engine.datasets.instructions import find_style
from engine.errors import GlassboxError, InputError
from engine.finetune.entries import BOOK, choose_entries, in_parts
from engine.finetune.instruction_recipe import InstructionRecipe, as_inputs, check_parts, usual
from engine.jobs import preflight, runner
from engine.jobs.instruct_preflight import InstructEstimate, Lengths, instruct_estimate
from engine.jobs.limits import read_limits
from engine.jobs.metrics import duration
from engine.jobs.spec import JobSpec
from engine.jobs.store import runs_folder
from engine.memory import bytes_text
from engine.tokenizers.pretrained import encode_text, load_tokenizer
from engine.weights.catalog import downloads_folder
from ui import models, runs
from ui.catalog import find, lessons
from ui.lesson import friendly_errors, plain, sentence
from ui.lessons.instruction_data import kept
from ui.lessons.train.setup import check_memory, wait_for_measurement
from ui.numbers import count, percent

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from engine.datasets.instructions import Entry
    from ui.lesson import Page
    from ui.share import PageState

Parts = dict[str, list["Entry"]]
SOURCES = {
    "both": "Ours and generated tasks",
    "own": "Ours: 3,047 written entries",
    "tasks": "Generated tasks",
    "book": "The book's 1,100",
}
TASKS = ["1000", "4000", "16000", "28000", "58000"]  # scripts/instruct_quality.py measures 58,000
TRAINED = {"all": "All weights", "lora": "LoRA"}
STYLES = {"alpaca": "Alpaca", "phi3": "Phi-3"}
RATES = {  # of the optimizer that `usual` chooses
    "muon": ["0.001", "0.003", "0.01", "0.015", "0.03", "0.1"],
    "adamw": ["1e-05", "2e-05", "5e-05", "0.0001", "0.0003", "0.001"],
    "lora": ["0.0003", "0.001", "0.003", "0.01", "0.1"],
}


@dataclass(frozen=True)
class Chosen:
    """What to learn from.

    name    for titles
    source  a name of engine.finetune.entries.SOURCES, or that of a set of the visitor's own
    tasks   how many generated tasks are in it
    key     stands for the entries in a cache
    parts   the entries
    """

    name: str
    source: str
    tasks: int
    key: str
    parts: Parts


@dataclass(frozen=True)
class TokenCounts:
    """Tokens of each entry for training, prompt and answer, and of the test entries' prompts."""

    prompts: NDArray[np.int64]
    answers: NDArray[np.int64]
    test_prompts: NDArray[np.int64]


def entries_control(state: PageState, who: str | None) -> Chosen:
    """What to learn from.

    Raises InputError when there is nothing yet, or the file cannot be used.
    """
    sets = {f"set-{own.id}": own for own in all_sets(runs_folder(), who)} if who else {}
    labels = SOURCES | {name: f"My file: {own.name}" for name, own in sets.items()}
    source = state.select("data", "Instructions with answers", list(labels), "both", labels=labels)
    if not sets and find("instruction_data") in lessons():
        st.page_link(find("instruction_data").path, label="Bring a file of your own", icon=":material/upload_file:")
    tasks = 0
    if source in ("tasks", "both"):
        tasks = int(state.select("tasks", "Generated tasks to train on", TASKS, "16000", labels=thousands(TASKS)))
    if source in sets:
        own = sets[source]
        return Chosen(own.name[:40], source, 0, kept.key_of(own), in_parts(kept.entries(own)))
    if source == "book" and not (downloads_folder() / "datasets" / BOOK.file).exists():
        st.button(f"Download them ({bytes_text(BOOK.size)})", icon=":material/download:", on_click=download_book)
        if said := runs.take_error():
            st.error(plain(sentence(said)))
    parts = parts_of(source, tasks, str(downloads_folder() / "datasets"))
    return Chosen(SOURCES[source].split(":")[0], source, tasks, f"{source} {tasks}", parts)


@st.cache_resource(max_entries=6, show_spinner="Making the entries …")
def parts_of(source: str, tasks: int, _downloads: str) -> Parts:
    """The entries of a source; shared, so read them only."""
    return choose_entries(source, tasks, downloads=downloads_folder() / "datasets")


def download_book() -> None:
    """A callback: fetch the book's entries; no network is a sentence."""
    from engine.datasets.catalog import download_data

    try:
        download_data(BOOK, downloads_folder() / "datasets")
    except GlassboxError as e:
        st.session_state[runs.ERROR] = str(e)


def recipe_controls(state: PageState) -> InstructionRecipe:
    """How to tune.

    Raises InputError for settings that do not fit together.
    """
    names = [name for name in models.configs() if models.installed(name)]
    start = state.select("start", "Start from", names, models.POCKET, labels=models.model_labels())
    with st.container(horizontal=True):
        trained = state.choice("trained", "What learns", list(TRAINED), "all", labels=TRAINED)
        style = state.choice("style", "Prompt style", list(STYLES), "phi3", labels=STYLES)
    masked = state.toggle("masked", "Only the answer counts in the loss", True)
    with st.container(horizontal=True):
        epochs = state.number("epochs", "Epochs", 1, 20, 1, width=110)
        batch = int(state.select("batch_size", "Batch size", ["4", "8", "16", "32", "48", "64"], "48", width=110))
        optimizer, first = usual(trained, models.configs()[start].emb_dim)
        rates = RATES["lora" if trained == "lora" else optimizer]
        name = "rate_wide" if rates is RATES["adamw"] else f"rate_{trained}"
        rate = state.select(name, "Learning rate", rates, f"{first:g}", width=130)
    rank, alpha = 16, 32
    with st.expander("More settings"):
        if trained == "lora":
            rank = state.slider("rank", "LoRA: rank", 1, 64, 16)
            alpha = state.slider("alpha", "LoRA: alpha", 1, 128, 32)
        answer = state.slider("answer_tokens", "Most tokens of an answer", 4, 128, 24)
        longest = state.slider("max_length", "Most tokens of an entry, prompt and answer", 16, 1024, 256)
        seed = state.number("seed", "Seed", 0, 99_999, 123)
    return InstructionRecipe(
        model=start,
        trained=trained,
        style=style,
        masked=masked,
        epochs=epochs,
        batch_size=batch,
        optimizer=optimizer,
        learning_rate=float(rate),
        max_length=longest,
        answer_tokens=answer,
        lora_rank=rank,
        lora_alpha=float(alpha),
        seed=seed,
    )


def show_preflight(page: Page, who: str | None, chosen: Chosen, recipe: InstructionRecipe) -> None:
    """What it is going to take, and the button that starts it; an impossible recipe gives a sentence instead."""
    parts = chosen.parts
    cfg = models.configs()[recipe.model]
    tokenizer = models.tokenizer_name(recipe.model)
    cut = min(recipe.max_length, cfg.context_length)
    lengths = lengths_of(counts_of(chosen.key, recipe.style, tokenizer, parts), recipe.masked, cut)
    if not lengths.train:
        raise InputError(f"no prompt leaves room for its answer in {cut} tokens; allow more, or shorter entries.")
    check_parts(parts)
    tokens, batches = sum(lengths.train), -(-len(lengths.train) // recipe.batch_size)
    st.markdown(
        f"{count(len(lengths.train))} entries, {count(tokens)} tokens, of which {percent(lengths.counted / tokens)} "
        f"count → {count(batches)} batches of {recipe.batch_size} an epoch → "
        f"**{count(recipe.steps(len(lengths.train)))} steps**; {count(len(parts['validation']))} entries for "
        f"validation, {count(len(parts['test']))} held out."
    )
    if lost := len(parts["train"]) - len(lengths.train):
        st.caption(f"{count(lost)} entries are left out: their prompts alone are longer than {cut} tokens.")
    machine = preflight.read_machine(runs_folder())
    expected = instruct_estimate(recipe, cfg, lengths, machine) if machine else None
    if machine is None or expected is None:
        wait_for_measurement()
    else:
        if expected.parameters > read_limits().parameters:
            most = read_limits().parameters
            raise InputError(f"the model has {expected.parameters:,} parameters, and {most:,} are the most here.")
        learn = (
            "all of them learn" if recipe.trained == "all" else f"frozen; {count(expected.trainable)} beside them learn"
        )
        st.markdown(
            f"Should take about **{duration(expected.seconds)}** and **{bytes_text(expected.bytes)}** of memory "
            f"({count(expected.parameters)} parameters, {learn})."
        )
        preflight.measure_again(runs_folder(), machine)
        if machine.busy:
            st.caption("Rough: this machine was busy when its speed was measured, so it may well be faster.")
        with friendly_errors():
            check_memory(expected.bytes)
    st.button(
        "Start tuning",
        type="primary",
        icon=":material/model_training:",
        disabled=who is None,
        on_click=start,
        args=(page.state, who, title(chosen.name, recipe), parts, recipe, expected),
    )
    if said := runs.take_error():
        st.error(plain(sentence(said)))


@st.cache_resource(max_entries=16, show_spinner="Counting tokens …")
def counts_of(key: str, style: str, tokenizer: str, _parts: Parts) -> TokenCounts:
    """The tokens of all entries, counted once."""
    encoding, write = load_tokenizer(tokenizer), find_style(style)

    def tokens(texts: Iterable[str]) -> NDArray[np.int64]:
        return np.array([len(encode_text(encoding, text)) for text in texts], dtype=np.int64)

    train, test = _parts["train"], _parts["test"]
    return TokenCounts(
        tokens(map(write.prompt, train)), tokens(e["output"] for e in train), tokens(map(write.prompt, test))
    )


def lengths_of(counts: TokenCounts, masked: bool, cut: int) -> Lengths:
    """How many tokens the entries have, those of which nothing would be learned left out."""
    kept_prompts = counts.prompts <= cut
    prompts, answers = counts.prompts[kept_prompts], counts.answers[kept_prompts]
    train = np.minimum(prompts + answers, cut)
    counted = int(train.sum() - (prompts - 1).sum() * masked)
    return Lengths(train.tolist(), counted, counts.test_prompts.tolist())


def start(
    state: PageState,
    who: str,
    said: str,
    parts: Parts,
    recipe: InstructionRecipe,
    expected: InstructEstimate | None,
) -> None:
    """A callback: queue the tuning and look at it."""
    spec = JobSpec(
        "instruct",
        who,
        said,
        recipe.settings(),
        expected_seconds=expected.seconds if expected else None,
        expected_bytes=expected.bytes if expected else None,
    )
    try:
        job = runner.submit(runs_folder(), spec, as_inputs(parts))
    except GlassboxError as e:
        st.session_state[runs.ERROR] = str(e)
        return
    state.set(run=job.id)


def title(name: str, recipe: InstructionRecipe) -> str:
    """What the run is called: entries, model, what learns, style."""
    learns = {"all": "all weights", "lora": "LoRA"}[recipe.trained]
    model = "a run of mine" if recipe.model.startswith(models.RUN) else recipe.model
    epochs = some(recipe.epochs, "epoch")
    return f"{name}, {model}, {learns}, {STYLES[recipe.style]}, {epochs}"


def thousands(numbers: list[str]) -> dict[str, str]:
    """4000 as 4,000."""
    return {number: f"{int(number):,}" for number in numbers}
